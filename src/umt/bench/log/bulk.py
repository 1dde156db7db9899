"""Events appended in bulk, 1,000 in one transaction, from the events to the commit."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

from umt.bench.figure import Goal, Measure
from umt.bench.log import raw
from umt.bench.log.library import described, marketing, new_brand
from umt.bench.log.ours import place
from umt.bench.log.stage import Stage
from umt.bench.log.workload import BATCH, batches, brand_history
from umt.bench.trial import Trial, Values

RATE: Final = Measure("bulk append", "events/s", Goal(times_baseline=2.5, times_limit=0.5))


@contextmanager
def append(stage: Stage) -> Iterator[Iterable[Trial]]:
    count = stage.sizes.appended
    with place(stage.server) as us, marketing(us.url) as (library, _), us.owner() as owner:
        raw.make_event_table(owner)
        us.fill(10)

        def ours() -> Values:
            made = [[(uuid4(), 0, list(brand_history(size)))] for size in batches(count, BATCH)]
            began = time.perf_counter()
            for streams in made:
                us.append(streams)
            return {RATE: count / (time.perf_counter() - began)}

        def baseline() -> Values:
            made = []
            for size in batches(count, BATCH):
                brand = new_brand()
                described(brand, size - 1)
                made.append(brand)
            began = time.perf_counter()
            for brand in made:
                library.save(brand)
            return {RATE: count / (time.perf_counter() - began)}

        def limit() -> Values:
            with us.reader() as reader:
                rows = raw.rows(reader, count)
            began = time.perf_counter()
            for first in range(0, len(rows), BATCH):
                raw.copy(owner, rows[first : first + BATCH])
            seconds = time.perf_counter() - began
            owner.execute("TRUNCATE bench.event")
            return {RATE: len(rows) / seconds}

        yield [Trial("bulk append", ours, baseline, limit)]
