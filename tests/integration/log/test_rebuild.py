"""A rebuild beside the live tables: reads are served all the time, and what is shown afterwards is a fold from zero."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.integration.faults.probe import Author, Probe, probing, told, until
from tests.integration.faults.processes import umt
from typer.testing import CliRunner

from umt.bootstrap import EXPECTED_ERRORS, System
from umt.cli.main import app
from umt.projections import schema
from umt.projections.catalogue import PROJECTIONS
from umt.projections.generations import generations, live, take_lease
from umt.projections.rebuilding import RebuildError, begin, discard
from umt.projections.table import Projection

Connection = psycopg.Connection[Any]


@pytest.fixture
def probe(wired: System) -> Iterator[Probe]:
    with probing(wired) as made:
        yield made


@pytest.fixture
def author(wired: System) -> Author:
    return Author(wired)


class Thread(threading.Thread):
    """Repeats work until it is told to stop, or does it once; what it raises is raised by `done`."""

    def __init__(self, work: Callable[[], object], *, once: bool = False) -> None:
        super().__init__(daemon=True)
        self._once, self._work, self._told = once, work, threading.Event()
        self.error: Exception | None = None
        self.turns = 0
        self.start()

    def run(self) -> None:
        try:
            while not self._told.is_set():
                self._work()
                self.turns += 1
                if self._once:
                    return
        except Exception as error:
            self.error = error

    def done(self) -> None:
        self._told.set()
        self.join(timeout=15)
        assert not self.is_alive()
        if self.error:
            raise self.error


class Reader:
    """Asks a view again and again, and expects it never to go back."""

    def __init__(self, probe: Probe, workspace: UUID) -> None:
        self._probe, self._workspace = probe, workspace
        self._connection = probe.wired.as_worker()
        self._seen = (1, 1)

    def __call__(self) -> None:
        row = self._connection.execute(
            f"SELECT count(*), max(position) FROM read_v1.{self._probe.notes.name} WHERE workspace = %s".encode(),
            (self._workspace,),
        ).fetchone()
        assert row
        assert row[0] >= self._seen[0], "rows are gone"
        assert row[1] >= self._seen[1], "the position went back"
        self._seen = row


def test_rebuilds_under_live_appends_equal_a_fold_from_zero_and_serve_reads(
    wired: System, probe: Probe, author: Author
) -> None:
    author.template(*(f"w{number % 11}" for number in range(400)))
    probe.catch_up()
    numbers: list[int] = []
    with probe.running():
        writer = Thread(lambda: author.template("a", "b"))
        readers = [Thread(Reader(probe, author.workspace)) for _ in range(2)]
        for _ in range(3):
            numbers.append(probe.rebuild().generation)
        writer.done()
        for reader in readers:
            reader.done()
            assert reader.turns > 10
        probe.reached(wired.source.head())
    assert numbers == [2, 3, 4]
    assert probe.differs(author.workspace) == []
    with wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, probe.position())
        assert tables_of(connection, probe) == {f"{probe.notes.name}_4", f"{probe.words.name}_4"}


def tables_of(connection: Connection, probe: Probe) -> set[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'projection'::regnamespace AND relkind = 'r'"
        " AND starts_with(relname, %s)",
        (probe.name,),
    )
    return {name for (name,) in rows}


def published(connection: Connection, probe: Probe) -> list[Any]:
    """Policies, grants, comments, options and indexes of views and tables, without the number of the tables."""
    rows = connection.execute(
        "WITH relation AS ("
        " SELECT oid, relkind, relacl::text AS acl, reloptions::text AS options, relrowsecurity, relforcerowsecurity,"
        "  regexp_replace(relname, '_[0-9]+$', '') AS name FROM pg_class"
        " WHERE relnamespace IN ('projection'::regnamespace, 'read_v1'::regnamespace)"
        "  AND relkind IN ('r', 'v') AND starts_with(relname, %s))"
        " SELECT r.name, r.relkind::text, r.acl, r.options, r.relrowsecurity, r.relforcerowsecurity,"
        "  ARRAY(SELECT format('%%s %%s', d.objsubid, d.description) FROM pg_description d WHERE d.objoid = r.oid ORDER BY 1),"
        "  ARRAY(SELECT format('%%s %%s %%s %%s %%s', p.polname, p.polcmd, p.polroles::regrole[],"
        "   pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))"
        "   FROM pg_policy p WHERE p.polrelid = r.oid ORDER BY 1),"
        "  ARRAY(SELECT format('%%s %%s %%s', a.attname, a.atttypid::regtype, a.attnotnull) FROM pg_attribute a"
        "   WHERE a.attrelid = r.oid AND a.attnum > 0 ORDER BY a.attnum),"
        "  (SELECT count(*) FROM pg_index i WHERE i.indrelid = r.oid)"
        " FROM relation r ORDER BY r.name, r.relkind",
        (probe.name,),
    )
    return rows.fetchall()


def test_policies_grants_and_comments_are_those_of_before(wired: System, probe: Probe, author: Author) -> None:
    author.template("a")
    probe.catch_up()
    with wired.as_owner() as owner:
        owner.execute(f"GRANT SELECT (template) ON read_v1.{probe.notes.name} TO PUBLIC".encode())
        owner.execute(f"GRANT SELECT ON read_v1.{probe.words.name} TO umt_data WITH GRANT OPTION".encode())
        before = published(owner, probe)
        probe.rebuild()
        assert published(owner, probe) == before
    assert len(before) == 4
    assert all(comments and (policies or kind == "v") for _, kind, *_, comments, policies, _, _ in before)


def test_a_reader_that_takes_long_delays_the_switch_and_no_one_else(
    wired: System, probe: Probe, author: Author
) -> None:
    author.template("a")
    probe.catch_up()
    with wired.as_worker() as slow:
        slow.execute("BEGIN")
        assert probe.shown_on(slow, author.workspace)[1] == {"hello": 1, "a": 1}
        rebuilding = Thread(probe.rebuild, once=True)
        reader = Thread(Reader(probe, author.workspace))
        until(lambda: refused_locks(wired, probe), 20, "the switch does not wait for the reader")
        turns = reader.turns
        until(lambda: reader.turns > turns + 50, 20, "other readers are not served")
        with wired.as_worker() as connection:
            generation = live(connection, probe.name)
            assert generation
            assert generation.number == 1
        author.template("b")
        slow.execute("COMMIT")
    until(lambda: rebuilding.turns or rebuilding.error, 20, "the switch does not come")
    rebuilding.done()
    reader.done()
    probe.catch_up()
    assert probe.differs(author.workspace) == []


def refused_locks(wired: System, probe: Probe) -> bool:
    """Whether somebody waits for an exclusive lock on the view."""
    with psycopg.connect(wired.url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            " AND relation = (SELECT oid FROM pg_class WHERE relname = %s AND relkind = 'v')",
            (probe.notes.name,),
        ).fetchone()
        return row != (0,)


def test_of_two_rebuilds_at_once_one_is_refused(wired: System, probe: Probe, author: Author) -> None:
    author.template("a")
    with wired.as_owner() as owner, wired.as_worker() as other:
        building = begin(owner, probe.projection)
        assert take_lease(other, building)
        with pytest.raises(RebuildError, match="is being rebuilt by another process"):
            probe.rebuild()
    assert probe.rebuild().generation == building.number
    assert probe.differs(author.workspace) == []


def test_an_unfinished_rebuild_can_be_given_up(wired: System, probe: Probe, author: Author) -> None:
    author.template("a")
    with wired.as_owner() as owner:
        begin(owner, probe.projection)
        assert discard(owner, probe.projection)
        assert not discard(owner, probe.projection)
        assert [g.number for g in generations(owner, probe.name)] == [1]
        assert tables_of(owner, probe) == {f"{probe.notes.name}_1", f"{probe.words.name}_1"}


# The command


def clicks(connection: Connection, author: Author) -> int:
    row = connection.execute(
        "SELECT sum(clicks) FROM read_v1.dashboard WHERE workspace = %s", (author.workspace,)
    ).fetchone()
    return int(row[0]) if row and row[0] else 0


@pytest.fixture
def gate(wired: System) -> Iterator[Connection]:
    """While its connection is open, what is built of the dashboard does not pass the first batch."""
    with wired.as_owner() as owner, wired.as_worker() as holding:
        owner.execute(
            "CREATE FUNCTION umt.gate() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$;"
            " CREATE TRIGGER gate BEFORE UPDATE ON umt.projection_checkpoint FOR EACH ROW"
            " WHEN (NEW.name = 'dashboard' AND NEW.state = 'building' AND OLD.position > 0"
            "       AND NEW.position > OLD.position) EXECUTE FUNCTION umt.gate()"
        )
        holding.execute("SELECT pg_advisory_lock(4711)")
        try:
            yield holding
        finally:
            holding.close()
            owner.execute("DROP FUNCTION umt.gate() CASCADE")


def test_a_rebuild_that_was_killed_half_way_is_resumed(wired: System, author: Author, gate: Connection) -> None:
    folder = wired.settings.data_dir
    assert folder
    author.reports(4500)
    projector = next(p for p in wired.projectors() if p.projection.name == "dashboard")
    projector.reach(wired.source.head())
    with wired.as_worker() as connection:
        assert clicks(connection, author) == 4500

        def built() -> int:
            return next((g.position for g in generations(connection, "dashboard") if g.state == "building"), 0)

        with umt(folder, "projections", "rebuild", "dashboard") as doomed:
            until(built, 60, "the rebuild does not begin")
            doomed.kill()
            doomed.wait(timeout=10)
        half = built()
        assert 0 < half < wired.source.head()
        assert clicks(connection, author) == 4500
        gate.close()
        command = ["projections", "rebuild", "dashboard", "--json", "--data-dir", str(folder)]
        outcome = CliRunner().invoke(app, command)
        assert outcome.exit_code == 0, outcome.output
        done = json.loads(outcome.stdout)
        # What had been sent before the end may still have been committed after it.
        assert done["resumed_from"] >= half
        assert done["position"] >= wired.source.head()
        assert clicks(connection, author) == 4500
    dashboard = projector.projection
    assert wired.verifier.verify(dashboard, workspace=author.workspace).differences == ()


def test_the_command_says_who_is_in_the_way_and_gives_up_what_was_built(wired: System) -> None:
    def invoke(*options: str) -> Any:
        command = ["projections", "rebuild", "dashboard", *options, "--data-dir", str(wired.settings.data_dir)]
        return CliRunner().invoke(app, command)

    with wired.as_owner() as owner, wired.as_worker() as other:
        assert take_lease(other, begin(owner, PROJECTIONS["dashboard"]))
        refused = invoke()
    assert isinstance(refused.exception, EXPECTED_ERRORS), "said in a sentence"
    assert "is being rebuilt by another process" in str(refused.exception)
    assert "dropped" in invoke("--give-up").stdout
    assert "there is no unfinished rebuild" in invoke("--give-up").stdout


# A newer version


@pytest.fixture
def upgrade(wired: System) -> Iterator[Callable[[Projection], None]]:
    """What a start of a program does that declares the projection so."""

    def start(projection: Projection) -> None:
        with wired.as_owner() as owner:
            schema.prepare(owner, [projection], ())

    yield start
    with wired.as_owner() as owner:
        owner.execute("DELETE FROM umt.published")


def versions(wired: System, probe: Probe) -> dict[str, int]:
    with wired.as_worker() as connection:
        return {g.state: g.version for g in generations(connection, probe.name)}


def test_a_newer_version_is_built_and_switched_to_by_its_worker_and_left_alone_by_the_older(
    wired: System, probe: Probe, author: Author, upgrade: Callable[[Projection], None]
) -> None:
    stream = author.template("abc")
    newer = probe.newer()
    with probe.running():
        probe.reached(wired.source.head())
        upgrade(newer.projection)
        assert versions(wired, probe) == {"live": 1, "building": 2}
        with newer.running():
            until(lambda: versions(wired, probe) == {"live": 2}, 20, "the newer version does not go live")
            author.revise(stream, "defgh")
            probe.reached(wired.source.head())
            upgrade(probe.projection)
            assert versions(wired, probe) == {"live": 2}
            with pytest.raises(RebuildError, match="newer than this program's 1"):
                probe.rebuild()
            with wired.as_worker() as connection:
                row = connection.execute(f"SELECT * FROM read_v1.{probe.notes.name}".encode()).fetchone()
                assert row
                assert row[-1] == 5
                assert row[-3] == ["hello", "abc", "defgh"]
    assert newer.differs(author.workspace) == []


def test_a_version_that_is_being_built_belongs_to_its_worker(
    wired: System, probe: Probe, author: Author, upgrade: Callable[[Projection], None]
) -> None:
    author.template("abc")
    newer = probe.newer()
    upgrade(newer.projection)
    with wired.as_worker() as building:
        generation = next(g for g in generations(building, probe.name) if g.state == "building")
        assert take_lease(building, generation)
        with pytest.raises(RebuildError, match="is being rebuilt by another process"):
            newer.rebuild()
        with pytest.raises(RebuildError, match=r"version 2 of .* is being built, newer than"):
            probe.rebuild()
    assert versions(wired, probe) == {"live": 1, "building": 2}


def test_a_version_that_was_given_up_is_built_after_the_next_start(
    wired: System, probe: Probe, author: Author, upgrade: Callable[[Projection], None]
) -> None:
    author.template("abc")
    newer = probe.newer()
    upgrade(newer.projection)
    with wired.as_owner() as owner:
        assert discard(owner, newer.projection)
    upgrade(newer.projection)
    assert versions(wired, probe) == {"live": 1, "building": 2}
    with newer.running():
        until(lambda: versions(wired, probe) == {"live": 2}, 20, "the newer version does not go live")
    assert newer.differs(author.workspace) == []
