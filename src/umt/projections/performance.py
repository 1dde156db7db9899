"""Read models: campaign performance by platform and day, its totals, and the workspace's dashboard.

Each event says by how much the sums change, so these rows are fed by many streams without an order between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from umt.domain.performance import Figures, PerformanceRecorded
from umt.domain.recorded import Recorded
from umt.projections.figures import FIGURES, figures
from umt.projections.table import Change, Column, Projection, Table

_CURRENCY = Column("currency", "text", "ISO 4217 code of the amounts.")

CAMPAIGN_PERFORMANCE = Table(
    "campaign_performance",
    "What a campaign's ads on a platform brought about on a day. Lifetime records without a day are in the totals only.",
    key=(
        Column("campaign", "uuid", "The campaign's id."),
        Column("platform", "text", "The platform."),
        Column("day", "date", "The day, in the ad account's time zone."),
        _CURRENCY,
    ),
    columns=FIGURES,
)
campaign_performance = Projection("campaign_performance", CAMPAIGN_PERFORMANCE)

CAMPAIGN_TOTALS = Table(
    "campaign_totals",
    "What a campaign's ads on a platform brought about over all time, lifetime records included.",
    key=(Column("campaign", "uuid", "The campaign's id."), Column("platform", "text", "The platform."), _CURRENCY),
    columns=FIGURES,
)
DASHBOARD = Table(
    "dashboard",
    "What all of a workspace's ads brought about over all time, by currency.",
    key=(_CURRENCY,),
    columns=FIGURES,
)
dashboard = Projection("dashboard", CAMPAIGN_TOTALS, DASHBOARD)


@campaign_performance.on(PerformanceRecorded)
def by_day(event: PerformanceRecorded, at: Recorded) -> Iterator[Change]:
    sums: dict[date, Figures] = {}
    for record in event.records:
        if record.day:
            sums[record.day] = sums.get(record.day, _NOTHING) + record.change
    for day, total in sums.items():
        yield CAMPAIGN_PERFORMANCE.add(at, event.campaign, event.platform, day, event.currency, **figures(total))


@dashboard.on(PerformanceRecorded)
def over_all_time(event: PerformanceRecorded, at: Recorded) -> Iterator[Change]:
    total = figures(sum((record.change for record in event.records), _NOTHING))
    yield CAMPAIGN_TOTALS.add(at, event.campaign, event.platform, event.currency, **total)
    yield DASHBOARD.add(at, event.currency, **total)


_NOTHING = Figures()
