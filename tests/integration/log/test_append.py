"""The log: gapless, ordered, of one tenant at a time, and closed to everything but its append function."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from tests.integration.people import Person

from umt.adapters.postgres.database import APP, WORKER, connect
from umt.adapters.postgres.log import ForeignStream, NewEvent, Raced, append
from umt.application.commands.brand import CreateBrand
from umt.bootstrap import System
from umt.domain.brand import Industry


def event(stream: object = None, version: int = 1, workspace: object = None) -> NewEvent:
    return NewEvent(
        originator_id=stream or uuid4(),  # type: ignore[arg-type]
        originator_version=version,
        topic="test.happened",
        state=b"{}",
        workspace=workspace or uuid4(),  # type: ignore[arg-type]
        metadata=b"{}",
    )


def written_by(url: str, events: list[NewEvent]) -> int:
    with connect(url, APP, autocommit=False) as connection:
        return append(connection, events).base


def test_positions_have_no_gap_and_times_never_go_back_with_writers_at_once(wired: System) -> None:
    before = wired.source.head()

    def write_and_sometimes_give_up(number: int) -> None:
        for turn in range(15):
            with connect(wired.url, APP, autocommit=False) as connection:
                append(connection, [event(), event()])
                if (turn + number) % 3 == 0:
                    connection.rollback()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(write_and_sometimes_give_up, range(6)))
    with connect(wired.url, WORKER) as connection:
        rows = connection.execute(
            "SELECT position, recorded_at FROM umt.event WHERE position > %s ORDER BY position", (before,)
        ).fetchall()
    assert [position for position, _ in rows] == list(range(before + 1, before + 1 + 6 * 10 * 2))
    assert all(earlier[1] <= later[1] for earlier, later in itertools.pairwise(rows))


def test_a_reader_never_sees_a_position_before_all_lower_ones(wired: System) -> None:
    with connect(wired.url, APP, autocommit=False) as slow, ThreadPoolExecutor(1) as other:
        low = append(slow, [event()]).base + 1
        high = other.submit(written_by, wired.url, [event()])
        assert wired.source.head() < low, "an open append must not be visible"
        assert not high.done(), "a later append waits for the earlier one"
        slow.commit()
        assert high.result(timeout=10) + 1 == low + 1
    assert wired.source.head() >= low + 1


def test_a_version_is_given_once(wired: System) -> None:
    first = event()
    written_by(wired.url, [first])
    with pytest.raises(Raced):
        written_by(wired.url, [event(first.originator_id, 1, first.workspace)])


def test_a_stream_has_no_gap_and_one_workspace(wired: System) -> None:
    first = event()
    written_by(wired.url, [first])
    with pytest.raises(ForeignStream):
        written_by(wired.url, [event(first.originator_id, 3, first.workspace)])
    with pytest.raises(ForeignStream):
        written_by(wired.url, [event(first.originator_id, 2, uuid4())])
    written_by(wired.url, [event(first.originator_id, 2, first.workspace)])


@pytest.mark.parametrize("versions", [(2, 4), (3, 2), (2, 2), (3, 4), (1, 2)])
def test_a_batch_continues_each_stream_in_order(wired: System, versions: tuple[int, int]) -> None:
    first, between = event(), event()
    written_by(wired.url, [first])
    batch = [event(first.originator_id, version, first.workspace) for version in versions]
    with pytest.raises((ForeignStream, Raced)):
        written_by(wired.url, [batch[0], between, batch[1]])
    fine = [event(first.originator_id, version, first.workspace) for version in (2, 3)]
    with pytest.raises(ForeignStream):
        written_by(wired.url, [fine[0], between, event(first.originator_id, 3, uuid4())])
    written_by(wired.url, [fine[0], between, fine[1]])


@pytest.mark.parametrize("role", [APP, WORKER])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO umt.event SELECT * FROM umt.event LIMIT 1",
        "UPDATE umt.event SET body = ''",
        "DELETE FROM umt.event",
        "TRUNCATE umt.event",
    ],
)
def test_nobody_changes_the_log_but_by_appending(wired: System, role: str, statement: str) -> None:
    with connect(wired.url, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_without_a_workspace_nothing_is_seen_before_and_after_one_was_set(wired: System, pat: Person) -> None:
    pat.makes(CreateBrand(name="Seen", industry=Industry("Trade")))
    count = "SELECT count(*) FROM umt.event"
    with connect(wired.url, APP) as connection:
        assert connection.execute(count).fetchone() == (0,)
        with connection.transaction():
            connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(pat.workspace),))
            assert connection.execute(count).fetchone() != (0,)
        assert connection.execute(count).fetchone() == (0,)


def test_personal_data_is_not_in_the_log_in_the_clear(wired: System, pat: Person) -> None:
    with connect(wired.url, WORKER) as connection:
        bodies = connection.execute("SELECT body FROM umt.event WHERE stream = %s", (pat.user,)).fetchall()
    assert bodies
    assert not any(b"Pat Person" in body or b"example.com" in body for (body,) in bodies)
