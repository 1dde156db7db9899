"""Commands per second: a campaign is created, then its budget is allocated, by one client and by many at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from uuid import UUID, uuid4

from umt.adapters.postgres.database import OWNER, conninfo
from umt.bench.figure import Goal, Measure
from umt.bench.log import raw
from umt.bench.log.inserting import Done, Job, in_processes, in_threads
from umt.bench.log.library import Marketing, marketing
from umt.bench.log.ours import Place, place
from umt.bench.log.stage import Stage
from umt.bench.log.workload import allocate_budget, create_campaign, quantile
from umt.bench.trial import Trial, Values

ALONE: Final = Measure("create + update, 1 client", "commands/s", Goal(times_baseline=1.8, times_limit=0.8))
TOGETHER: Final = Measure("create + update, 16 clients", "commands/s", Goal(times_baseline=4, times_limit=0.4))
SLOWEST: Final = Measure("create + update, 16 clients, p99", "ms", Goal(below=30), less_is_better=True)
EVENTS: Final = ("campaign.created", "campaign.budget_allocated")


@contextmanager
def one_client(stage: Stage) -> Iterator[Iterable[Trial]]:
    pairs = stage.sizes.commands // 2
    with place(stage.server) as us, marketing(us.url) as (library, _), us.owner() as owner:
        brand = us.brand()
        _warm(us, library, brand)
        raw.make_event_table(owner)
        with us.reader() as reader:
            kinds = raw.samples(reader, *EVENTS)

        def ours() -> Values:
            began = time.perf_counter()
            for number in range(pairs):
                campaign = us.does(create_campaign(brand, number)).subject
                assert campaign
                us.does(allocate_budget(campaign))
            return {ALONE: 2 * pairs / (time.perf_counter() - began)}

        def baseline() -> Values:
            began = time.perf_counter()
            for number in range(pairs):
                library.allocate_budget(library.create_campaign(brand, number))
            return {ALONE: 2 * pairs / (time.perf_counter() - began)}

        def limit() -> Values:
            workspace, began = uuid4(), time.perf_counter()
            for number in range(2 * pairs):
                raw.insert_locked(owner, number, workspace, kinds)
            return {ALONE: 2 * pairs / (time.perf_counter() - began)}

        yield [Trial("commands of one client", ours, baseline, limit)]


@contextmanager
def many_clients(stage: Stage) -> Iterator[Iterable[Trial]]:
    """Ours in one event loop, where the API awaits its commands; the library in threads, as it knows no other way."""
    clients = stage.sizes.clients
    pairs = max(1, 2 * stage.sizes.commands // clients // 2)
    with place(stage.server) as us, marketing(us.url, clients=clients) as (library, _), us.owner() as owner:
        brand = us.brand()
        _warm(us, library, brand)
        raw.make_event_table(owner)
        with us.reader() as reader:
            kinds = raw.samples(reader, *EVENTS)
        job = Job(conninfo(us.url, OWNER), clients, 2 * pairs, kinds)

        def baseline() -> Values:
            return _values(_in_threads(library, brand, clients, pairs))

        def limit() -> Values:
            return _values(max((in_threads(job), in_processes(job)), key=lambda done: done.rate))

        yield [
            Trial(
                f"commands of {clients} clients",
                lambda: _values(asyncio.run(_awaited(us, brand, clients, pairs))),
                baseline,
                limit,
            )
        ]


def _values(done: Done) -> Values:
    return {TOGETHER: done.rate, SLOWEST: 1000 * quantile(done.took, 0.99)}


async def _awaited(us: Place, brand: UUID, clients: int, pairs: int) -> Done:
    took: list[float] = []
    submit = us.system.dispatcher.submit

    async def client(first: int) -> None:
        for number in range(first, first + pairs):
            began = time.monotonic()
            outcome = await asyncio.wrap_future(submit(create_campaign(brand, number), us.context))
            assert outcome.subject
            between = time.monotonic()
            await asyncio.wrap_future(submit(allocate_budget(outcome.subject), us.context))
            took.extend((between - began, time.monotonic() - between))

    began = time.monotonic()
    await asyncio.gather(*(client(number * pairs) for number in range(clients)))
    return Done(began, time.monotonic(), took)


def _in_threads(library: Marketing, brand: UUID, clients: int, pairs: int) -> Done:
    def client(first: int) -> list[float]:
        took = []
        for number in range(first, first + pairs):
            began = time.monotonic()
            campaign = library.create_campaign(brand, number)
            between = time.monotonic()
            library.allocate_budget(campaign)
            took += [between - began, time.monotonic() - between]
        return took

    with ThreadPoolExecutor(clients) as threads:
        began = time.monotonic()
        took = [s for each in threads.map(client, range(0, clients * pairs, pairs)) for s in each]
        return Done(began, time.monotonic(), took)


def _warm(us: Place, library: Marketing, brand: UUID) -> None:
    """Connections are made and statements prepared before anything is timed."""
    for number in range(10):
        campaign = us.does(create_campaign(brand, number)).subject
        assert campaign
        us.does(allocate_budget(campaign))
        library.allocate_budget(library.create_campaign(brand, number))
