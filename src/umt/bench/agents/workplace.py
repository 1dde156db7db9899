"""Agents at work on a database of their own: connections to be verified, and whoever verifies them.

The reaction that is measured is the smallest whole one: a connection is asked for, Auth & Integration reacts and requests an
effect, the effect is done by the job queue, its outcome is recorded and the connection confirmed.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
from pydantic import SecretStr

from umt.adapters.agents import AgentFollower
from umt.adapters.postgres.database import WORKER, connect
from umt.application.agents import AGENTS
from umt.application.agents.executor import EffectExecutor
from umt.application.commands.integration import secret_name
from umt.application.effects import Effect, VerifyIntegration
from umt.application.ports import Account, Transient
from umt.application.transaction import Context, Transaction
from umt.bench.server import BenchError, Server
from umt.bootstrap import System, system
from umt.domain.integration import IntegrationRequested
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role

PATIENCE: Final = 300.0
AGENT: Final = AGENTS["auth-integration"]
FAILING: Final = "failing"
"""The account whose platform never answers."""
_BATCH: Final = 200


class Answering(EffectExecutor):
    """Does effects at once, without going anywhere."""

    def __init__(self) -> None:
        """It needs nothing."""

    async def perform(self, effect: Effect, context: Context) -> Any:
        return Account("Acme", "EUR")


Making = Callable[[System, httpx.AsyncClient], EffectExecutor]
"""Makes what does effects."""


def answering(_: System, __: httpx.AsyncClient) -> EffectExecutor:
    return Answering()


def over_http(wired: System, http: httpx.AsyncClient) -> EffectExecutor:
    """The executor of every day."""
    return wired.executor(http, http)


class Workplace(msgspec.Struct, frozen=True):
    """A wired system, and on whose behalf things are asked for in it."""

    system: System
    context: Context
    reader: psycopg.Connection[Any]

    def asked_for(self, count: int, account: str = "1234567890") -> list[UUID]:
        """So many connections of an account, each in a stream of its own and with a credential."""
        made = self.with_credentials(count)
        self.ask_for(made, account)
        return made

    def with_credentials(self, count: int) -> list[UUID]:
        """The ids of so many connections, whose credentials lie in the vault."""
        made = [uuid4() for _ in range(count)]
        for start in range(0, count, _BATCH):
            batch = made[start : start + _BATCH]
            self.system.writer.run(self.context, partial(_keep_secrets, streams=batch)).result()
        return made

    def ask_for(self, made: Sequence[UUID], account: str = "1234567890") -> None:
        """Have them asked for, in batches."""
        event = IntegrationRequested(Platform.GOOGLE, account, None)
        for start in range(0, len(made), _BATCH):
            batch = made[start : start + _BATCH]
            self.system.writer.append(self.context, [(stream, 0, (event,)) for stream in batch]).result()

    def settled(self, streams: Sequence[UUID]) -> int:
        """How many of them are confirmed."""
        query = "SELECT count(*) FROM umt.event WHERE stream = ANY(%s) AND version = 2"
        row = self.reader.execute(query, (list(streams),)).fetchone()
        return int(row[0]) if row else 0

    def until_settled(self, streams: Sequence[UUID]) -> float:
        """Wait for all of them; the moment at which they were, by the performance counter. The last one is asked for first, so
        that asking costs little."""
        query, deadline = "SELECT FROM umt.event WHERE stream = %s AND version = 2", time.perf_counter() + PATIENCE
        last = streams[-1]
        while not self.reader.execute(query, (last,), prepare=True).fetchall() or self.settled(streams) < len(streams):
            if time.perf_counter() > deadline:
                raise BenchError(
                    f"only {self.settled(streams)} of {len(streams)} effects were done in {PATIENCE:.0f} s"
                )
            time.sleep(0.02)
        return time.perf_counter()

    @contextmanager
    def working(self, made: Making) -> Iterator[None]:
        """With the agent following the log, and one worker at the job queue with the executor that is made."""
        stop = threading.Event()
        one = lambda: connect(self.system.url, WORKER)  # noqa: E731 - a name for what is handed on
        follower = AgentFollower(AGENT, self.system.runtime, self.system.source, self.system.signal, one)
        threads = [
            threading.Thread(target=follower.run, args=(stop,), daemon=True),
            threading.Thread(target=lambda: asyncio.run(self._jobs(made, stop)), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=30)

    async def _jobs(self, made: Making, stop: threading.Event) -> None:
        ended = asyncio.Event()
        watch = asyncio.create_task(asyncio.to_thread(stop.wait))
        watch.add_done_callback(lambda _: ended.set())
        async with httpx.AsyncClient() as http:
            await self.system.jobs.work(self.system.runtime, made(self.system, http), ended)
        await watch


def _keep_secrets(tx: Transaction, streams: Sequence[UUID]) -> None:
    for stream in streams:
        tx.put_secret(secret_name(stream), "token")


@contextmanager
def workplace(server: Server, outside: str | None = None) -> Iterator[Workplace]:
    """A fresh database; ``outside`` is where the platforms are."""
    with server.database() as settings:
        if outside:
            settings = settings.model_copy(
                update={"google_ads_url": outside, "google_ads_developer_token": SecretStr("sandbox")}
            )
        with system(settings) as wired, connect(wired.url, WORKER) as reader:
            owner = Context(workspace=uuid4(), actor=Actor(ActorKind.USER, str(uuid4())), role=Role.OWNER)
            yield Workplace(wired, owner, reader)


class Troubled(EffectExecutor):
    """Does effects over HTTP as always, but those of one kind of account never end well."""

    def __init__(self, of: EffectExecutor, failing: frozenset[UUID]) -> None:
        self._of, self._failing = of, failing

    async def perform(self, effect: Effect, context: Context) -> Any:
        if isinstance(effect, VerifyIntegration) and effect.integration in self._failing:
            await asyncio.sleep(0.05)
            raise Transient("503")
        return await self._of.perform(effect, context)
