"""PerformanceLog: what a platform reports about a campaign's ads, one stream for a campaign, platform and month.

A record is a day's cumulative figures of one ad as now reported. Platforms restate past days for weeks, so a
record that differs from the last one known carries that one along: readers add the difference and never look back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, TypeAlias
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from umt.domain.errors import InvalidValue
from umt.domain.event import Aggregate, Event, decides
from umt.domain.platform import Platform
from umt.domain.values import MAX_COUNT, Instant

RECORDS_PER_EVENT = 500
MICRO = Decimal("0.000001")
MOST = Decimal(10) ** 15

Key: TypeAlias = tuple[str, date | None]
"""What a log has one value of: an ad, and a day or None for its whole life."""


class Figures(msgspec.Struct, frozen=True, gc=False):
    """Counts, and amounts in the log's currency to micros. Conversions may exceed clicks (view-through)."""

    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    leads: int = 0
    spend: Decimal = Decimal(0)
    revenue: Decimal = Decimal(0)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.conversions + other.conversions,
            self.leads + other.leads,
            self.spend + other.spend,
            self.revenue + other.revenue,
        )

    def __sub__(self, other: Figures) -> Figures:
        return Figures(
            self.impressions - other.impressions,
            self.clicks - other.clicks,
            self.conversions - other.conversions,
            self.leads - other.leads,
            self.spend - other.spend,
            self.revenue - other.revenue,
        )

    def in_micros(self) -> Figures:
        """With amounts in micros (1e-6), half to even: the finest unit that platforms bill in."""
        if not all(amount.is_finite() and abs(amount) < MOST for amount in (self.spend, self.revenue)):
            return self
        return replace(self, spend=self.spend.quantize(MICRO), revenue=self.revenue.quantize(MICRO))

    def check(self, where: str) -> None:
        for name in ("impressions", "clicks", "conversions", "leads"):
            if not 0 <= getattr(self, name) <= MAX_COUNT:
                raise InvalidValue(f"{where}.{name}", f"must be between 0 and {MAX_COUNT}")
        if self.clicks > self.impressions:
            raise InvalidValue(f"{where}.clicks", f"{self.clicks} clicks of {self.impressions} impressions")
        for name in ("spend", "revenue"):
            amount: Decimal = getattr(self, name)
            if not (amount.is_finite() and 0 <= amount < MOST):
                raise InvalidValue(f"{where}.{name}", "must not be negative, nor reach 10^15")


class Record(msgspec.Struct, frozen=True, gc=False):
    """One ad's figures of one day; no day means its whole life. ``previous`` is what was known before."""

    ad: str
    day: date | None
    figures: Figures
    previous: Figures | None = None
    content: UUID | None = None

    def check(self, where: str) -> None:
        if not 0 < len(self.ad) <= 500 or "\0" in self.ad:
            raise InvalidValue(f"{where}.ad", "needs between 1 and 500 characters")
        self.figures.check(f"{where}.figures")

    @property
    def change(self) -> Figures:
        """What this record adds to every sum."""
        return self.figures - self.previous if self.previous else self.figures


class Known(msgspec.Struct, frozen=True, gc=False):
    """The latest figures of an ad's day, and when the platform reported them."""

    figures: Figures
    reported_at: Instant


class PerformanceLog(Aggregate, frozen=True, kw_only=True):
    """The stream's identity; its figures are kept beside the log, never folded in memory."""

    kind: ClassVar[str] = "performance"
    fixed_by_first_event: ClassVar[bool] = True
    campaign: UUID
    platform: Platform
    month: str
    currency: str


class PerformanceRecorded(Event, frozen=True):
    """A platform reported figures: at most 500 new or restated ones. Imported history starts no reaction."""

    campaign: UUID
    platform: Platform
    month: str
    currency: str
    reported_at: Instant
    imported: bool
    records: tuple[Record, ...]

    def evolve(self, log: PerformanceLog | None) -> PerformanceLog:
        return log or PerformanceLog(
            campaign=self.campaign, platform=self.platform, month=self.month, currency=self.currency
        )


def month_of(day: date | None) -> str:
    """``2026-01``, or ``lifetime`` for a record without a day."""
    return f"{day.year:04}-{day.month:02}" if day else "lifetime"


def stream_of(campaign: UUID, platform: Platform, month: str) -> UUID:
    """The one stream of a campaign, platform and month."""
    return uuid5(campaign, f"performance/{platform.value}/{month}")


@decides
def record(
    log: PerformanceLog | None,
    campaign: UUID,
    platform: Platform,
    month: str,
    currency: str,
    reported_at: datetime,
    records: Iterable[Record],
    known: Mapping[tuple[str, date | None], Known],
    imported: bool = False,
) -> Iterable[PerformanceRecorded]:
    """Equal to what is known → unchanged; reported earlier than what is known → ignored; else new or restated."""
    if log and log.currency != currency:
        raise InvalidValue("currency", f"this campaign's figures are in {log.currency}, not {currency}")
    latest, news = dict(known), list[Record]()
    for entry in records:
        entry.check(f"{entry.ad} {entry.day or 'lifetime'}")
        if month_of(entry.day) != month:
            raise InvalidValue("day", f"{entry.day or 'lifetime'} does not belong to {month}")
        before = latest.get((entry.ad, entry.day))
        if before is None:
            news.append(entry)
        elif before.figures != entry.figures and reported_at >= before.reported_at:
            news.append(replace(entry, previous=before.figures))
        else:
            continue
        latest[entry.ad, entry.day] = Known(entry.figures, reported_at)
    for first in range(0, len(news), RECORDS_PER_EVENT):
        yield PerformanceRecorded(
            campaign,
            platform,
            month,
            currency,
            reported_at,
            imported,
            tuple(news[first : first + RECORDS_PER_EVENT]),
        )
