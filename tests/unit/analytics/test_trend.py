"""Rising, flat and declining returns."""

from decimal import Decimal

import pytest
from hypothesis import given
from tests.unit.analytics.story import a_day, days, falling
from tests.unit.analytics.strategies import histories

from umt.domain.analytics.figures import DailyFigures
from umt.domain.analytics.trend import Direction, Point, mann_kendall, returns, theil_sen, trend


def points(*values: str) -> tuple[Point, ...]:
    """One value a day."""
    figures = (a_day(len(values) - at, spend="1", roas=value) for at, value in enumerate(values))
    return returns(figures)


@pytest.mark.parametrize(
    ("values", "z"),
    [
        (("1", "2", "3", "4", "5", "6", "7", "8"), "3.340384"),
        (("8", "7", "6", "5", "4", "3", "2", "1"), "-3.340384"),
        (("1", "2", "2", "3"), "1.444630"),
        (("1", "1", "1"), "0"),
    ],
)
def test_kendalls_z_corrects_for_ties_and_continuity(values: tuple[str, ...], z: str) -> None:
    assert mann_kendall([Decimal(value) for value in values]) == Decimal(z)


def test_the_slope_counts_calendar_days_and_ignores_a_wild_one() -> None:
    figures = [a_day(age, spend="1", roas=str(10 - age)) for age in (10, 8, 6, 4, 2)]
    assert theil_sen(returns([*figures, a_day(1, spend="1", roas="900")])) == Decimal("1.000000")


@pytest.mark.parametrize(
    ("figures", "direction"),
    [
        (days(14, falling), Direction.DECLINING),
        (days(14, lambda age: 5 - Decimal(age) / 5), Direction.RISING),
        (days(14, "2"), Direction.FLAT),
        (days(14, lambda age: "3" if age % 2 else "1"), Direction.FLAT),
        (days(14, lambda age: 2 + Decimal(age) / 1000), Direction.FLAT),
        (days(7, falling), Direction.UNKNOWN),
        (days(14, spend="0"), Direction.UNKNOWN),
        (days(14, roas="0"), Direction.FLAT),
    ],
)
def test_a_trend_must_be_unlikely_by_chance_and_large_enough_to_matter(
    figures: tuple[DailyFigures, ...], direction: Direction
) -> None:
    assert trend(returns(figures)).direction is direction


def test_one_wild_day_does_not_make_a_decline() -> None:
    wild = days(14, lambda age: "40" if age == 14 else "2")
    assert trend(returns(wild)).direction is Direction.FLAT


def test_conversions_stand_in_where_revenue_is_not_recorded() -> None:
    figures = tuple(a_day(age, roas="0", conversions=5 + age) for age in range(14, 0, -1))
    assert trend(returns(figures)).direction is Direction.FLAT
    assert trend(returns(figures, by_revenue=False)).direction is Direction.DECLINING


@given(histories())
def test_turning_time_around_turns_the_trend_around(history: tuple[DailyFigures, ...]) -> None:
    forward = sorted(history, key=lambda each: each.day)
    values = [point.value for point in returns(forward)]
    assert mann_kendall(values) == -mann_kendall(values[::-1])
