"""How budgets are spent: each midnight every running line item plans its day, and the day is written down for good.

The plan of a day rests on what is configured when the day begins; changes of budget or status during it take effect on
the days after. So the spend of a past day never changes, and the same calls give the same figures. A read shows the
day so far: of today the share that has passed, and of conversions those known by now (`market.known_share`).
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from umt.sandbox.clock import Clock, midnights
from umt.sandbox.market import Market, known_share
from umt.sandbox.store import Store

OPEN_END_DAYS = 30


@dataclass(frozen=True)
class Ad:
    """What is shown to whom. `audience` and `creative` are fingerprints of their content."""

    id: int
    ordinal: int
    audience: str
    creative: str


@dataclass(frozen=True)
class Cap:
    """What several line items may spend together in all, in hundredths."""

    total: int
    lines: tuple[int, ...]


@dataclass(frozen=True)
class LineItem:
    """Whatever holds a budget, with its running ads. Money in hundredths of the account's currency."""

    platform: str
    account: str
    id: int
    ordinal: int
    lifetime: int | None
    daily: int | None
    start: date
    end: date | None
    ads: tuple[Ad, ...]
    cap: Cap | None = None


@dataclass
class Figures:
    """Counts and money (hundredths) of one ad on one day, or of any sum of those."""

    spend: int = 0
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    value: int = 0

    def add(self, other: "Figures") -> None:
        self.spend += other.spend
        self.impressions += other.impressions
        self.clicks += other.clicks
        self.conversions += other.conversions
        self.value += other.value


def fingerprint(content: Any) -> str:
    """A short name for content, the same for equal content whatever the order of its keys."""
    return blake2b(msgspec.json.encode(content, order="sorted"), digest_size=8).hexdigest()


class Delivery:
    """Spends the budgets of every platform as the clock goes on, and reads what came of it."""

    def __init__(self, store: Store, clock: Clock, market: Market) -> None:
        self._db, self._store, self._clock, self._market = store.db, store, clock, market
        self.sources: list[Callable[[date], Iterable[LineItem]]] = []

    def advance(self, moment: datetime) -> None:
        """Set the clock, and plan each day that begins on the way, inside the caller's transaction."""
        before = self._clock.now
        self._clock.set(moment)
        for day in midnights(before, moment):
            self._plan(day)

    def spent(self, platform: str, line: int) -> int:
        """What a line item has spent, today's plan included."""
        row = self._db.execute(
            "SELECT coalesce(sum(spend), 0) FROM delivery WHERE platform = ? AND line = ?", (platform, line)
        ).fetchone()
        return int(row[0])

    def _plan(self, day: date) -> None:
        spends: list[tuple[LineItem, Ad, int]] = []
        left: dict[Cap, int] = {}
        pools: dict[tuple[str, str, str], int] = defaultdict(int)
        for source in self.sources:
            for line in source(day):
                if not line.ads or day < line.start or (line.end is not None and day > line.end):
                    continue
                for ad, spend in self._shares(line, self._within_cap(line, self._day_budget(line, day), left), day):
                    spends.append((line, ad, spend))
                    pools[line.platform, line.account, ad.audience] += spend
        for line, ad, spend in spends:
            if spend:
                self._write(line, ad, spend, pools[line.platform, line.account, ad.audience], day)

    def _within_cap(self, line: LineItem, money: int, left: dict[Cap, int]) -> int:
        """As much of the day's money as the cap still allows; `left` is what each cap allows today."""
        if line.cap is None:
            return money
        if line.cap not in left:
            left[line.cap] = max(0, line.cap.total - sum(self.spent(line.platform, id) for id in line.cap.lines))
        money = min(money, left[line.cap])
        left[line.cap] -= money
        return money

    def _shares(self, line: LineItem, money: int, day: date) -> Iterable[tuple[Ad, int]]:
        """The line's money of the day over its ads, nearly even."""
        weights = [0.8 + 0.4 * self._market.uniform("share", line.platform, ad.ordinal, day) for ad in line.ads]
        total = sum(weights)
        for ad, weight in zip(line.ads, weights, strict=True):
            yield ad, int(money * weight / total)

    def _day_budget(self, line: LineItem, day: date) -> int:
        appetite = self._market.appetite(line.platform, day, line.ordinal)
        limits: list[float] = []
        if line.lifetime is not None:
            left = max(0, line.lifetime - self.spent(line.platform, line.id))
            days = (line.end - day).days + 1 if line.end else OPEN_END_DAYS
            limits.append(left * min(1.0, appetite / days) if days > 1 else left * (0.97 + 0.03 * (appetite % 1)))
        if line.daily is not None:
            limits.append(line.daily * min(1.0, appetite))
        return int(min(limits, default=0))

    def _write(self, line: LineItem, ad: Ad, spend: int, pool: int, day: date) -> None:
        first = self._db.execute(
            "SELECT min(day) FROM delivery WHERE platform = ? AND account = ? AND creative = ?",
            (line.platform, line.account, ad.creative),
        ).fetchone()[0]
        age = (day - date.fromisoformat(first)).days if first else 0
        currency = self._store.currency(line.platform, line.account)
        day_of_ad = self._market.respond(
            line.platform, currency, ad.audience, ad.creative, str(ad.ordinal), day, spend / 100, pool / 100, age
        )
        self._db.execute(
            "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                line.platform, line.account, ad.id, day.isoformat(), line.id, ad.creative, spend,
                day_of_ad.impressions, day_of_ad.clicks, day_of_ad.conversions, day_of_ad.value,
            ),
        )  # fmt: skip

    def figures(self, platform: str, account: str, since: date, until: date) -> list[tuple[int, date, Figures]]:
        """(ad, day, figures as known now) of an account, by day and ad."""
        rows = self._db.execute(
            "SELECT ad, day, spend, impressions, clicks, conversions, value FROM delivery"
            " WHERE platform = ? AND account = ? AND day BETWEEN ? AND ? ORDER BY day, ad",
            (platform, account, since.isoformat(), until.isoformat()),
        )
        return [self._known(row) for row in rows]

    def _known(self, row: sqlite3.Row | tuple[Any, ...]) -> tuple[int, date, Figures]:
        ad, day_text, spend, impressions, clicks, conversions, value = row
        day, now = date.fromisoformat(day_text), self._clock.now
        age = (now.date() - day).days
        passed = 1.0 if age else (now - now.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(days=1)
        share = passed * known_share(age)
        known = int(conversions * share + 0.5)
        seen = int(clicks * passed)
        figures = Figures(
            spend=int(spend * passed), impressions=int(impressions * passed), clicks=seen,
            conversions=min(known, seen), value=round(value * min(known, seen) / conversions) if conversions else 0,
        )  # fmt: skip
        return ad, day, figures
