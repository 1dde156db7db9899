"""One aggregate of many events, brought back for a command that is the first one to ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Final
from uuid import uuid4

from umt.bench.figure import Goal, Measure
from umt.bench.log.library import Brand, Marketing, described, marketing, new_brand
from umt.bench.log.ours import place
from umt.bench.log.stage import Stage
from umt.bench.log.workload import BATCH, DESCRIPTION, batches, brand_history
from umt.bench.trial import Trial, Values

REPLAYED: Final = Measure("10,000-event aggregate", "ms", Goal(times_baseline=5), less_is_better=True)
SNAPSHOT: Final = Measure("10,000-event aggregate with snapshot", "ms", Goal(below=2), less_is_better=True)


@contextmanager
def both(stage: Stage) -> Iterator[Iterable[Trial]]:
    length, loads = stage.sizes.stream, stage.sizes.loads
    with (
        place(stage.server) as us,
        marketing(us.url) as (library, _),
        marketing(us.url, snapshots=True) as (library_with_snapshots, _),
    ):
        stream, first = uuid4(), 1
        brand = new_brand()
        described(brand, min(length, BATCH) - 1)
        for size in batches(length, BATCH):
            us.append([(stream, first - 1, list(brand_history(size, first)))])
            if first > 1:
                described(brand, size)
            library.save(brand)
            first += size

        def side(measure: Measure, before: Callable[[], None], load: Callable[[], str]) -> Callable[[], Values]:
            def measured() -> Values:
                took = []
                for _ in range(loads):
                    before()
                    began = time.perf_counter()
                    description = load()
                    took.append(1000 * (time.perf_counter() - began))
                    if description != DESCRIPTION.format(length):
                        raise AssertionError(f"the aggregate came back as {description!r}")
                return {measure: median(took)}

            return measured

        def without_snapshot() -> None:
            # One may still be on its way.
            us.take_snapshot(stream)
            us.drop_snapshots()
            us.forget()

        def ours() -> str:
            return us.load(stream).description

        def baseline(application: Marketing) -> str:
            found: Brand = application.repository.get(brand.id)
            return found.description

        def trial(measure: Measure, before: Callable[[], None], application: Marketing) -> Trial:
            return Trial(
                measure.name,
                side(measure, before, ours),
                side(measure, lambda: None, lambda: baseline(application)),
            )

        def trials() -> Iterator[Trial]:
            yield trial(REPLAYED, without_snapshot, library)
            us.take_snapshot(stream)
            library_with_snapshots.take_snapshot(brand.id)
            yield trial(SNAPSHOT, us.forget, library_with_snapshots)

        yield trials()
