"""A system at work against a sandbox of the outside, over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.integration.people import Person
from tests.servers import reachable_folder

from umt.adapters.postgres.database import WORKER, connect
from umt.bootstrap import System, Workers, system
from umt.domain.event import EVENT_TYPES, Event, fold
from umt.domain.recorded import Recorded
from umt.settings import Settings


class Outside:
    """The sandbox's control side."""

    def __init__(self, url: str) -> None:
        self.url = url

    def faults(self, **profile_or_rules: Any) -> None:
        httpx.post(f"{self.url}/_sandbox/faults", json=profile_or_rules).raise_for_status()

    def duplicates(self) -> list[Any]:
        return list(httpx.get(f"{self.url}/_sandbox/ledger/duplicates").json())

    def ledger(self, **query: str) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/_sandbox/ledger", params={"limit": "1000", **query}).json()["entries"])

    def now(self) -> datetime:
        return datetime.fromisoformat(httpx.get(f"{self.url}/_sandbox/clock").json()["now"])

    def advance(self, wired: System, days: int = 1) -> None:
        """Let days pass, and wait until the system's clock has followed."""
        httpx.post(f"{self.url}/_sandbox/clock", json={"advance_seconds": days * 86400}).raise_for_status()
        until(lambda: wired.clock.now() >= self.now(), 10, "the clock did not follow")


class Marketer(Person):
    """An owner whose agents can be waited for."""

    def at_rest(self, seconds: float = 60) -> None:
        """Until no agent has anything left to do in the workspace."""
        with connect(self.system.url, WORKER) as connection:
            until(lambda: _idle(connection, self), seconds, "the agents did not come to rest")

    def events(self, stream: UUID) -> list[Event]:
        return [recorded.event for recorded in self.system.source.stream(stream)]

    def state(self, stream: UUID) -> Any:
        return fold(self.events(stream))

    def log(self) -> list[Recorded]:
        """Everything that is recorded of the workspace, in order."""
        everything: list[Recorded] = []
        reached, position = 0, -1
        while reached > position:
            position = reached
            page, reached = self.system.source.read(position, 2000, tuple(EVENT_TYPES))
            everything += [recorded for recorded in page if recorded.workspace == self.workspace]
        return everything

    def runs(self) -> list[Event]:
        """Everything that agents recorded in the workspace, in order."""
        return [r.event for r in self.log() if r.event.type_name.startswith("agent_run.")]


@pytest.fixture(scope="session")
def settings(settings: Settings) -> Iterator[Settings]:
    """Of a server that only these tests write to: an agent reads the whole log, and stops at what others spoil in it."""
    with reachable_folder() as folder:
        yield settings.model_copy(update={"data_dir": folder / "data"})


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    process = subprocess.Popen(
        [sys.executable, "-m", "umt.sandbox", "--port", "0", "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield Outside(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def wired(settings: Settings, outside: Outside) -> Iterator[System]:
    """The session's database with the sandbox as its outside, and every worker running."""
    with shared(settings, outside) as made:
        workers = Workers(made)
        workers.start()
        try:
            yield made
        finally:
            workers.stop()


@contextmanager
def shared(settings: Settings, outside: Outside, **more: str) -> Iterator[System]:
    """A system with the sandbox as its outside and no workers. Its settings come from the environment, so that a process
    started meanwhile has the same."""
    url = outside.url
    told = {
        "data_dir": str(settings.data_dir),
        "meta_url": url,
        "google_ads_url": url,
        "linkedin_url": url,
        "google_ads_developer_token": "sandbox",
        "private_endpoints": json.dumps([url]),
        "clock_url": f"{url}/_sandbox/clock",
        **more,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in told.items():
            environment.setenv(f"UMT_{name.upper()}", value)
        with system(Settings()) as made:
            yield made


@pytest.fixture
def marketer(wired: System, outside: Outside) -> Iterator[Marketer]:
    outside.faults(profile="none")
    yield Marketer(wired)
    outside.faults(profile="none")


def _idle(connection: Any, person: Marketer) -> bool:
    row = connection.execute(
        "SELECT (SELECT max(position) FROM umt.event) - (SELECT min(position) FROM umt.agent_checkpoint),"
        " (SELECT count(*) FROM umt.event s WHERE s.workspace = %(w)s AND s.type = 'agent_run.run_started' AND NOT EXISTS"
        "  (SELECT 1 FROM umt.event e WHERE e.stream = s.stream"
        "   AND e.type IN ('agent_run.run_completed', 'agent_run.run_failed'))),"
        " (SELECT count(*) FROM umt.timer WHERE workspace = %(w)s AND NOT fired AND due_at <= %(now)s)",
        {"w": person.workspace, "now": person.system.clock.now()},
    ).fetchone()
    return bool(row == (0, 0, 0))


def until(holds: Any, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{otherwise} in {seconds} s")
        time.sleep(0.02)
