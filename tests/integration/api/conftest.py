"""A system with its projections at work, served over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.serving import listening

from umt.api.app import create_app
from umt.api.services import Services
from umt.application.queries import Queries, Row
from umt.application.transaction import Context
from umt.bootstrap import System, Workers, system
from umt.cli.serve import hygiene_of
from umt.settings import Settings


class CountingQueries(Queries):
    """Counts how often the database is asked for rows."""

    asked = 0

    async def many(self, context: Context, view: str, *, where: Mapping[str, Any], **more: Any) -> list[Row]:
        self.asked += 1
        return await super().many(context, view, where=where, **more)


class QuickPasswords:
    """Stands in for Argon2, which is slow on purpose."""

    async def hash(self, password: str) -> str:
        return f"quick {password}"

    async def verify(self, hashed: str, password: str) -> bool:
        return hashed == await self.hash(password)

    def outdated(self, hashed: str) -> bool:
        return False


@pytest.fixture(scope="module")
def wired(settings: Settings) -> Iterator[System]:
    with system(settings.model_copy(update={"read_timeout_seconds": 3.0}), QuickPasswords()) as made:
        workers = Workers(made, agents=False, jobs=False)
        workers.start()
        try:
            yield made
        finally:
            workers.stop()


@pytest.fixture(scope="module")
def queries(wired: System) -> CountingQueries:
    return CountingQueries(wired.reader)


@pytest.fixture(scope="module")
def url(wired: System, queries: CountingQueries) -> Iterator[str]:
    services = Services(
        dispatcher=wired.dispatcher,
        queries=queries,
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
