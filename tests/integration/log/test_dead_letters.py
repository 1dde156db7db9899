"""An event that cannot be applied: its key waits in order, all else goes on, and after a mend nothing is missing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.faults.probe import TROUBLES, Author, Probe, probing, told, until
from typer.testing import CliRunner

from umt.adapters.postgres.pulse import Pulse
from umt.application.queries import StaleRead
from umt.bootstrap import System
from umt.cli.main import app
from umt.domain.template import Format, TemplateCreated
from umt.projections import dead_letters
from umt.projections.dead_letters import Retried
from umt.projections.generations import StaleWorker, live


@pytest.fixture
def probe(wired: System) -> Iterator[Probe]:
    with probing(wired) as made:
        yield made


@pytest.fixture
def author(wired: System) -> Author:
    return Author(wired)


def corrupt(wired: System, position: int, body: bytes = b'{"instructions":7}') -> None:
    with wired.as_owner() as owner:
        owner.execute("UPDATE umt.event SET body = %s WHERE position = %s", (body, position))


def mended(wired: System, position: int, word: str) -> None:
    corrupt(wired, position, b'{"instructions":"' + word.encode() + b'"}')


def retried(probe: Probe, key: UUID) -> Retried:
    with probe.wired.as_worker() as connection:
        generation = live(connection, probe.name)
        assert generation
        return dead_letters.retry(connection, probe.projection, generation, probe.wired.following, key)


def discarded(probe: Probe, key: UUID, *, first_only: bool) -> int:
    with probe.wired.as_worker() as connection:
        generation = live(connection, probe.name)
        assert generation
        return dead_letters.discard(connection, generation, key, first_only)


def is_whole(probe: Probe, author: Author) -> None:
    """All of the author's events are applied, once and in order, and nothing is marked."""
    with probe.wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, probe.position())
    assert probe.parked(author.workspace) == []
    assert probe.incomplete(author.workspace) == (set(), set())
    assert probe.differs(author.workspace) == []


# Parking


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_poison_event_parks_its_key_and_a_retry_after_the_mend_puts_everything_right(
    wired: System, probe: Probe, author: Author, trouble: str
) -> None:
    probe.broken.add(trouble)
    good, bad = author.template("a", "b"), author.template("a")
    other = Author(wired)
    elsewhere = other.template("a")
    probe.catch_up()
    first = author.revise(bad, trouble)
    author.revise(good, "c")
    second = author.revise(bad, "c", "late")
    probe.catch_up()
    third = author.revise(bad, "later")
    author.revise(good, "d")
    probe.catch_up()

    assert probe.parked(author.workspace) == [first, second - 1, second, third]
    assert probe.position() == wired.source.head()
    with wired.as_worker() as connection:
        expected = told(connection, author.workspace, third + 1, without=probe.parked(author.workspace))
    assert probe.shown(author.workspace) == expected
    templates, words = probe.incomplete(author.workspace)
    assert templates == {bad}
    assert {"a", "hello", "c"} <= words
    untouched = {"b", "d"}
    if trouble == "long_key":  # too long to be noted: all that it could be is marked
        assert untouched <= words
    else:
        assert untouched.isdisjoint(words), "marked though nothing that is parked touches it"
    assert probe.incomplete(other.workspace) == (set(), set())
    assert elsewhere in probe.shown(other.workspace)[0]
    verified = wired.verifier.verify(probe.projection, workspace=author.workspace)
    assert (verified.parked, verified.differences) == (4, ())

    assert retried(probe, bad) == Retried(0, 4, probe_error(probe, bad))
    probe.broken.clear()
    assert retried(probe, bad) == Retried(4, 0, None)
    is_whole(probe, author)


def probe_error(probe: Probe, key: UUID) -> str | None:
    with probe.wired.as_worker() as connection:
        generation = live(connection, probe.name)
        assert generation
        return dead_letters.shown(connection, generation, key)[0].error


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_first_event_of_a_stream_may_be_the_poison(
    wired: System, probe: Probe, author: Author, trouble: str
) -> None:
    probe.broken.add(trouble)
    good = author.template("a")
    bad = author.template("b", first=trouble)
    probe.catch_up()

    assert len(probe.parked(author.workspace)) == 2
    assert bad not in probe.shown(author.workspace)[0]
    assert probe.shown(author.workspace)[0][good] == ["hello", "a"]
    probe.broken.clear()
    assert retried(probe, bad) == Retried(2, 0, None)
    is_whole(probe, author)


def test_an_undecodable_body_parks_its_stream(wired: System, probe: Probe, author: Author) -> None:
    good, bad = author.template("a"), author.template("b")
    spoiled = author.revise(bad, "c")
    corrupt(wired, spoiled)
    author.revise(bad, "d")
    author.revise(good, "e")
    probe.catch_up()

    assert probe.parked(author.workspace) == [spoiled, spoiled + 1]
    templates, words = probe.incomplete(author.workspace)
    assert templates == {bad}
    assert words == {"hello", "b"}, "what the stream's other events tell of it"
    assert retried(probe, bad).applied == 0
    mended(wired, spoiled, "c")
    assert retried(probe, bad) == Retried(2, 0, None)
    is_whole(probe, author)


def test_where_nothing_can_be_known_all_rows_of_the_workspace_are_marked(
    wired: System, probe: Probe, author: Author
) -> None:
    good = author.template("a")
    bad = uuid4()
    spoiled = author.write((bad, TemplateCreated("T", Format.EMAIL, "b")))
    corrupt(wired, spoiled, b"{}")
    neighbour = Author(wired)
    neighbour.template("a")
    probe.catch_up()

    templates, words = probe.incomplete(author.workspace)
    assert templates == set(), "a row of one stream is known by it"
    assert words == {"hello", "a"}
    assert good in probe.shown(author.workspace)[0]
    assert probe.incomplete(neighbour.workspace) == (set(), set())
    corrupt(wired, spoiled, b'{"format":"email","instructions":"b","name":"T"}')
    assert retried(probe, bad) == Retried(1, 0, None)
    is_whole(probe, author)


async def test_a_read_that_needs_its_own_write_is_told_what_is_parked(
    wired: System, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    with probing(wired) as probe:
        probe.broken.add("update")
        good, bad, unborn = author.template("a"), author.template("update"), author.template(first="update")
        head = wired.source.head()
        probe.catch_up()
        async with wired.reading():
            reader = wired.reader
            pulse = Pulse(wired.url, {probe.name: probe.projection})
            monkeypatch.setattr(reader, "_pulse", pulse)
            monkeypatch.setattr(reader, "_tables", {t.name: t for t in probe.projection.tables})

            async def ask(view: str, **where: Any) -> int:
                rows = await reader.rows(author.workspace, view, where, [], 10, at_least=head)
                return len(rows)

            assert await ask(probe.notes.name, template=good) == 1
            assert await ask(probe.words.name, word="a") == 1
            for view, where in (
                (probe.notes.name, {"template": bad}),
                (probe.notes.name, {"template": unborn}),
                (probe.notes.name, {}),
                (probe.words.name, {"word": "update"}),
            ):
                with pytest.raises(StaleRead) as refused:
                    await ask(view, **where)
                assert refused.value.reason == "PARKED"
            assert len(await reader.rows(author.workspace, probe.notes.name, {"template": bad}, [], 10)) == 1
            probe.broken.clear()
            retried(probe, bad)
            retried(probe, unborn)
            assert await ask(probe.notes.name) == 3
            await pulse.close()


def test_a_poison_event_in_a_rebuild_parks_its_key_in_what_is_built(
    wired: System, probe: Probe, author: Author
) -> None:
    good, bad = author.template("a"), author.template("fold", "b")
    probe.catch_up()
    is_whole(probe, author)
    probe.broken.add("fold")
    probe.rebuild()

    assert len(probe.parked(author.workspace)) == 2
    assert probe.incomplete(author.workspace)[0] == {bad}
    assert probe.shown(author.workspace)[0] == {good: ["hello", "a"], bad: ["hello"]}
    assert probe.differs(author.workspace) == []
    probe.broken.clear()
    assert retried(probe, bad) == Retried(2, 0, None)
    is_whole(probe, author)


# After the mend


def test_a_retry_that_fails_again_half_way_keeps_the_rest_in_order(wired: System, probe: Probe, author: Author) -> None:
    probe.broken |= {"fold", "update"}
    bad = author.template("fold", "a", "update", "b")
    probe.catch_up()
    probe.broken.discard("fold")

    half = retried(probe, bad)
    assert (half.applied, half.waiting) == (2, 2)
    assert half.error
    assert "what the row lacks" in half.error
    assert probe.shown(author.workspace)[0][bad] == ["hello", "fold", "a"]
    assert probe.incomplete(author.workspace)[0] == {bad}
    author.revise(bad, "c")
    probe.catch_up()
    probe.broken.clear()
    assert retried(probe, bad) == Retried(3, 0, None)
    is_whole(probe, author)


def test_a_key_of_two_thousand_letters_is_retried(wired: System, probe: Probe, author: Author) -> None:
    probe.broken.add("fold")
    bad = author.template("fold", *(f"w{number % 7}" for number in range(1999)))
    probe.catch_up()
    assert len(probe.parked(author.workspace)) == 2000
    probe.broken.clear()
    assert retried(probe, bad) == Retried(2000, 0, None)
    is_whole(probe, author)


def test_what_is_discarded_stays_out_and_the_key_goes_on(wired: System, probe: Probe, author: Author) -> None:
    probe.broken.add("fold")
    bad = author.template("fold", "a")
    probe.catch_up()
    given_up = probe.parked(author.workspace)
    assert discarded(probe, bad, first_only=False) == 2
    author.revise(bad, "b")
    probe.catch_up()

    assert probe.parked(author.workspace) == []
    assert probe.incomplete(author.workspace) == (set(), set())
    with wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, probe.position(), without=given_up)
    verified = wired.verifier.verify(probe.projection, workspace=author.workspace)
    assert (verified.discarded, verified.parked, verified.differences) == (2, 0, ())
    probe.broken.clear()
    probe.rebuild()
    is_whole(probe, author)


def test_the_first_is_discarded_and_the_rest_retried(wired: System, probe: Probe, author: Author) -> None:
    probe.broken.add("fold")
    bad = author.template("fold", "a")
    probe.catch_up()
    given_up = probe.parked(author.workspace)[:1]
    assert discarded(probe, bad, first_only=True) == 1
    assert probe.incomplete(author.workspace)[0] == {bad}
    assert retried(probe, bad) == Retried(1, 0, None)
    with wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, probe.position(), without=given_up)
    assert probe.incomplete(author.workspace) == (set(), set())


def test_a_retry_beside_a_live_worker_loses_nothing_and_keeps_the_order(
    wired: System, probe: Probe, author: Author
) -> None:
    bad = author.template()
    enough = threading.Event()

    def write() -> None:
        for number in count():
            author.revise(bad, f"n{number}", "fold")
            if enough.is_set():
                return

    def all_applied() -> bool:
        return retried(probe, bad).waiting == 0

    with probe.running():
        writing = threading.Thread(target=write)
        writing.start()
        try:
            for _ in range(6):
                probe.broken.add("fold")
                until(lambda: probe.parked(author.workspace), 10, "nothing was parked")
                probe.broken.clear()
                until(all_applied, 10, "the retry does not end")
        finally:
            enough.set()
            writing.join(timeout=10)
        probe.reached(wired.source.head())
        until(all_applied, 10, "the retry does not end")
    is_whole(probe, author)


@pytest.mark.parametrize("settle", ["retry", "discard"])
def test_a_live_worker_learns_that_a_key_is_free_again(
    wired: System, probe: Probe, author: Author, settle: str
) -> None:
    probe.broken.add("fold")
    bad = author.template("fold")
    with probe.running():
        until(lambda: probe.parked(author.workspace), 10, "nothing was parked")
        probe.broken.clear()
        if settle == "retry":
            assert retried(probe, bad).applied == 1
        else:
            assert discarded(probe, bad, first_only=False) == 1
        probe.reached(author.revise(bad, "after"))
    assert probe.parked(author.workspace) == []
    assert probe.shown(author.workspace)[0][bad][-1] == "after"


def test_letters_of_replaced_tables_are_not_touched(wired: System, probe: Probe, author: Author) -> None:
    probe.broken.add("fold")
    bad = author.template("fold")
    probe.catch_up()
    with wired.as_worker() as connection:
        replaced = live(connection, probe.name)
        assert replaced
        probe.rebuild()
        probe.broken.clear()
        with pytest.raises(StaleWorker, match="was rebuilt meanwhile"):
            dead_letters.retry(connection, probe.projection, replaced, wired.following, bad)
        with pytest.raises(StaleWorker, match="was rebuilt meanwhile"):
            dead_letters.discard(connection, replaced, bad, False)
    assert retried(probe, bad) == Retried(1, 0, None)
    is_whole(probe, author)


# Their store


def test_while_letters_cannot_be_kept_the_projection_stops_and_nothing_is_lost(
    wired: System, probe: Probe, author: Author
) -> None:
    probe.broken.add("fold")
    good = author.template("a")
    with probe.running():
        before = wired.source.head()
        probe.reached(before)
        with wired.as_owner() as owner:
            owner.execute("REVOKE INSERT ON umt.dead_letter FROM umt_worker")
            try:
                bad = author.template("fold", "b")
                until(lambda: probe.status()["state"] == "failing", 10, "it does not say that it fails")
                status = probe.status()
                assert status["last_error"] == "InsufficientPrivilege"
                assert status["position"] < before + 3
                assert probe.parked(author.workspace) == []
            finally:
                owner.execute("GRANT INSERT ON umt.dead_letter TO umt_worker")
        probe.reached(before + 3)
        until(lambda: probe.status()["state"] == "current", 10, "it does not go on")
    assert len(probe.parked(author.workspace)) == 2
    assert probe.shown(author.workspace)[0] == {good: ["hello", "a"], bad: ["hello"]}
    probe.broken.clear()
    assert retried(probe, bad) == Retried(2, 0, None)
    is_whole(probe, author)


def test_letters_and_checkpoint_are_kept_together(wired: System, probe: Probe, author: Author) -> None:
    probe.broken.add("fold")
    probe.catch_up()
    before = probe.position()
    author.template("fold")
    trigger = f"refuse_{probe.name}"
    with wired.as_owner() as owner:
        owner.execute(
            f"CREATE FUNCTION umt.{trigger}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF NEW.projection = '{probe.name}' THEN RAISE 'no room'; END IF; RETURN NEW; END $$".encode()
        )
        owner.execute(
            f"CREATE TRIGGER {trigger} BEFORE INSERT ON umt.dead_letter FOR EACH ROW EXECUTE FUNCTION umt.{trigger}()".encode()
        )
        try:
            with wired.as_worker() as connection:
                batches = probe.batches(connection)
                for _ in range(2):
                    with pytest.raises(psycopg.DatabaseError, match="no room"):
                        batches.step()
                assert probe.position() == before
                assert probe.shown(author.workspace) == ({}, {})
        finally:
            owner.execute(f"DROP FUNCTION umt.{trigger}() CASCADE".encode())
    probe.catch_up()
    assert len(probe.parked(author.workspace)) == 1


# Rows that several streams feed, and the command


def umt(wired: System, *arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(wired.settings.data_dir)])


def parsed(wired: System, *arguments: str) -> Any:
    return json.loads(umt(wired, *arguments, "--json").stdout)


@pytest.fixture
def spoiled(wired: System, author: Author) -> Iterator[tuple[UUID, int, bytes]]:
    """A stream of three reports of which the second cannot be read, among those of another stream: its id, the bad
    position and the good body. Mended at the end."""
    bad = author.reports(3)
    author.reports(2)
    with wired.as_owner() as owner:
        row = owner.execute("SELECT position, body FROM umt.event WHERE stream = %s AND version = 2", (bad,)).fetchone()
        assert row
        owner.execute("UPDATE umt.event SET body = %s WHERE position = %s", (b"{}", row[0]))
        next(p for p in wired.projectors() if p.projection.name == "dashboard").reach(wired.source.head())
        yield bad, row[0], bytes(row[1])
    corrupt(wired, row[0], bytes(row[1]))
    umt(wired, "dead-letters", "retry")


def totals(wired: System, author: Author) -> tuple[int, bool, list[tuple[int, bool]]]:
    """The workspace's clicks and whether they are incomplete, and those of each campaign."""
    with wired.as_worker() as connection:
        whole = connection.execute(
            "SELECT clicks::integer, incomplete FROM read_v1.dashboard WHERE workspace = %s", (author.workspace,)
        ).fetchone()
        each = connection.execute(
            "SELECT clicks::integer, incomplete FROM read_v1.campaign_totals WHERE workspace = %s ORDER BY 1",
            (author.workspace,),
        ).fetchall()
    assert whole
    return (*whole, each)


def test_a_row_of_several_streams_goes_on_without_the_parked_one_and_says_so(
    wired: System, author: Author, spoiled: tuple[UUID, int, bytes]
) -> None:
    bad, position, body = spoiled
    assert totals(wired, author) == (3, True, [(1, True), (2, False)])

    (listed,) = parsed(wired, "dead-letters", "list")
    assert (listed["projection"], listed["key"], listed["letters"]) == ("dashboard", str(bad), 2)
    assert (listed["first_position"], listed["type"], listed["attempts"]) == (position, "performance.recorded", 1)
    assert "cannot be read" in listed["error"]
    (shown,) = parsed(wired, "dead-letters", "show", str(bad))
    assert [(e["position"], e["error"] is None, e["body"] is None) for e in shown["events"]] == [
        (position, False, True),
        (position + 1, True, False),
    ]
    assert str(bad) in umt(wired, "dead-letters", "list").stdout
    assert "waits behind" in " ".join(umt(wired, "dead-letters", "show", str(bad)).stdout.split())
    verified = parsed(wired, "projections", "verify", "dashboard")
    assert (verified["holds"], verified["parked"]) == (True, 2)

    again = umt(wired, "dead-letters", "retry", str(bad))
    assert again.exit_code == 1
    assert "0 applied, 2 wait: event" in again.stdout
    corrupt(wired, position, body)
    done = umt(wired, "dead-letters", "retry", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == [
        {"projection": "dashboard", "key": str(bad), "applied": 2, "waiting": 0, "error": None}
    ]
    assert totals(wired, author) == (5, False, [(2, False), (3, False)])
    assert parsed(wired, "dead-letters", "list") == []
    assert "Nothing is parked" in umt(wired, "dead-letters", "list").stderr
    assert parsed(wired, "projections", "verify", "dashboard")["parked"] == 0


def test_the_command_gives_up_the_first_and_retries_the_rest(
    wired: System, author: Author, spoiled: tuple[UUID, int, bytes]
) -> None:
    bad, _, _ = spoiled
    asked = CliRunner().invoke(
        app, ["dead-letters", "discard", str(bad), "--data-dir", str(wired.settings.data_dir)], input="n\n"
    )
    assert asked.exit_code == 1
    assert parsed(wired, "dead-letters", "discard", str(bad), "--first", "--yes") == [
        {"projection": "dashboard", "key": str(bad), "discarded": 1}
    ]
    assert totals(wired, author)[1] is True
    assert umt(wired, "dead-letters", "retry", str(bad)).exit_code == 0
    assert totals(wired, author) == (4, False, [(2, False), (2, False)])
    verified = parsed(wired, "projections", "verify", "dashboard", "--workspace", str(author.workspace))
    assert (verified["holds"], verified["discarded"]) == (True, 1)


def test_what_is_not_parked_is_said_so(wired: System) -> None:
    unknown = umt(wired, "dead-letters", "show", str(uuid4()))
    assert unknown.exit_code == 2
    assert "dead-letters list" in unknown.stderr
    assert umt(wired, "dead-letters", "list", "--projection", "nothing").exit_code == 2
