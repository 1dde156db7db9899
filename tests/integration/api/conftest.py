"""A system with its projections at work, served over real HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import uvicorn
from tests.integration.api.client import Caller

from umt.api.app import create_app
from umt.api.services import Services
from umt.application.identity import Identity
from umt.application.queries import Queries, Row
from umt.application.transaction import Context
from umt.bootstrap import System, Workers, system
from umt.settings import Settings


class CountingQueries(Queries):
    """Counts how often the database is asked for rows."""

    asked = 0

    async def many(self, context: Context, view: str, *, where: Mapping[str, Any], **more: Any) -> list[Row]:
        self.asked += 1
        return await super().many(context, view, where=where, **more)


class QuickPasswords:
    """Stands in for Argon2, which is slow on purpose."""

    def hash(self, password: str) -> str:
        return f"quick {password}"

    def verify(self, hashed: str, password: str) -> bool:
        return hashed == self.hash(password)


@pytest.fixture(scope="module")
def wired(settings: Settings) -> Iterator[System]:
    with system(settings.model_copy(update={"read_timeout_seconds": 3.0})) as made:
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
        identity=Identity(wired.writer, wired.reader, QuickPasswords(), _fingerprint, token_days=1),
        clock=wired.clock,
        info=lambda: {"sandbox": None},
        ready=wired.ready,
        open=wired.open_reading,
        close=wired.close_reading,
    )
    server = uvicorn.Server(uvicorn.Config(create_app(services), log_level="warning"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


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


def _fingerprint(request: str) -> bytes:
    return hashlib.sha256(request.encode()).digest()
