"""From what platforms report of single ads to what the optimiser looks at: days and sums by platform."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from umt.domain.analytics.figures import DailyFigures
from umt.domain.performance import Figures
from umt.domain.platform import Platform

Reported = Iterable[tuple[Platform, date | None, Figures]]
"""The latest figures of each ad: the platform, the day (None for a lifetime's), the figures; in one currency."""


def by_day(reported: Reported) -> dict[Platform, tuple[DailyFigures, ...]]:
    """Each platform's days in order, the sums of its ads; what has no day is left out."""
    sums: dict[Platform, dict[date, Figures]] = {}
    for platform, day, figures in reported:
        if day is not None:
            of_platform = sums.setdefault(platform, {})
            of_platform[day] = of_platform.get(day, Figures()) + figures
    return {
        platform: tuple(
            DailyFigures(day, f.impressions, f.clicks, f.conversions, f.spend, f.revenue)
            for day, f in sorted(of_platform.items())
        )
        for platform, of_platform in sums.items()
    }


def spent(reported: Reported) -> dict[Platform, Decimal]:
    """What each platform reports as spent, whether by day or over a lifetime."""
    sums: dict[Platform, Decimal] = {}
    for platform, _, figures in reported:
        sums[platform] = sums.get(platform, Decimal(0)) + figures.spend
    return sums
