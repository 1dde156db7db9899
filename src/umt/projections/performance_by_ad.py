"""Read models: each ad's figures as now corrected, and as they were known at any time.

A platform restates a day for weeks. The first table has what was reported last; the second every report that was news.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from umt.domain.performance import PerformanceRecorded
from umt.domain.recorded import Envelope
from umt.projections.figures import CURRENCY, REPORTED, figures
from umt.projections.table import Change, Column, Projection, Table

_AD: Final = (
    Column("campaign", "uuid", "The campaign's id."),
    Column("platform", "text", "The platform."),
    Column("ad", "text", "The ad's id on the platform, or its reference in an imported file."),
    Column("period", "text", "The day as YYYY-MM-DD, or lifetime for a record of the ad's whole life."),
    CURRENCY,
)
_REPORTED: Final = (
    Column("day", "date", "The day, in the ad account's time zone; null for a lifetime record."),
    Column("content", "uuid", "The content that the ad shows, where the report says so."),
    *REPORTED,
    Column("reported_at", "timestamptz", "When the platform reported these figures (UTC)."),
)

PERFORMANCE_BY_AD = Table(
    "performance_by_ad",
    "What an ad brought about on a day, as now corrected: the platform's latest report.",
    key=_AD,
    columns=(
        *_REPORTED,
        Column("restatements", "sum integer", "How often the platform reported the day otherwise than before."),
    ),
)
PERFORMANCE_HISTORY = Table(
    "performance_history",
    "Every report that was news: an ad's day as it was known from a time on, until the next row of its key.",
    key=(*_AD, Column("version", "integer", "Place in the stream of the campaign, platform and month: the order.")),
    columns=(
        *_REPORTED,
        Column("known_from", "timestamptz", "When it was recorded (UTC): these figures were known from then on."),
    ),
    indexes=("workspace, content",),
)
performance_by_ad = Projection("performance_by_ad", PERFORMANCE_BY_AD, PERFORMANCE_HISTORY, version=2)


@performance_by_ad.on(PerformanceRecorded)
def reported(event: PerformanceRecorded, at: Envelope) -> Iterator[Change]:
    for record in event.records:
        period = record.day.isoformat() if record.day else "lifetime"
        key = (event.campaign, event.platform, record.ad, period, event.currency)
        values = {
            "day": record.day,
            "content": record.content,
            **figures(record.figures),
            "reported_at": event.reported_at,
        }
        yield PERFORMANCE_BY_AD.put(at, *key, **values)
        if record.previous:
            yield PERFORMANCE_BY_AD.add(at, *key, restatements=1)
        yield PERFORMANCE_HISTORY.put(at, *key, at.version, **values, known_from=at.recorded_at)
