"""The whole log, read page by page and decoded: for a projection, and with all that is known of each event."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from umt.bench.figure import Goal, Measure
from umt.bench.log import raw
from umt.bench.log.library import Marketing, described, marketing, new_brand
from umt.bench.log.ours import place
from umt.bench.log.stage import Stage
from umt.bench.log.workload import BATCH, batches
from umt.bench.trial import Trial, Values

NARROW: Final = Measure("read and decode the log, narrow", "events/s", Goal(times_baseline=3.5, times_limit=0.6))
FULL: Final = Measure("read and decode the log, all metadata", "events/s", Goal(times_baseline=1.8, times_limit=0.6))

Page = Callable[[int], tuple[Sequence[Any], int]]
"""The events after a position, and the position of the last one of them."""


@contextmanager
def both(stage: Stage) -> Iterator[Iterable[Trial]]:
    count = stage.sizes.logged
    with place(stage.server) as us, marketing(us.url) as (library, _), us.reader() as reader:
        us.fill(count)
        fill(library, count)

        def trial(measure: Measure, ours: Page, limit: Page) -> Trial:
            def side(page: Page) -> Callable[[], Values]:
                return lambda: {measure: pages_per_second(page, count)}

            return Trial(measure.name, side(ours), side(lambda after: library_page(library, after)), side(limit))

        yield [
            trial(NARROW, us.narrow_page, lambda after: raw_page(reader, raw.NARROW, after)),
            trial(FULL, us.full_page, lambda after: raw_page(reader, raw.FULL, after)),
        ]


def pages_per_second(page: Page, count: int) -> float:
    """Events per second over the whole log, which must have so many."""
    after = seen = 0
    began = time.perf_counter()
    while True:
        events, after = page(after)
        if not events:
            break
        seen += len(events)
    seconds = time.perf_counter() - began
    if seen < count:
        raise AssertionError(f"{seen} events were read of a log of at least {count}")
    return seen / seconds


def fill(library: Marketing, count: int) -> None:
    """So many events of brands, in streams of a page."""
    for size in batches(count, BATCH):
        brand = new_brand()
        described(brand, size - 1)
        library.save(brand)


def library_page(library: Marketing, after: int) -> tuple[Sequence[Any], int]:
    notifications = library.notification_log.select(start=after, limit=BATCH, inclusive_of_start=False)
    events = [library.mapper.to_domain_event(notification) for notification in notifications]
    return events, notifications[-1].id if notifications else after


def raw_page(reader: psycopg.Connection[Any], columns: str, after: int) -> tuple[Sequence[Any], int]:
    found = (
        reader.cursor(binary=True)
        .execute(
            f"SELECT {columns} FROM umt.event WHERE position > %s ORDER BY position LIMIT %s",  # noqa: S608
            (after, BATCH),
            prepare=True,
        )
        .fetchall()
    )
    return found, found[-1][0] if found else after
