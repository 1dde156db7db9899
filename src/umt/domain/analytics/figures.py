"""What is known of a campaign: its days, its sums and its money.

Money is a decimal amount in the campaign's one currency. Ratios are decimals of `RATIO` precision, rounded half to
even; a ratio whose denominator is zero is None, never zero and never infinite.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import msgspec

from umt.domain.errors import InvalidValue
from umt.domain.money import CURRENCIES
from umt.domain.platform import Platform

RATIO: Final = Decimal("0.000001")
"""The precision of every ratio and score: six places."""

_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""Wide enough for any ratio of figures below 2^53, whatever context the caller runs in."""


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """The quotient in `RATIO` precision, or None unless the denominator is above zero."""
    if denominator <= 0:
        return None
    return quantised(_EXACT.divide(Decimal(numerator), Decimal(denominator)))


def quantised(value: Decimal) -> Decimal:
    """The value in `RATIO` precision."""
    return value.quantize(RATIO, context=_EXACT)


class DailyFigures(msgspec.Struct, frozen=True):
    """One platform's day as now reported. Spend and revenue in the campaign's currency; counts and spend not negative.

    Revenue may be negative where refunds exceed sales.
    """

    day: date
    impressions: int
    clicks: int
    conversions: int
    spend: Decimal
    revenue: Decimal


class Totals(msgspec.Struct, frozen=True):
    """Sums over some days, and the ratios that follow from them."""

    days: int = 0
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: Decimal = Decimal(0)
    revenue: Decimal = Decimal(0)

    @property
    def ctr(self) -> Decimal | None:
        """Click-through rate: clicks per impression."""
        return ratio(self.clicks, self.impressions)

    @property
    def conversion_rate(self) -> Decimal | None:
        """Conversions per click."""
        return ratio(self.conversions, self.clicks)

    @property
    def cpc(self) -> Decimal | None:
        """Cost per click, in the currency."""
        return ratio(self.spend, self.clicks)

    @property
    def cpa(self) -> Decimal | None:
        """Cost per acquisition, i.e. per conversion, in the currency."""
        return ratio(self.spend, self.conversions)

    @property
    def roas(self) -> Decimal | None:
        """Return on ad spend: revenue per unit of money spent."""
        return ratio(self.revenue, self.spend)

    @property
    def roi(self) -> Decimal | None:
        """Return on investment: (revenue − spend) per unit of money spent."""
        return ratio(self.revenue - self.spend, self.spend)


def total(figures: Iterable[DailyFigures]) -> Totals:
    """The sums of the days."""
    days = tuple(figures)
    return Totals(
        days=len({figure.day for figure in days}),
        impressions=sum(figure.impressions for figure in days),
        clicks=sum(figure.clicks for figure in days),
        conversions=sum(figure.conversions for figure in days),
        spend=sum((figure.spend for figure in days), Decimal(0)),
        revenue=sum((figure.revenue for figure in days), Decimal(0)),
    )


def aged(
    figures: Iterable[DailyFigures], today: date, youngest: int, window: int | None = None
) -> tuple[DailyFigures, ...]:
    """The days that are at least `youngest` days old, oldest first; of these the last `window` calendar days.

    An age of 1 leaves out today, which is still running; a greater one leaves out days still being restated.
    """
    newest = today - timedelta(days=youngest)
    oldest = newest - timedelta(days=window - 1) if window else date.min
    return tuple(sorted((f for f in figures if oldest <= f.day <= newest), key=lambda f: f.day))


class PlatformSnapshot(msgspec.Struct, frozen=True):
    """One platform of a campaign: its money in the campaign's currency, and its days in any order, one row a day."""

    platform: Platform
    allocated: Decimal
    spent: Decimal
    active: bool
    last_changed: date | None = None
    days: tuple[DailyFigures, ...] = ()

    def __post_init__(self) -> None:
        if len({figure.day for figure in self.days}) != len(self.days):
            raise InvalidValue("days", f"{self.platform} has two rows for one day; give their sum")

    @property
    def unspent(self) -> Decimal:
        """What is left of the allocation; zero when more was spent than allocated."""
        return max(self.allocated - self.spent, Decimal(0))

    def pace(self, today: date) -> Decimal:
        """Mean spend per reported day over the last seven complete calendar days, in the currency."""
        week = total(aged(self.days, today, youngest=1, window=7))
        return ratio(week.spend, week.days) or Decimal(0)


class CampaignSnapshot(msgspec.Struct, frozen=True):
    """A campaign as the optimiser sees it; `reserve` is money allocated to no platform.

    `ends_on` is the last day on which money is spent. `moved_today` is what earlier runs of this day have moved, and
    `moved_by_agents` what agents have moved in all.
    """

    currency: str
    reserve: Decimal
    ends_on: date
    platforms: tuple[PlatformSnapshot, ...]
    moved_today: Decimal = Decimal(0)
    moved_by_agents: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise InvalidValue("currency", f"{self.currency[:10]!r} is not an ISO 4217 currency code like EUR")
        if len({each.platform for each in self.platforms}) != len(self.platforms):
            raise InvalidValue("platforms", "a platform appears twice")

    @property
    def budget(self) -> Decimal:
        """All money of the campaign: the allocations and the reserve."""
        return sum((each.allocated for each in self.platforms), self.reserve)

    @property
    def active(self) -> tuple[PlatformSnapshot, ...]:
        """The platforms that are running."""
        return tuple(each for each in self.platforms if each.active)

    def days_left(self, today: date) -> int:
        """Days on which money can still be spent, today included."""
        return max((self.ends_on - today).days + 1, 0)
