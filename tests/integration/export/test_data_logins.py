"""Logins of data teams: each sees its workspaces in every view of read_v1, and nothing else, whatever it sets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.integration.export.conftest import PUBLISHED, TABLES, Story
from tests.integration.people import Person

from umt.adapters.postgres.data_logins import DataLogin, DataLoginError, DataLogins
from umt.adapters.postgres.database import connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.bootstrap import System, data_logins
from umt.settings import Settings

READABLE = {"event", "data_login", "dead_letter", "incomplete_row"}
"""Tables of the schema umt that a login may read, by row; of projection_checkpoint it may read some columns."""


@pytest.fixture
def logins(wired: System) -> DataLogins:
    return data_logins(wired.settings)


@pytest.fixture
def analyst(logins: DataLogins, story: Story) -> Iterator[DataLogin]:
    story.makes_brand("Acme")
    story.imports(clicks=30)
    story.catches_up()
    made = logins.add(f"analyst_{uuid4().hex[:8]}", [story.workspace], "secret")
    yield made
    if made in logins.list():
        logins.remove(made.name)


@pytest.fixture
def session(wired: System, analyst: DataLogin) -> Iterator[psycopg.Connection[Any]]:
    with connected(wired, analyst) as connection:
        yield connection


def connected(wired: System, login: DataLogin) -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(wired.url, user=login.name), autocommit=True)


def seen(connection: psycopg.Connection[Any]) -> dict[str, dict[UUID, int]]:
    """How many rows of which workspace there are in each view."""
    found = {}
    for view in TABLES:
        name = sql.Identifier("read_v1", view.name)
        query = sql.SQL("SELECT workspace, count(*) FROM {} GROUP BY workspace").format(name)
        found[view.name] = dict(connection.execute(query).fetchall())
    return found


def test_a_login_sees_its_workspace_only(
    wired: System, story: Story, sam: Person, session: psycopg.Connection[Any]
) -> None:
    other = Story(wired, sam, story.folder)
    other.makes_brand("Bravo")
    other.imports(clicks=40)
    other.catches_up()
    found = seen(session)
    for view, rows in found.items():
        assert set(rows) <= {story.workspace}, view
        stored = len(story.stored(next(each for each in TABLES if each.name == view)))
        assert rows.get(story.workspace, 0) == stored, view
    assert found["brands"] == {story.workspace: 1}
    assert found["performance_by_ad"] == {story.workspace: 2}
    assert session.execute("SELECT count(*) > 0 FROM read_v1.projection_status").fetchone() == (True,)


@pytest.mark.parametrize(
    "widening",
    [
        "SET umt.workspace = '{other}'",
        "SET row_security = off",
        "SET search_path = umt, projection",
        "SET default_transaction_read_only = off",
    ],
)
def test_no_setting_widens_it(story: Story, sam: Person, session: psycopg.Connection[Any], widening: str) -> None:
    session.execute(widening.format(other=sam.workspace).encode())
    try:
        found = seen(session)
    except psycopg.errors.InsufficientPrivilege:
        return  # Row security refuses to be off instead of letting rows through.
    assert {workspace for rows in found.values() for workspace in rows} == {story.workspace}


@pytest.mark.parametrize("role", ["umt", "umt_owner", "umt_app", "umt_worker", "postgres", "pg_read_all_data"])
def test_it_becomes_nobody_else(session: psycopg.Connection[Any], role: str) -> None:
    for statement in ("SET ROLE {}", "SET SESSION AUTHORIZATION {}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(sql.SQL(statement).format(sql.Identifier(role)))


def test_it_reads_nothing_beside(session: psycopg.Connection[Any]) -> None:
    ours = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'v', 'm', 'p')"
    query = (
        "SELECT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
        f" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {ours}"
    )
    readable = {(schema, name) for schema, name, may in session.execute(query.encode()) if may}
    assert {schema for schema, _ in readable} == {"umt", "projection", "read_v1"}
    assert {name for schema, name in readable if schema == "read_v1"} == {view.name for view in PUBLISHED}
    assert {name for schema, name in readable if schema == "umt"} == READABLE
    for table in (
        "umt.secret",
        "umt.subject_key",
        "umt.account",
        "umt.session",
        "umt.refresh_token",
        "umt.api_key",
        "umt.invitation",
        "umt.command",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"SELECT * FROM {table}".encode())


def test_it_sees_no_row_of_others_in_the_tables_either(story: Story, session: psycopg.Connection[Any]) -> None:
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'projection'"
    for schema, name in [*session.execute(tables), *(("umt", table) for table in sorted(READABLE))]:
        query = sql.SQL("SELECT DISTINCT workspace FROM {}").format(sql.Identifier(schema, name))
        assert set(session.execute(query)) <= {(story.workspace,)}, name


def test_it_writes_nothing(session: psycopg.Connection[Any]) -> None:
    session.execute("SET default_transaction_read_only = off")
    writable = session.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('umt', 'projection', 'read_v1', 'jobs') AND c.relkind IN ('r', 'v', 'p')"
        " AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
    ).fetchall()
    assert writable == []
    for statement in (
        "UPDATE read_v1.brands SET name = 'mine'",
        "DELETE FROM umt.event",
        "CREATE TABLE read_v1.mine ()",
        "CREATE TABLE public.mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "CREATE ROLE another",
        "INSERT INTO umt.data_login SELECT current_user, gen_random_uuid()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement.encode())


@pytest.mark.parametrize(
    "lock",
    [
        "pg_advisory_lock(7311, 1)",
        "pg_advisory_xact_lock(7311, 1)",
        "pg_try_advisory_lock(7311, 1)",
        "pg_try_advisory_lock_shared(7311, 1)",
        "pg_try_advisory_lock(7312, hashtext('brands:1'))",
        "pg_advisory_lock(73112)",
    ],
)
def test_it_takes_no_lock_and_commands_go_on(story: Story, session: psycopg.Connection[Any], lock: str) -> None:
    with session.transaction():
        with pytest.raises(psycopg.errors.InsufficientPrivilege), session.transaction():
            session.execute(f"SELECT {lock}".encode())
        story.makes_brand("Bravo")
        story.catches_up()
    assert seen(session)["brands"] == {story.workspace: 2}


@pytest.mark.parametrize(
    "making", ["lo_create(0)", "lo_creat(-1)", "lo_from_bytea(0, 'x')", "lo_put(1, 0, 'x')", "lowrite(0, 'x')"]
)
def test_it_makes_no_large_object(session: psycopg.Connection[Any], making: str) -> None:
    session.execute("SET default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for function"):
        session.execute(f"SELECT {making}".encode())


@pytest.mark.parametrize("role", ["umt_owner", "umt_app", "umt_worker"])
def test_umt_itself_keeps_its_locks_and_reads_no_file_of_the_server(
    wired: System, analyst: DataLogin, role: str
) -> None:
    with connect(wired.url, role) as connection:
        assert connection.execute("SELECT pg_try_advisory_lock(1, 1), pg_advisory_unlock(1, 1)").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT lo_import('/etc/passwd')")


def test_what_it_owns_goes_with_it(settings_url: str, logins: DataLogins, analyst: DataLogin) -> None:
    with psycopg.connect(settings_url, autocommit=True) as administrator:
        row = administrator.execute("SELECT lo_create(0)").fetchone()
        assert row
        owned = sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(row[0], sql.Identifier(analyst.name))
        administrator.execute(owned)
        logins.remove(analyst.name)
        assert analyst not in logins.list()
        found = administrator.execute("SELECT FROM pg_largeobject_metadata WHERE oid = %s", row)
        assert found.rowcount == 0


_BOUNDS = ("default_transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout")


def test_it_starts_read_only_and_bounded(session: psycopg.Connection[Any]) -> None:
    shown = [
        session.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
        for name in (*_BOUNDS, "search_path", "TimeZone")
    ]
    assert shown == [("on",), ("15min",), ("5min",), ("read_v1",), ("UTC",)]


def test_a_removed_login_reads_nothing_even_in_an_open_session(
    wired: System, logins: DataLogins, analyst: DataLogin
) -> None:
    session = connected(wired, analyst)
    assert seen(session)["brands"]
    logins.remove(analyst.name)
    assert analyst not in logins.list()
    with pytest.raises(psycopg.Error):
        session.execute("SELECT * FROM read_v1.brands")
    with pytest.raises(psycopg.OperationalError):
        connected(wired, analyst)


def test_its_password_is_kept_as_scram_only(wired: System, settings_url: str, analyst: DataLogin) -> None:
    with psycopg.connect(settings_url) as connection:
        query = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
        row = connection.execute(query, (analyst.name,)).fetchone()
    assert row
    assert row[0].startswith("SCRAM-SHA-256$")


@pytest.fixture
def settings_url(wired: System) -> str:
    assert wired.settings.data_dir
    return EmbeddedPostgres(wired.settings.data_dir).administration_url


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("umt_data", "cannot be a login"),
        ("pg_analyst", "cannot be a login"),
        ("Analyst", "cannot be a login"),
        ('a"; DROP', "cannot be a login"),
        ("postgres", "There is a role postgres already"),
    ],
)
def test_a_name_that_does_not_do_is_refused(logins: DataLogins, story: Story, name: str, reason: str) -> None:
    with pytest.raises(DataLoginError, match=reason):
        logins.add(name, [story.workspace], "secret")


def test_an_unknown_workspace_makes_no_login(logins: DataLogins) -> None:
    before = logins.list()
    with pytest.raises(DataLoginError, match="There is no workspace"):
        logins.add("lost", [uuid4()], "secret")
    assert logins.list() == before


def test_who_may_not_is_told_what_is_missing(wired: System, story: Story) -> None:
    """UMT's own login stands for that of an external database without the right to make roles."""
    with pytest.raises(DataLoginError, match='ALTER ROLE "umt" CREATEROLE; GRANT umt_data TO "umt" WITH ADMIN OPTION'):
        DataLogins(wired.url).add("analyst", [story.workspace], "secret")


def test_who_was_let_makes_and_removes_them(wired: System, story: Story, settings_url: str) -> None:
    """What that sentence advises is enough, without a superuser."""
    story.makes_brand("Acme")
    story.catches_up()
    name = f"let_{uuid4().hex[:8]}"
    with psycopg.connect(settings_url, autocommit=True) as administrator:
        administrator.execute("ALTER ROLE umt CREATEROLE")
        administrator.execute("GRANT umt_data TO umt WITH ADMIN OPTION")
        try:
            ours = DataLogins(wired.url)
            made = ours.add(name, [story.workspace], "secret")
            with connected(wired, made) as session:
                assert seen(session)["brands"] == {story.workspace: 1}
            assert made in ours.list()
            owned = administrator.execute("SELECT lo_create(0)").fetchone()
            assert owned
            administrator.execute(sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(owned[0], sql.Identifier(name)))
            ours.remove(name)
            assert made not in ours.list()
        finally:
            administrator.execute("REVOKE umt_data FROM umt")
            administrator.execute("ALTER ROLE umt NOCREATEROLE")


@pytest.fixture
def external(settings: Settings, settings_url: str) -> Iterator[Settings]:
    """UMT's own login as that of an external database: it may make logins and owns no function of PostgreSQL's."""
    with psycopg.connect(settings_url, autocommit=True) as administrator:
        administrator.execute("ALTER ROLE umt CREATEROLE")
        administrator.execute("GRANT umt_data TO umt WITH ADMIN OPTION")
        administrator.execute("GRANT EXECUTE ON FUNCTION pg_advisory_lock(int, int), lo_create(oid) TO PUBLIC")
        yield settings
        administrator.execute("REVOKE EXECUTE ON FUNCTION pg_advisory_lock(int, int), lo_create(oid) FROM PUBLIC")
        administrator.execute("REVOKE umt_data FROM umt")
        administrator.execute("ALTER ROLE umt NOCREATEROLE")


def test_where_it_cannot_close_them_the_command_shows_the_sql_that_does(
    wired: System, story: Story, external: Settings, settings_url: str
) -> None:
    name = f"open_{uuid4().hex[:8]}"
    command = [
        sys.executable,
        "-m",
        "umt.cli.main",
        "db",
        "data-login",
        "add",
        name,
        "--workspace",
        str(story.workspace),
    ]
    ours = {**os.environ, "UMT_DATA_DIR": str(external.data_dir), "UMT_DATABASE_URL": wired.url}
    done = subprocess.run(command, env=ours, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    sentence, shown = done.stderr.split("\n", 1)
    assert sentence.startswith("umt: Every login of this database can take UMT's locks")
    login = DataLogin(name, (story.workspace,))
    with psycopg.connect(settings_url, autocommit=True) as administrator, connected(wired, login) as session:
        session.execute("SELECT pg_advisory_lock(1, 1)")
        administrator.execute(shown.encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SELECT pg_advisory_lock(1, 1)")
    assert DataLogins(wired.url).still_open() == []
    DataLogins(wired.url).remove(name)


def test_the_commands(wired: System, story: Story) -> None:
    story.makes_brand("Acme")
    name = f"team_{uuid4().hex[:8]}"
    made = json.loads(story.umt("db", "data-login", "add", name, "--workspace", str(story.workspace), "--json"))
    assert (made["login"], made["workspaces"]) == (name, [str(story.workspace)])
    assert len(made["password"]) >= 32
    listed = json.loads(story.umt("db", "data-login", "list", "--json"))
    assert {"login": name, "workspaces": [str(story.workspace)]} in listed
    assert "already" in story.umt("db", "data-login", "add", name, "--workspace", str(story.workspace), status=2)
    assert story.umt("db", "data-login", "remove", name) == f"The login {name} is gone.\n"
    assert "There is no login" in story.umt("db", "data-login", "remove", name, status=2)
