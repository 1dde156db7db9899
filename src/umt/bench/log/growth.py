"""What a long log costs: each rate while the log has a million events, beside the same rate at fifty thousand."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from umt.bench.figure import Goal, Measure
from umt.bench.log.ours import Place, place
from umt.bench.log.projecting import PATIENCE, brands
from umt.bench.log.reading import pages_per_second
from umt.bench.log.stage import Stage
from umt.bench.log.workload import spread_over_brands
from umt.bench.trial import Trial, Values
from umt.projections.engine import Projector

_STAY: Final = Goal(times_baseline=0.8)
APPENDED: Final = Measure("bulk append at 1,000,000 events, beside 50,000", "events/s", _STAY)
READ: Final = Measure("read, narrow, at 1,000,000 events, beside 50,000", "events/s", _STAY)
PROJECTED: Final = Measure("projection at 1,000,000 events, beside 50,000", "events/s", _STAY)
MEMORY: Final = Measure("memory gained by 1,000,000 events", "MiB", Goal(below=32), less_is_better=True)


@contextmanager
def rates(stage: Stage) -> Iterator[Iterable[Trial]]:
    sizes = stage.sizes
    with place(stage.server) as small, place(stage.server) as large:
        projectors = [(us, us.projector(brands)) for us in (small, large)]
        small.fill(sizes.small_log)
        before = memory()
        large.fill(sizes.large_log)
        for us, projector in projectors:
            projector.reach(us.head(), PATIENCE)
            with us.owner() as owner:
                owner.execute("VACUUM (ANALYZE)")  # what autovacuum would do beside the first runs
        pages_per_second(large.narrow_page, sizes.large_log)

        def side(us: Place, projector: Projector) -> Values:
            return {
                APPENDED: _appended(us, sizes.appended),
                PROJECTED: _projected(us, projector, sizes.appended),
                READ: pages_per_second(us.narrow_page, sizes.small_log),
            }

        def ours() -> Values:
            return {**side(*projectors[1]), MEMORY: memory() - before}

        yield [Trial("growth", ours, lambda: side(*projectors[0]))]


def _appended(us: Place, count: int) -> float:
    made = list(spread_over_brands(count))
    began = time.perf_counter()
    for streams in made:
        us.append(streams)
    return count / (time.perf_counter() - began)


def _projected(us: Place, projector: Projector, count: int) -> float:
    """Of the events that were appended last: the projection has all before them."""
    head = us.head()
    began = time.perf_counter()
    projector.reach(head, PATIENCE)
    return count / (time.perf_counter() - began)


def memory() -> float:
    """What this process holds of the machine's memory, in MiB; where only its peak is known, that."""
    gc.collect()
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
