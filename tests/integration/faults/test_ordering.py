"""Nothing is skipped and nothing is shown early, whatever holds the append and however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.faults.probe import Author, Probe, said, told, until

from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.log import append
from umt.bootstrap import System
from umt.domain.template import Format, TemplateCreated


@pytest.fixture
def slow(wired: System, threads: ThreadPoolExecutor) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection that takes its time; closed before those that wait for it are."""
    with connect(wired.url, APP, autocommit=False, application="umt slow") as connection:
        yield connection
        connection.close()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def created(stream: UUID, word: str) -> tuple[UUID, TemplateCreated]:
    return stream, TemplateCreated("T", Format.EMAIL, word)


def waiting(wired: System, count: int) -> None:
    """Until so many appends wait for the lock."""
    with psycopg.connect(wired.url, autocommit=True) as connection:

        def blocked() -> int:
            row = connection.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7311 AND objid = 1 AND NOT granted"
            ).fetchone()
            return row[0] if row else 0

        until(lambda: blocked() == count, 10, f"{count} appends did not wait")


def test_an_open_append_is_waited_for_by_writers_and_not_seen_by_readers(
    wired: System,
    probe: Probe,
    author: Author,
    slow: psycopg.Connection[tuple[object, ...]],
    threads: ThreadPoolExecutor,
) -> None:
    low, high = uuid4(), uuid4()
    before = author.write(created(uuid4(), "before"))
    with probe.running():
        probe.reached(before)
        append(slow, author.batch([created(low, "low")]))
        others: list[Future[int]] = [
            threads.submit(Author(wired).write, created(uuid4(), "elsewhere")),
            threads.submit(author.write, created(high, "high")),
        ]
        waiting(wired, 2)
        assert probe.position() == wired.source.head() == before
        assert low not in probe.shown(author.workspace)[0]
        slow.commit()
        last = max(other.result(timeout=10) for other in others)
        assert last == before + 3
        probe.reached(last)
    with wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, last)
    assert {low, high} <= probe.shown(author.workspace)[0].keys()


def test_an_open_append_is_not_skipped_by_a_rebuild(
    wired: System,
    probe: Probe,
    author: Author,
    slow: psycopg.Connection[tuple[object, ...]],
    threads: ThreadPoolExecutor,
) -> None:
    author.template("a", "b")
    low, high = uuid4(), uuid4()
    probe.catch_up()
    before = wired.source.head()
    append(slow, author.batch([created(low, "low")]))
    other = threads.submit(author.write, created(high, "high"))
    waiting(wired, 1)
    with probe.running():
        built = probe.rebuild()
        assert built.position == before
        assert probe.position() == before
        slow.commit()
        last = other.result(timeout=10)
        probe.reached(last)
    assert {low, high} <= probe.shown(author.workspace)[0].keys()
    assert probe.differs(author.workspace) == []


def hang_up(connection: psycopg.Connection[tuple[object, ...]], wired: System) -> None:
    """The client's machine is gone; its session idles in a transaction until an operator or a timeout ends it."""
    with psycopg.connect(wired.url, autocommit=True) as operator:
        ended = operator.execute(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid = %s AND state = 'idle in transaction'",
            (connection.info.backend_pid,),
        ).fetchone()
    assert ended == (1,)


@pytest.mark.parametrize("end", [lambda connection, wired: connection.rollback(), hang_up], ids=["rollback", "idle"])
def test_an_append_that_comes_to_nothing_leaves_no_gap(
    wired: System,
    probe: Probe,
    author: Author,
    slow: psycopg.Connection[tuple[object, ...]],
    threads: ThreadPoolExecutor,
    end: Callable[[psycopg.Connection[tuple[object, ...]], System], None],
) -> None:
    stream = author.template("a")
    before = wired.source.head()
    with probe.running():
        undone = author.batch([(stream, said("undone")), created(uuid4(), "undone")])
        append(slow, undone)
        author.forget(undone)
        other = threads.submit(author.write, (stream, said("b")), created(uuid4(), "c"))
        waiting(wired, 1)
        end(slow, wired)
        assert other.result(timeout=10) == before + 2
        probe.reached(before + 2)
    with wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, before + 2)
    assert "undone" not in probe.shown(author.workspace)[1]
