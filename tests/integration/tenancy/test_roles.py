"""The database as each of its roles sees it: a connection that is bound to no tenant sees nothing of any, writes nothing,
and nobody changes the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from tests.integration.people import Person
from tests.integration.tenancy.rows import Connection, plant, relations, seen

from umt.adapters.postgres.database import APP, OWNER, WORKER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.adapters.postgres.log import Batch, append_batch
from umt.application.commands.brand import CreateBrand
from umt.bootstrap import System, data_dir
from umt.domain.brand import Industry

LOG: Final = ("INSERT INTO umt.event SELECT * FROM umt.event LIMIT 1", "UPDATE umt.event SET version = version",
              "DELETE FROM umt.event", "TRUNCATE umt.event")  # fmt: skip
UNBOUND: Final = ("nothing was ever bound", "another transaction was bound", "it was bound and reset")
_UNBOUND: Final = "UM003"
"""What `umt.append` says of a workspace that the transaction is not bound to."""


@pytest.fixture
def tables(wired: System) -> list[sql.Identifier]:
    """Every table that has rows of tenants."""
    with connect(wired.url, OWNER) as connection:
        return [
            sql.Identifier(schema, name)
            for schema, name in connection.execute(
                "SELECT relnamespace::regnamespace::text, relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
                " WHERE relnamespace::regnamespace::text IN ('umt', 'projection') AND relkind IN ('r', 'p')"
                " AND attname = 'workspace' AND relname <> 'data_login' ORDER BY 1, 2"
            )
        ]


@pytest.fixture(params=UNBOUND)
def unbound(wired: System, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection of the application that is bound to no tenant now."""
    with connect(wired.url, APP) as connection:
        if request.param == UNBOUND[1]:
            with connection.transaction():
                connection.execute(sql.SQL("SET LOCAL umt.workspace = {}").format(str(uuid4())))
        elif request.param == UNBOUND[2]:
            connection.execute(sql.SQL("SET umt.workspace = {}").format(str(uuid4())))
            connection.execute("RESET umt.workspace")
        yield connection


@pytest.fixture
def tenants(wired: System, tables: list[sql.Identifier]) -> Iterator[tuple[UUID, UUID]]:
    """Two tenants with a row each in every table."""
    ours, theirs = uuid4(), uuid4()
    administrator = EmbeddedPostgres(data_dir(wired.settings)).administration_url
    with psycopg.connect(administrator) as connection:
        connection.execute("SET session_replication_role = replica")  # what rows hang on need not be there
        for table in tables:
            if table != _EVENTS:
                plant(connection, table, ours)
                plant(connection, table, theirs)
    yield ours, theirs
    with connect(wired.url, OWNER) as connection:
        for table in tables:
            if table != _EVENTS:
                connection.execute(sql.SQL("DELETE FROM {} WHERE workspace = ANY(%s)").format(table), ([ours, theirs],))


_EVENTS: Final = sql.Identifier("umt", "event")
"""Not made up here: positions have no gaps."""


def readable(connection: Connection, relation: sql.Identifier) -> set[UUID]:
    """The tenants whose rows are seen; none where the role may not look at all."""
    try:
        with connection.transaction():
            return seen(connection, relation)
    except psycopg.errors.InsufficientPrivilege:
        return set()


def test_an_unbound_application_sees_no_tenants_row(
    unbound: Connection, tenants: tuple[UUID, UUID], tables: list[sql.Identifier], pat: Person
) -> None:
    pat.does(CreateBrand(name="Acme", industry=Industry("Outdoor")))
    views = relations(unbound, "read_v1")
    assert len(tables) > 25
    assert len(views) > 25
    assert {r.as_string(): readable(unbound, r) for r in (*tables, *views)} == {
        r.as_string(): set() for r in (*tables, *views)
    }


def test_an_unbound_application_writes_nothing(
    unbound: Connection, tenants: tuple[UUID, UUID], tables: list[sql.Identifier]
) -> None:
    for table in tables:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), unbound.transaction():
            plant(unbound, table, tenants[0])
        with pytest.raises(psycopg.errors.InsufficientPrivilege), unbound.transaction():
            plant(unbound, table, uuid4())
        for change in ("DELETE FROM {}", "UPDATE {} SET workspace = workspace"):
            try:
                with unbound.transaction():
                    assert unbound.execute(sql.SQL(change).format(table)).rowcount == 0
            except psycopg.errors.InsufficientPrivilege:
                pass
    with pytest.raises(psycopg.errors.InsufficientPrivilege), unbound.transaction():
        unbound.execute("INSERT INTO umt.account VALUES (gen_random_uuid(), '', '')")


def test_a_bound_application_writes_for_its_tenant_only(
    wired: System, tenants: tuple[UUID, UUID], tables: list[sql.Identifier]
) -> None:
    ours, theirs = tenants
    with connect(wired.url, APP) as connection:
        connection.execute(sql.SQL("SET umt.workspace = {}").format(str(ours)))
        for table in tables:
            assert readable(connection, table) <= {ours}
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                plant(connection, table, theirs)


def test_nothing_is_appended_for_a_tenant_that_is_not_bound(wired: System, pat: Person) -> None:
    batch = Batch()
    stream = uuid4()
    for column, value in (("workspaces", pat.workspace), ("streams", stream), ("versions", 1), ("types", "brand.created"),
                          ("schema_versions", 1), ("metadata", b"{}"), ("bodies", b"{}")):  # fmt: skip
        getattr(batch, column).append(value)
    with connect(wired.url, APP) as connection:
        for bound in (set[UUID](), {uuid4()}):
            batch.bound = bound
            with pytest.raises(psycopg.DatabaseError) as refused, connection.transaction():
                append_batch(connection, batch)
            assert refused.value.sqlstate == _UNBOUND
        assert connection.execute("SELECT current_setting('umt.appending', true)").fetchone() in ((None,), ("",))
    with connect(wired.url, WORKER) as connection:
        assert connection.execute("SELECT count(*) FROM umt.event WHERE stream = %s", (stream,)).fetchone() == (0,)


@pytest.mark.parametrize("role", [APP, WORKER])
@pytest.mark.parametrize("change", LOG)
def test_nobody_changes_the_log(wired: System, pat: Person, role: str, change: str) -> None:
    with connect(wired.url, role) as connection:
        connection.execute(sql.SQL("SET umt.workspace = {}").format(str(pat.workspace)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change.encode())


def test_jobs_are_of_a_tenant_too(wired: System) -> None:
    ours, theirs = uuid4(), uuid4()

    def put(connection: Connection, workspace: UUID) -> None:
        arguments = Jsonb({"context": {"workspace": str(workspace)}})
        connection.execute(
            "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args, scheduled_at)"
            " VALUES ('nobody', 'nothing', %s, 'infinity')",
            (arguments,),
        )

    with connect(wired.url, APP) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            put(connection, ours)
        for workspace in (ours, theirs):
            with connection.transaction():
                connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(workspace),))
                put(connection, workspace)
        with connection.transaction():
            connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(ours),))
            found = connection.execute(
                "SELECT args -> 'context' ->> 'workspace' FROM jobs.procrastinate_jobs"
            ).fetchall()
            assert found == [(str(ours),)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                put(connection, theirs)
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute("DELETE FROM jobs.procrastinate_jobs")
        assert connection.execute("SELECT count(*) FROM jobs.procrastinate_jobs").fetchone() == (0,)
    with connect(wired.url, WORKER) as connection:
        assert connection.execute("DELETE FROM jobs.procrastinate_jobs WHERE queue_name = 'nobody'").rowcount == 2


def test_what_becomes_of_a_job_is_noted_by_its_own_tenant(wired: System) -> None:
    ours, theirs = uuid4(), uuid4()
    note = "INSERT INTO jobs.procrastinate_events (job_id, type) VALUES (%s, 'cancelled')"
    bind = "SELECT set_config('umt.workspace', %s, true)"
    with connect(wired.url, WORKER) as worker, connect(wired.url, APP) as connection:
        try:
            jobs = {}
            for workspace in (ours, theirs):
                row = worker.execute(
                    "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args, scheduled_at)"
                    " VALUES ('nobody', 'nothing', %s, 'infinity') RETURNING id",
                    (Jsonb({"context": {"workspace": str(workspace)}}),),
                ).fetchone()
                assert row
                jobs[workspace] = row[0]
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(note, (jobs[ours],))
            with connection.transaction():
                connection.execute(bind, (str(ours),))
                connection.execute(note, (jobs[ours],))
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(note, (jobs[theirs],))
        finally:
            worker.execute("DELETE FROM jobs.procrastinate_jobs WHERE queue_name = 'nobody'")
