"""Commands on performance figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from umt.application.dispatch import Command
from umt.application.fields import Plain, value_of
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import performance
from umt.domain.campaign import Campaign
from umt.domain.errors import InvalidValue
from umt.domain.performance import PerformanceLog, Record
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
        found = tx.get(Campaign, self.campaign)
        if found.currency != self.currency:
            raise InvalidValue("currency", f"the campaign is in {found.currency}, not {self.currency}")
        record_performance(tx, self.campaign, self.platform, self.currency, self.reported_at, self.records)


def record_performance(
    tx: Transaction,
    campaign: UUID,
    platform: Platform,
    currency: str,
    reported_at: datetime,
    records: Sequence[Record],
    *,
    imported: bool = False,
) -> int:
    """Record each month's figures in its stream; the answer is how many of them were news."""
    months: dict[str, dict[tuple[str, date | None], Record]] = defaultdict(dict)
    for record in records:
        months[performance.month_of(record.day)][record.ad, record.day] = record
    news = 0
    for month, latest in months.items():
        stream = performance.stream_of(campaign, platform, month)
        known = tx.known_performance(campaign, platform, latest)
        changed = [r for k, r in latest.items() if k not in known or known[k].figures != r.figures]
        tx.create(
            PerformanceLog,
            stream,
            performance.record,
            campaign,
            platform,
            month,
            currency,
            reported_at,
            changed,
            known,
            imported,
        )
        kept = [r for r in changed if (before := known.get((r.ad, r.day))) is None or reported_at >= before.reported_at]
        tx.keep_performance(campaign, platform, currency, reported_at, kept)
        news += len(kept)
    return news
