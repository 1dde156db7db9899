"""Every process forgets who was erased, also one that was stopped meanwhile; until then the erasure is not complete."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import psycopg
import pytest
from tests.integration.faults.processes import umt
from tests.integration.privacy.people import Owner, until, user

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.erasure import MARGIN_SECONDS
from umt.adapters.vault.personal import LEASE_SECONDS
from umt.application.commands.brand import CreateBrand
from umt.bootstrap import System, system
from umt.domain.brand import Industry
from umt.domain.personal import PLACEHOLDER
from umt.domain.user import UserRegistered
from umt.domain.workspace import Role
from umt.settings import Settings


@pytest.fixture
def zoe(wired: System) -> Owner:
    made = Owner(wired)
    made.adds(f"second-{made.email}", Role.OWNER)
    return made


def names_in_the_log(wired: System, person: UUID) -> set[str]:
    events = [recorded.event for recorded in wired.source.stream(person)]
    return {event.name.text for event in events if isinstance(event, UserRegistered)}


def forgotten_to(rows: psycopg.Connection[Any], process: int) -> int | None:
    """The erasure up to which a process says that it has forgotten; None while it has nothing to forget."""
    row = rows.execute("SELECT max(erased_to) FROM umt.process WHERE name LIKE %s", (f"% {process}",)).fetchone()
    return row[0] if row else None


def complete(wired: System, person: UUID) -> bool:
    found = wired.erasures.of(person)
    return found is not None and found.complete


def test_the_process_that_erases_shows_it_at_once(wired: System, zoe: Owner) -> None:
    assert names_in_the_log(wired, zoe.user) == {zoe.name}
    wired.erasing.erase(zoe.user, zoe.context)
    assert names_in_the_log(wired, zoe.user) == {PLACEHOLDER}


def test_another_process_forgets_and_says_so(wired: System, zoe: Owner, settings: Settings) -> None:
    with system(settings) as other:
        assert names_in_the_log(other, zoe.user) == {zoe.name}
        assert user(other, zoe.workspace, zoe.user).name.text == zoe.name
        wired.erasing.erase(zoe.user, zoe.context)
        until(lambda: complete(wired, zoe.user))
        assert names_in_the_log(other, zoe.user) == {PLACEHOLDER}
        assert user(other, zoe.workspace, zoe.user).name.text == PLACEHOLDER


def test_a_process_that_ends_is_waited_for_no_more(wired: System, zoe: Owner, settings: Settings) -> None:
    with connect(wired.url, OWNER) as rows:

        def processes() -> set[UUID]:
            return {row[0] for row in rows.execute("SELECT id FROM umt.process")}

        before = processes()
        with system(settings) as other:
            assert processes() <= before, "who has read of nobody has nothing to forget"
            names_in_the_log(other, zoe.user)
            until(lambda: bool(processes() - before))
        assert processes() <= before


def test_a_follower_of_the_head_is_shown_no_name_any_more(wired: System, zoe: Owner) -> None:
    head = wired.source.head()
    wired.source.page(head, 10)  # from here on the newest events are kept in memory
    fresh = Owner(wired)
    fresh.adds(f"second-{fresh.email}", Role.OWNER)

    def shown() -> set[str]:
        events = [e.event for e in wired.source.page(head, 100).events if hasattr(e, "event")]
        return {e.name.text for e in events if isinstance(e, UserRegistered) and e.name.subject == fresh.user}

    assert shown() == {fresh.name}
    wired.erasing.erase(fresh.user, fresh.context)
    assert shown() == {PLACEHOLDER}


def test_a_worker_acknowledges(wired: System, zoe: Owner, data_dir: Path) -> None:
    with umt(data_dir, "worker", "--projections") as worker, connect(wired.url, OWNER) as rows:
        while forgotten_to(rows, worker.pid) is None:
            Owner(wired)  # whoever follows the log at its head reads of them
            time.sleep(0.2)
        done = wired.erasing.erase(zoe.user, zoe.context)
        until(lambda: complete(wired, zoe.user))
        assert (forgotten_to(rows, worker.pid) or 0) >= done.erasure.sequence


def test_a_stopped_process_delays_completion_and_opens_nothing_afterwards(
    wired: System, zoe: Owner, data_dir: Path
) -> None:
    with reader(data_dir, zoe.user) as (process, ask), connect(wired.url, OWNER) as rows:
        assert ask() == zoe.name
        until(lambda: forgotten_to(rows, process.pid) is not None)
        assert ask() == zoe.name
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        wired.erasing.erase(zoe.user, zoe.context)
        assert f"{os.uname().nodename} {process.pid}" in wired.erasures.waits_for(zoe.user)
        while not complete(wired, zoe.user):
            assert time.monotonic() < began + 60
            time.sleep(0.1)
        # Its last beat was up to a second before it was stopped.
        assert time.monotonic() - began > LEASE_SECONDS + MARGIN_SECONDS - 2
        process.send_signal(signal.SIGCONT)
        assert ask() == PLACEHOLDER


@contextmanager
def reader(data_dir: Path, person: UUID) -> Iterator[tuple[subprocess.Popen[str], Callable[[], str]]]:
    """A process of its own, and what asks it for the person's name."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.privacy.reading", str(data_dir), str(person)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdin
        assert process.stdout
        yield process, lambda: asked(process.stdin, process.stdout)  # type: ignore[arg-type]
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(timeout=10)


def asked(question: IO[str], answer: IO[str]) -> str:
    question.write("\n")
    question.flush()
    return answer.readline().strip()


def brand_of(wired: System, owner: Owner) -> tuple[UUID, UUID]:
    """Workspace and id of a new brand."""
    command = CreateBrand(name="Alpina", industry=Industry("Trade"))
    made = wired.dispatcher.submit(command, owner.context).result().subject
    assert made
    return owner.workspace, made


def test_the_writer_drops_what_it_knows_of_the_workspace(wired: System, zoe: Owner, settings: Settings) -> None:
    """In each process: what it holds of others' workspaces stays."""
    with system(settings) as other:
        writer, sam = other.writer, Owner(wired)
        names_in_the_log(other, zoe.user)
        until(lambda: writer._desk.cipher._lease.until > 0)  # it has begun, with nothing in memory
        ours, others = brand_of(other, zoe), brand_of(other, sam)
        assert writer._cache.get(ours)
        wired.erasing.erase(zoe.user, zoe.context)
        until(lambda: complete(wired, zoe.user))
        assert writer._cache.get(ours) is None
        assert writer._cache.get(others)
