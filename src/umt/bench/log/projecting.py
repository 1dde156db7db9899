"""One projection with one upsert for each event: how fast it takes in what is already in the log.

No batch has two events of one row, so that nothing is saved by merging them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from eventsourcing.projection import ProjectionRunner

from umt.bench.figure import Goal, Measure
from umt.bench.log import raw
from umt.bench.log.library import (
    BrandsProjection,
    BrandsView,
    Marketing,
    described,
    marketing,
    new_brand,
)
from umt.bench.log.ours import place
from umt.bench.log.stage import Stage
from umt.bench.log.workload import DESCRIPTION, INDUSTRY, REVISIONS
from umt.bench.trial import Trial, Values
from umt.domain import brand as events
from umt.domain.recorded import Envelope
from umt.projections.batches import CATCHING_UP
from umt.projections.table import Change, Column, Projection, Table

RATE: Final = Measure("one upsert projection", "events/s", Goal(times_baseline=40, times_limit=0.6))
PATIENCE: Final = 600.0

BRANDS: Final = Table(
    "bench_brands",
    "Brands, for measuring.",
    key=(Column("brand", "uuid", "The brand's id."),),
    columns=(
        Column("industry", "text", "Name of the trade."),
        Column("industry_code", "text", "Code of the trade."),
        Column("description", "text", "What the brand is about."),
        Column("version", "integer", "Version of the brand's stream."),
    ),
)
brands: Final = Projection("bench_brands", BRANDS)


@brands.on(events.BrandCreated, events.BrandDescribed)
def stands(event: events.BrandCreated | events.BrandDescribed, at: Envelope) -> Change:
    return BRANDS.put(
        at,
        at.stream,
        industry=event.industry.name,
        industry_code=event.industry.code,
        description=event.description,
        version=at.version,
    )


@contextmanager
def upsert(stage: Stage) -> Iterator[Iterable[Trial]]:
    count, by_library = stage.sizes.projected, stage.sizes.projected_by_library
    with (
        place(stage.server) as us,
        marketing(us.url) as (library, environment),
        us.owner() as owner,
        us.reader() as reader,
    ):
        projector = us.projector(brands)
        raw.make_brands_table(owner, BRANDS.name)
        us.spread(10 * REVISIONS)
        projector.reach(us.head(), PATIENCE)

        def ours() -> Values:
            us.spread(count)
            head = us.head()
            began = time.perf_counter()
            projector.reach(head, PATIENCE)
            return {RATE: count / (time.perf_counter() - began)}

        def baseline() -> Values:
            head = spread(library, by_library)
            return {RATE: by_library / projected_by_library(library, environment, reader, head)}

        def limit() -> Values:
            made = raw.brand_batches(count, CATCHING_UP, REVISIONS, DESCRIPTION, INDUSTRY.name, INDUSTRY.code)
            began = time.perf_counter()
            for batch in made:
                raw.upsert_brands(owner, batch)
            return {RATE: count / (time.perf_counter() - began)}

        yield [Trial("one upsert projection", ours, baseline, limit)]


def spread(library: Marketing, count: int) -> int:
    """So many events, each of another brand than those around it; the answer is the last one's place in the log."""
    made = [new_brand() for _ in range(count // REVISIONS)]
    last = library.save(*made)[-1].notification.id
    for _ in range(REVISIONS - 1):
        for brand in made:
            described(brand, 1)
        last = library.save(*made)[-1].notification.id
    return last


def projected_by_library(
    library: Marketing, environment: dict[str, str], reader: psycopg.Connection[tuple[object, ...]], head: int
) -> float:
    """The seconds from the runner's start until its tracking is at the head."""
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Marketing, projection_class=BrandsProjection, view_class=BrandsView, env=environment
    ) as runner:
        while (runner.view.max_tracking_id(library.name) or 0) < head:
            time.sleep(0.002)
            if time.perf_counter() - began > PATIENCE:
                raise TimeoutError(f"the library's projection did not reach {head} in {PATIENCE:.0f} s")
        return time.perf_counter() - began
