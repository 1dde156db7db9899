"""One at a time, once, and without missing anything: projections' leases, idempotency keys, times and signals."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from tests.integration.log.test_append import event
from tests.integration.people import Person

from umt.adapters.postgres.database import APP, OWNER, WORKER, connect
from umt.adapters.postgres.log import append
from umt.adapters.postgres.source import LogSignal
from umt.application.commands.brand import CreateBrand, RenameBrand
from umt.bootstrap import System
from umt.domain.brand import Brand, Industry
from umt.domain.event import fold
from umt.projections.generations import live, take_lease

TRADE = Industry("Trade")


def test_a_repeated_command_is_not_done_again_after_others(wired: System, pat: Person) -> None:
    brand = pat.makes(CreateBrand(name="First", industry=TRADE))
    first = pat.does(RenameBrand(brand=brand, name="A"), key="k1")
    pat.does(RenameBrand(brand=brand, name="B"), key="k2")
    again = pat.does(RenameBrand(brand=brand, name="A"), key="k1")
    assert (again.position, again.events, again.repeated) == (first.position, first.events, True)
    assert fold(r.event for r in wired.source.stream(brand)) == Brand(name="B", industry=TRADE)


def test_an_event_is_never_recorded_before_its_predecessor(wired: System, pat: Person) -> None:
    """A clock that was an hour ahead and is put right; undone at the end."""
    with connect(wired.url, OWNER, autocommit=False) as owner:
        row = owner.execute(
            "UPDATE umt.event SET recorded_at = now() + interval '1 hour'"
            " WHERE position = (SELECT max(position) FROM umt.event) RETURNING recorded_at"
        ).fetchone()
        assert row
        append(owner, [event()])
        newest = owner.execute("SELECT recorded_at FROM umt.event ORDER BY position DESC LIMIT 1").fetchone()
        owner.rollback()
    assert newest
    assert newest[0] >= row[0]


def test_a_second_worker_waits_for_the_lease_and_takes_over(wired: System, pat: Person) -> None:
    second = next(p for p in wired.projectors() if p.projection.name == "brands")
    second.reach(wired.source.head())
    stop = threading.Event()

    def position() -> int:
        generation = live(reading, "brands")
        assert generation
        return generation.position

    with connect(wired.url, WORKER) as reading, ThreadPoolExecutor(1) as thread:
        with connect(wired.url, WORKER) as holding:
            generation = live(holding, "brands")
            assert generation
            assert take_lease(holding, generation)
            pat.makes(CreateBrand(name="Leased", industry=TRADE))
            head, before = wired.source.head(), position()
            running = thread.submit(second.run, stop)
            try:
                time.sleep(1.2)
                assert position() == before < head, "two workers at once"
                holding.close()
                until(lambda: position() >= head, 5, "the second worker did not take over")
            finally:
                stop.set()
        running.result(timeout=10)


def test_a_lost_connection_does_not_end_the_signal(wired: System) -> None:
    # In no role: a role does not see what other sessions of the login do.
    with psycopg.connect(wired.url, autocommit=True) as connection, ThreadPoolExecutor(1) as thread:
        others = listening(connection)
        signal = LogSignal(wired.url)
        try:
            thread.submit(signal.wait, wired.source.head(), 0.1)
            until(lambda: listening(connection) - others, 5, "nobody listens")
            lost = listening(connection) - others
            connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::integer[]) AS pid", (list(lost),))
            until(lambda: listening(connection) - others - lost, 5, "nobody listens again")
            waiter = thread.submit(signal.wait, wired.source.head(), 5)
            with connect(wired.url, APP, autocommit=False) as writing:
                append(writing, [event()])
            waiter.result(timeout=0.5)
        finally:
            signal.close()


def listening(connection: psycopg.Connection[Any]) -> set[int]:
    rows = connection.execute(
        "SELECT pid FROM pg_stat_activity"
        " WHERE application_name = 'umt log signal' AND state = 'idle' AND datname = current_database()"
    ).fetchall()
    return {pid for (pid,) in rows}


def until(holds: Any, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{otherwise} in {seconds} s"
        time.sleep(0.02)
