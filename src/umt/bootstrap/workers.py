"""The background work of a process."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import httpx

from umt.adapters.agents import AgentFollower, TimerFollower
from umt.adapters.platforms.guard import guarded_client
from umt.adapters.postgres.database import WORKER, connect
from umt.application.agents import AGENTS
from umt.bootstrap.database import keep_database
from umt.bootstrap.system import System

log = logging.getLogger(__name__)


@dataclass
class Workers:
    """The background work of a process: projections, agents, timers, jobs and retention, each begun again when it fails."""

    system: System
    projections: bool = True
    agents: bool = True
    jobs: bool = True
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._run("database", partial(keep_database, self.system.settings))
        one = partial(connect, self.system.url, WORKER)
        if self.projections:
            for projector in self.system.projectors():
                self._run(f"projection {projector.projection.name}", projector.run)
        if self.agents:
            for agent in AGENTS.values():
                follower = AgentFollower(agent, self.system.runtime, self.system.source, self.system.signal, one)
                self._run(f"agent {agent.name}", follower.run)
            self._run("timers", TimerFollower(self.system.runtime, self.system.clock, one).run)
            self._run("retention", self.system.retention.run)
        if self.jobs:
            self._run("jobs", lambda stop: asyncio.run(_work_jobs(self.system, stop)))

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _run(self, name: str, work: Callable[[threading.Event], None]) -> None:
        thread = threading.Thread(target=self._supervised, args=(name, work), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _supervised(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Begin the work again whenever it fails, until told to stop."""
        while not self._stop.is_set():
            try:
                work(self._stop)
                return
            except Exception as error:
                log.warning("%s stopped: %s: %s; trying again in 1 s", name, type(error).__name__, error)
                self._stop.wait(1)


async def _work_jobs(system: System, stop: threading.Event) -> None:
    """Work jobs off until told to stop, in an event loop of their own; begun again after a failure."""
    stopping = asyncio.Event()
    watch = asyncio.create_task(asyncio.to_thread(stop.wait))
    watch.add_done_callback(lambda _: stopping.set())
    async with httpx.AsyncClient() as http, guarded_client(system.settings.private_endpoints) as sites:
        executor = system.executor(http, sites)
        while not stopping.is_set():
            try:
                await system.jobs.work(system.runtime, executor, stopping)
            except Exception as error:
                log.warning("jobs stopped: %s: %s; trying again in 1 s", type(error).__name__, error)
                await asyncio.sleep(1)
    await watch
