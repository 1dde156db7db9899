"""Reactions a second, from the event to the recorded outcome of the effect, beside what the job queue alone does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import procrastinate

from umt.adapters.postgres.database import WORKER, conninfo
from umt.bench.agents.outside import sandbox
from umt.bench.agents.workplace import Workplace, answering, over_http, workplace
from umt.bench.figure import Goal, Measure
from umt.bench.server import Server
from umt.bench.trial import Trial, Values

REACTIONS: Final = 2_000
QUICK_REACTIONS: Final = 200
EMPTY: Final = Measure("reactions with an empty effect", "reactions/s", Goal(at_least=200))
HTTP: Final = Measure("reactions with an HTTP effect", "reactions/s", Goal(at_least=80))


@contextmanager
def trials(server: Server, *, quick: bool) -> Iterator[list[Trial]]:
    """The limit is procrastinate's own worker on as many jobs that do nothing."""
    count = QUICK_REACTIONS if quick else REACTIONS
    with sandbox() as outside, workplace(server, outside) as place:
        with place.working(answering):
            place.until_settled(place.asked_for(20))  # everything is loaded and connected once

        def empty() -> Values:
            with place.working(answering):
                return {EMPTY: _rate(place, count)}

        def http() -> Values:
            with place.working(over_http):
                return {HTTP: _rate(place, count // 2)}

        yield [
            Trial(EMPTY.name, empty, limit=lambda: {EMPTY: asyncio.run(_queue_alone(place.system.url, count))}),
            Trial(HTTP.name, http),
        ]


def _rate(place: Workplace, count: int) -> float:
    asked = place.with_credentials(count)
    began = time.perf_counter()
    place.ask_for(asked)
    return count / (place.until_settled(asked) - began)


async def _queue_alone(url: str, count: int) -> float:
    connector = procrastinate.PsycopgConnector(conninfo=conninfo(url, WORKER, "umt-bench"), min_size=1, max_size=4)
    app = procrastinate.App(connector=connector)

    @app.task(name="nothing", queue="bench")
    async def nothing() -> None:
        pass

    async with app.open_async():
        for _ in range(count):
            await nothing.defer_async()
        began = time.perf_counter()
        await app.run_worker_async(
            queues=["bench"], concurrency=8, wait=False, delete_jobs="successful", install_signal_handlers=False
        )
        return count / (time.perf_counter() - began)
