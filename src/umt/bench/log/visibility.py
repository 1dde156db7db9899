"""From a command to the row that shows it, while commands come at a steady rate whether or not earlier ones are done.

The clock of each runs from the moment it was due, so that a delay of one is a delay of all behind it.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from eventsourcing.projection import ProjectionRunner

from umt.application.commands.brand import DescribeBrand
from umt.application.transaction import Outcome
from umt.bench.figure import Goal, Measure
from umt.bench.log.library import SCHEMA, VIEW, BrandsProjection, BrandsView, Marketing, described, marketing, new_brand
from umt.bench.log.ours import place
from umt.bench.log.projecting import BRANDS, brands
from umt.bench.log.stage import Stage
from umt.bench.log.workload import DESCRIPTION, INDUSTRY, quantile
from umt.bench.trial import Trial, Values

PER_SECOND: Final = 500
ROWS: Final = 100
TYPICAL: Final = Measure("append → visible at 500 events/s, p50", "ms", Goal(below=5), less_is_better=True)
SLOWEST: Final = Measure("append → visible at 500 events/s, p99", "ms", Goal(below=25), less_is_better=True)
PATIENCE: Final = 30.0

Position = Callable[[], int]


@contextmanager
def latency(stage: Stage) -> Iterator[Iterable[Trial]]:
    seconds = stage.sizes.seconds_visible
    with (
        place(stage.server) as us,
        marketing(us.url) as (library, environment),
        us.reader() as ours_seen,
        psycopg.connect(us.url, autocommit=True) as library_seen,
    ):
        rows = [us.brand() for _ in range(ROWS)]
        projector = us.projector(brands)
        projector.reach(us.head(), PATIENCE)
        aggregates = [new_brand() for _ in range(ROWS)]
        library.save(*aggregates)

        def ours() -> Values:
            stop = threading.Event()
            following = threading.Thread(target=projector.run, args=(stop,), name="projection")
            following.start()

            def describe(number: int) -> Position:
                command = DescribeBrand(
                    brand=rows[number % ROWS], description=DESCRIPTION.format(unused()), industry=INDUSTRY
                )
                return _position(us.system.dispatcher.submit(command, us.context))

            try:
                with Watch(ours_seen, f"SELECT max(position) FROM read_v1.{BRANDS.name}") as watch:  # noqa: S608
                    return _values(paced(describe, seconds, watch))
            finally:
                stop.set()
                following.join()

        def baseline() -> Values:
            def describe(number: int) -> Position:
                brand = aggregates[number % ROWS]
                described(brand, 1)
                last: int = library.save(brand)[-1].notification.id
                return lambda: last

            with (
                ProjectionRunner(
                    application_class=Marketing,
                    projection_class=BrandsProjection,
                    view_class=BrandsView,
                    env=environment,
                ),
                Watch(library_seen, f"SELECT max(position) FROM {SCHEMA}.{VIEW}") as watch,  # noqa: S608
            ):
                return _values(paced(describe, seconds, watch))

        numbers = iter(range(10**9))

        def unused() -> int:
            return next(numbers)

        yield [Trial("append → visible", ours, baseline)]


def _position(future: Future[Outcome]) -> Position:
    return lambda: future.result().position


def _values(milliseconds: list[float]) -> Values:
    return {TYPICAL: quantile(milliseconds, 0.5), SLOWEST: quantile(milliseconds, 0.99)}


class Watch:
    """Looks at a table all the time and notes when it showed which position."""

    def __init__(self, connection: psycopg.Connection[Any], query: str) -> None:
        self._connection, self._query = connection, query
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch")
        self.positions: list[int] = []
        self.times: list[float] = []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def seen_at(self, position: int) -> float:
        """When the position, or a later one, was first seen; waited for."""
        deadline = time.monotonic() + PATIENCE
        while not self.positions or self.positions[-1] < position:
            time.sleep(0.01)
            if time.monotonic() > deadline:
                raise TimeoutError(f"position {position} was not visible within {PATIENCE:.0f} s")
        return self.times[bisect_left(self.positions, position)]

    def _look(self) -> None:
        newest = 0
        while not self._stop.is_set():
            row = self._connection.execute(self._query, prepare=True).fetchone()
            position = (row and row[0]) or 0
            if position > newest:
                newest = position
                self.times.append(time.monotonic())
                self.positions.append(position)
            time.sleep(0.0005)


def paced(do: Callable[[int], Position], seconds: float, watch: Watch) -> list[float]:
    """Do it 500 times a second, each at its time; the answer is the milliseconds from then until it was visible."""
    count = int(seconds * PER_SECOND)
    began = time.monotonic() + 0.2
    due = [began + number / PER_SECOND for number in range(count)]
    asked = []
    for number, moment in enumerate(due):
        time.sleep(max(0.0, moment - time.monotonic()))
        asked.append(do(number))
    return [1000 * (watch.seen_at(position()) - moment) for position, moment in zip(asked, due, strict=True)]
