"""Whether a platform's newest day is out of the ordinary.

The deviation is the modified z-score of Iglewicz and Hoaglin (1993): distance from the median of the history in
units of 1.4826 times the median absolute deviation (MAD); beyond 3.5 it is an outlier. Counts are judged on the scale
of Anscombe (1948), `2 √(n + 3/8)`, where chance alone (Poisson) has a standard deviation of 1. Two floors keep the
unit from being too small: chance (that 1, or for money 1/√n of the median, where n clicks or conversions bring it) and
a change by a tenth (figures that hardly varied are no promise).

With `PER_WEEKDAY` or more earlier days of the same weekday, the day is compared with these, and the deviation of every
day of the history is taken from the median of its own weekday.

Impressions, clicks and spend are judged on the newest complete day. Conversions and revenue are restated for days, so
they are judged on the newest settled day, against settled days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

import msgspec

from umt.domain.analytics.figures import DailyFigures, aged, quantised, ratio

THRESHOLD: Final = Decimal("3.5")
MAD_TO_SIGMA: Final = Decimal("1.4826")
ANSCOMBE: Final = Decimal("0.375")
RELATIVE_FLOOR: Final = Decimal("0.1")
LARGEST: Final = Decimal(100)
"""Deviations are cut off here; also given where anything differs from a history that is all zero."""
HISTORY_DAYS: Final = 35
MINIMUM_DAYS: Final = 7
PER_WEEKDAY: Final = 4


class Metric(msgspec.Struct, frozen=True):
    """One judged figure. Money comes in clicks or conversions (`comes_in`), a count does not; some settle only late."""

    name: str
    of: Callable[[DailyFigures], Decimal]
    comes_in: Callable[[DailyFigures], Decimal] | None = None
    settles: bool = False

    def scaled(self, day: DailyFigures) -> Decimal:
        """The day's figure on the scale on which it is judged."""
        return self.of(day) if self.comes_in else 2 * (self.of(day) + ANSCOMBE).sqrt()

    def floor(self, days: Sequence[DailyFigures]) -> Decimal:
        """The smallest unit of deviation on that scale: chance in the counts, and a change by a tenth."""
        centre = abs(median(map(self.scaled, days)))
        if self.comes_in is None:
            return max(Decimal(1), RELATIVE_FLOOR / 2 * centre)
        chance = 1 / max(median(map(self.comes_in, days)), Decimal(1)).sqrt()
        return max(chance, RELATIVE_FLOOR) * centre


def _impressions(day: DailyFigures) -> Decimal:
    return Decimal(day.impressions)


def _clicks(day: DailyFigures) -> Decimal:
    return Decimal(day.clicks)


def _conversions(day: DailyFigures) -> Decimal:
    return Decimal(day.conversions)


METRICS: Final = (
    Metric("impressions", _impressions),
    Metric("clicks", _clicks),
    Metric("spend", lambda day: day.spend, comes_in=_clicks),
    Metric("conversions", _conversions, settles=True),
    Metric("revenue", lambda day: day.revenue, comes_in=_conversions, settles=True),
)


class Anomaly(msgspec.Struct, frozen=True):
    """A figure of a day that its history does not lead one to expect; the deviation's sign says above or below.

    Money figures are in the campaign's currency. `history_days` is how many days the expectation rests on.
    """

    metric: str
    day: date
    expected: Decimal
    observed: Decimal
    deviation: Decimal
    history_days: int
    is_count: bool


def anomalies(figures: Sequence[DailyFigures], today: date, settling_days: int = 3) -> tuple[Anomaly, ...]:
    """The anomalies of the newest complete and newest settled day, the largest deviation first.

    Nothing is judged on a day that is not reported, nor with fewer than `MINIMUM_DAYS` days of history.
    """
    found = []
    for metric in METRICS:
        age = max(settling_days, 1) if metric.settles else 1
        days = aged(figures, today, age, HISTORY_DAYS + 1)
        if len(days) <= MINIMUM_DAYS or days[-1].day != today - timedelta(days=age):
            continue
        anomaly = judge(metric, days[:-1], days[-1])
        if abs(anomaly.deviation) > THRESHOLD:
            found.append(anomaly)
    return tuple(sorted(found, key=lambda each: -abs(each.deviation)))


def judge(metric: Metric, history: Sequence[DailyFigures], newest: DailyFigures) -> Anomaly:
    """The metric's expectation from the history, and how far the newest day is from it."""
    groups = _weekdays(history, newest.day)
    alike = groups[newest.day.weekday()]
    centres = {weekday: median(map(metric.scaled, days)) for weekday, days in groups.items()}
    mad = median(abs(metric.scaled(each) - centres[weekday]) for weekday, days in groups.items() for each in days)
    unit = max(MAD_TO_SIGMA * mad, metric.floor(alike))
    distance = metric.scaled(newest) - centres[newest.day.weekday()]
    deviation = ratio(distance, unit)
    if deviation is None:
        deviation = LARGEST.copy_sign(distance) if distance else Decimal(0)
    return Anomaly(
        metric=metric.name,
        day=newest.day,
        expected=quantised(median(map(metric.of, alike))),
        observed=metric.of(newest),
        deviation=max(-LARGEST, min(LARGEST, deviation)),
        history_days=len(history),
        is_count=metric.comes_in is None,
    )


def _weekdays(history: Sequence[DailyFigures], day: date) -> dict[int, list[DailyFigures]]:
    """The history by weekday, or all together under the day's own when its weekday is too rare."""
    by_weekday: defaultdict[int, list[DailyFigures]] = defaultdict(list)
    for each in history:
        by_weekday[each.day.weekday()].append(each)
    return by_weekday if len(by_weekday[day.weekday()]) >= PER_WEEKDAY else {day.weekday(): list(history)}
