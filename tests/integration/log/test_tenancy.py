"""Read models show each reader its own workspace, without a condition in the query and whatever the reader sets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.integration.people import Person
from tests.integration.tenancy.rows import Connection, plant, relations, seen

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.application.commands.brand import CreateBrand
from umt.bootstrap import System
from umt.domain.brand import Industry
from umt.projections.catalogue import PROJECTIONS
from umt.settings import Settings


def test_the_program_sees_the_bound_workspace_in_every_read_model_and_unbound_none(wired: System) -> None:
    ours, theirs = uuid4(), uuid4()
    with connect(wired.url, OWNER, autocommit=False) as connection:
        tables, views = relations(connection, "projection"), relations(connection, "read_v1")
        for table in tables:
            plant(connection, table, ours)
            plant(connection, table, theirs)
        connection.execute("SET LOCAL ROLE umt_app")
        unbound = {relation.as_string(): seen(connection, relation) for relation in (*tables, *views)}
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(ours),))
        bound = {relation.as_string(): seen(connection, relation) for relation in (*tables, *views)}
        connection.rollback()
    assert len(views) > len(tables) > 5
    assert unbound == {name: set() for name in unbound}
    of_tables = {sql.Identifier("read_v1", t.name).as_string() for p in PROJECTIONS.values() for t in p.tables}
    of_tables |= {table.as_string() for table in tables}
    assert {name: bound[name] for name in of_tables} == {name: {ours} for name in of_tables}
    assert all(workspaces <= {ours} for workspaces in bound.values()), "a view over read models"


@pytest.fixture
def login(wired: System, settings: Settings, pat: Person, sam: Person) -> Iterator[str]:
    """A data team's login that reads pat's workspace, beside another's that reads sam's; each has a brand."""
    for person in (pat, sam):
        person.makes(CreateBrand(name="Ours", industry=Industry("Trade")))
    for projector in wired.projectors():
        projector.reach(wired.source.head())
    assert settings.data_dir
    name = f"data_{pat.workspace.hex[:12]}"
    with (
        psycopg.connect(EmbeddedPostgres(settings.data_dir).administration_url, autocommit=True) as superuser,
        connect(wired.url, OWNER) as owner,
    ):
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN IN ROLE umt_data").format(sql.Identifier(name)))
        try:
            for who, person in ((name, pat), (f"{name}_other", sam)):
                owner.execute("INSERT INTO umt.data_login VALUES (%s, %s)", (who, person.workspace))
            yield name
        finally:
            owner.execute("DELETE FROM umt.data_login WHERE login IN (%s, %s)", (name, f"{name}_other"))
            superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def signed_in(wired: System, login: str) -> Connection:
    return psycopg.connect(make_conninfo(wired.url, user=login), autocommit=True)


@pytest.mark.parametrize(
    "setting",
    [
        "SET umt.workspace = '{theirs}'",
        "SET row_security = off",
        "SET ROLE umt_data",
        "SET ROLE umt_app",
        "SET ROLE umt_worker",
        "SET ROLE umt_owner",
        "SET SESSION AUTHORIZATION umt",
    ],
)
def test_a_data_login_sees_its_workspace_only_whatever_it_sets(
    wired: System, pat: Person, sam: Person, login: str, setting: str
) -> None:
    with signed_in(wired, login) as connection:
        views = relations(connection, "read_v1")
        assert seen(connection, sql.Identifier("read_v1", "brands")) == {pat.workspace}
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute(setting.format(theirs=sam.workspace).encode())
        for relation in (*views, *relations(connection, "projection")):
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                assert seen(connection, relation) <= {pat.workspace}, relation


def test_a_data_login_sees_its_own_rows_of_the_logins_and_of_the_log_and_writes_nothing(
    wired: System, pat: Person, login: str
) -> None:
    with signed_in(wired, login) as connection:
        assert connection.execute("SELECT * FROM umt.data_login").fetchall() == [(login, pat.workspace)]
        assert seen(connection, sql.Identifier("umt", "event")) == {pat.workspace}
        for statement in (
            b"SELECT 1 FROM umt.command",
            b"SELECT error_detail FROM umt.projection_checkpoint",
            b"DELETE FROM umt.event",
            b"INSERT INTO umt.data_login SELECT * FROM umt.data_login",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
