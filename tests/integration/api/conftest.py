"""A system with its projections at work, served over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.integration.api.client import Caller
from tests.integration.api.serving import listening
from tests.servers import reachable_folder

from umt.api.app import create_app
from umt.api.services import Services
from umt.bootstrap import System, Workers, system
from umt.bootstrap.services import hygiene_of
from umt.settings import Settings


class Statements:
    """Counts what the database is asked about rows of read models and events; the pulse, which looks for everybody, does
    not count."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wired: System) -> None:
        self.asked: list[str] = []
        self._wired = wired
        execute = psycopg.AsyncCursor.execute

        async def counting(cursor: Any, query: Any, *given: Any, **more: Any) -> Any:
            if cursor.connection.info.parameter_status("application_name") != "umt pulse":
                self.asked.append(query.as_string(cursor) if isinstance(query, sql.Composable) else str(query))
            return await execute(cursor, query, *given, **more)

        monkeypatch.setattr(psycopg.AsyncCursor, "execute", counting)

    def of(self, act: Callable[[], object]) -> list[str]:
        """Those that an act needs, if no list was counted before."""
        self._wired.reader.forget_counts()
        self.asked.clear()
        act()
        return [query for query in self.asked if re.search(r"\bread_v1\W+\w|\bumt\W+event\b", query)]


class QuickPasswords:
    """Stands in for Argon2, which is slow on purpose."""

    async def hash(self, password: str) -> str:
        return f"quick {password}"

    async def verify(self, hashed: str, password: str) -> bool:
        return hashed == await self.hash(password)

    def outdated(self, hashed: str) -> bool:
        return False


@pytest.fixture(scope="session")
def settings(settings: Settings) -> Iterator[Settings]:
    """Of a server that only these tests write to: dead letters that others leave would count here, too."""
    with reachable_folder() as folder:
        yield settings.model_copy(update={"data_dir": folder / "data"})


@pytest.fixture(scope="module")
def wired(settings: Settings) -> Iterator[System]:
    with system(settings.model_copy(update={"read_timeout_seconds": 3.0}), QuickPasswords()) as made:
        workers = Workers(made, agents=False, jobs=False)
        workers.start()
        try:
            yield made
        finally:
            workers.stop()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch, wired: System) -> Statements:
    return Statements(monkeypatch, wired)


@pytest.fixture(scope="module")
def url(wired: System) -> Iterator[str]:
    services = Services(
        dispatcher=wired.dispatcher,
        queries=wired.queries,
        live=wired.live,
        identity=wired.identity,
        joining=wired.joining,
        erasing=wired.erasing,
        signing_keys=wired.signing_keys,
        clock=wired.clock,
        hygiene=hygiene_of(wired),
        info=lambda: {"sandbox": None},
        ready=wired.ready,
        open=wired.open_reading,
        close=wired.close_reading,
    )
    with listening(create_app(services)) as address:
        yield address


@pytest.fixture
def caller(url: str) -> Caller:
    return Caller(url).registers()


@pytest.fixture
def stranger(url: str) -> Caller:
    """The owner of another workspace."""
    return Caller(url).registers()


@pytest.fixture
def nobody(url: str) -> Caller:
    return Caller(url)
