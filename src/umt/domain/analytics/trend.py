"""Whether a platform's return is rising or declining.

The slope is the median of the slopes between all pairs of days (Theil 1950, Sen 1968): up to 29 % of the days may be
wild without moving it far. Whether it could be chance is judged by Mann's (1945) and Kendall's (1975) rank test with
the correction for ties and for continuity. A trend is reported when it is both unlikely to be chance and large enough
to matter. The window is whole weeks, so that weekdays do not pass for a trend.

The test takes days as independent; where a good day is followed by good ones it finds trends too readily, which
`minimum_change` partly makes up for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from statistics import median

import msgspec

from umt.domain.analytics.figures import DailyFigures, quantised, ratio


class Direction(StrEnum):
    """Where the return is going; unknown when there are too few days."""

    RISING = "rising"
    FLAT = "flat"
    DECLINING = "declining"
    UNKNOWN = "unknown"


class TrendSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When a trend is believed."""

    minimum_days: int = 8
    """Below eight values the normal approximation of the rank test is poor."""
    critical_z: Decimal = Decimal("2.58")
    """Two-sided 1 %, strict since the question is asked every day."""
    minimum_change: Decimal = Decimal("0.10")
    """Change over the window as a share of the mean return."""


class Trend(msgspec.Struct, frozen=True):
    """The direction, the slope (return per day), the change over the window as a share of the mean, and Kendall's z."""

    direction: Direction
    slope: Decimal
    change: Decimal
    z: Decimal
    days: int


class Point(msgspec.Struct, frozen=True):
    """A day's value."""

    day: date
    value: Decimal


def returns(figures: Iterable[DailyFigures], *, by_revenue: bool = True) -> tuple[Point, ...]:
    """The return of each day that spent anything: revenue, or else conversions, per unit of money."""
    return tuple(
        Point(each.day, value)
        for each in figures
        if (value := ratio(each.revenue if by_revenue else each.conversions, each.spend)) is not None
    )


def trend(points: Sequence[Point], settings: TrendSettings | None = None) -> Trend:
    """The trend of the points, one per day in the order of the days."""
    settings = settings or TrendSettings()
    if len(points) < settings.minimum_days:
        return Trend(Direction.UNKNOWN, Decimal(0), Decimal(0), Decimal(0), len(points))
    slope, z = theil_sen(points), mann_kendall([point.value for point in points])
    mean = ratio(sum((point.value for point in points), Decimal(0)), len(points)) or Decimal(0)
    change = ratio(slope * (points[-1].day - points[0].day).days, mean) or Decimal(0)
    believed = abs(z) >= settings.critical_z and abs(change) >= settings.minimum_change
    direction = Direction.FLAT
    if believed and z * change > 0:
        direction = Direction.RISING if change > 0 else Direction.DECLINING
    return Trend(direction, slope, change, z, len(points))


def theil_sen(points: Sequence[Point]) -> Decimal:
    """The median slope per day over all pairs of points; two points at least."""
    return quantised(median((b.value - a.value) / (b.day - a.day).days for a, b in combinations(points, 2)))


def mann_kendall(values: Sequence[Decimal]) -> Decimal:
    """Kendall's z of the values in their order: above zero for a rise, zero when all are equal."""
    n = len(values)
    s = sum((b > a) - (b < a) for a, b in combinations(values, 2))
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    variance = Decimal(n * (n - 1) * (2 * n + 5) - ties) / 18
    if s == 0 or variance == 0:
        return Decimal(0)
    return quantised((s - (1 if s > 0 else -1)) / variance.sqrt())
