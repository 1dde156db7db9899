"""Commands on performance figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from umt.application.dispatch import Command
from umt.application.fields import Plain, value_of
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import campaign, performance
from umt.domain.campaign import Campaign
from umt.domain.performance import Key, Known, PerformanceLog, Record
from umt.domain.platform import Platform


class RecordPerformance(Command):
    """Record what a platform now reports; equal figures are unchanged, older reports are ignored."""

    permission: ClassVar[Permission] = Permission.PERFORMANCE_WRITE
    campaign: UUID
    platform: Platform
    currency: str
    reported_at: datetime
    records: Annotated[tuple[Record, ...], value_of(tuple[Record, ...]), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.take_figures, self.currency)
        for n, record in enumerate(self.records):
            record.check(f"records.{n}")
        records = tuple(replace(record, figures=record.figures.in_micros()) for record in self.records)
        record_performance(tx, self.campaign, self.platform, self.currency, self.reported_at, records)


class News(msgspec.Struct, frozen=True):
    """What of reported figures is not known yet: new ones, and those that restate earlier ones."""

    known: Mapping[Key, Known]
    new: list[Record]
    restated: list[Record]


def news_of(
    tx: Transaction, campaign: UUID, platform: Platform, reported_at: datetime, records: Iterable[Record]
) -> News:
    """Compare with what is known; equal figures and older reports are no news. The last record of a key counts."""
    latest = {(record.ad, record.day): record for record in records}
    known = tx.known_performance(campaign, platform, latest)
    new, restated = list[Record](), list[Record]()
    for key, record in latest.items():
        before = known.get(key)
        if before is None:
            new.append(record)
        elif before.figures != record.figures and reported_at >= before.reported_at:
            restated.append(record)
    return News(known, new, restated)


def record_performance(
    tx: Transaction,
    campaign: UUID,
    platform: Platform,
    currency: str,
    reported_at: datetime,
    records: Iterable[Record],
    *,
    imported: bool = False,
) -> News:
    """Record each month's news in its stream."""
    records = tuple(records)
    # The streams come before the rows: who commits rows after this has moved a stream, and the append is refused.
    for month in sorted({performance.month_of(record.day) for record in records}):
        tx.load(PerformanceLog, performance.stream_of(campaign, platform, month))
    news = news_of(tx, campaign, platform, reported_at, records)
    months: dict[str, list[Record]] = defaultdict(list)
    for record in (*news.new, *news.restated):
        months[performance.month_of(record.day)].append(record)
    for month, changed in months.items():
        tx.create(
            PerformanceLog,
            performance.stream_of(campaign, platform, month),
            performance.record,
            campaign,
            platform,
            month,
            currency,
            reported_at,
            changed,
            news.known,
            imported,
        )
    tx.keep_performance(campaign, platform, currency, reported_at, (*news.new, *news.restated))
    return news
