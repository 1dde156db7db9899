"""Days out of the ordinary."""

from decimal import Decimal

import pytest
from hypothesis import given
from tests.unit.analytics.story import TODAY, a_day, days
from tests.unit.analytics.strategies import histories

from umt.domain.analytics.anomaly import LARGEST, THRESHOLD, anomalies
from umt.domain.analytics.figures import DailyFigures


def then_yesterday(**figures: int | str) -> tuple[DailyFigures, ...]:
    """Four usual weeks, and then yesterday."""
    return (*days(28)[:-1], a_day(1, **figures))  # type: ignore[arg-type]


def test_an_ordinary_day_is_no_anomaly() -> None:
    assert anomalies(days(28), TODAY) == ()


@pytest.mark.parametrize(
    ("yesterday", "metric", "deviation"),
    [
        ({"clicks": 900}, "clicks", "14.626597"),
        ({"clicks": 150}, "clicks", "-5.849039"),
        ({"impressions": 3_000}, "impressions", "-9.045070"),
        ({"spend": "200"}, "spend", "10.000000"),
    ],
)
def test_a_day_far_from_its_history_is_an_anomaly(yesterday: dict[str, int | str], metric: str, deviation: str) -> None:
    (found,) = anomalies(then_yesterday(**yesterday), TODAY)
    assert (found.metric, found.deviation) == (metric, Decimal(deviation))
    assert (found.day, found.history_days) == (a_day(1).day, 27)


def test_counts_may_vary_as_chance_has_it() -> None:
    few = [a_day(age, clicks=9) for age in range(28, 1, -1)]
    assert anomalies([*few, a_day(1, clicks=20)], TODAY) == ()
    (found,) = anomalies([*few, a_day(1, clicks=24)], TODAY)
    assert (found.expected, found.observed) == (Decimal(9), Decimal(24))


def test_a_weekday_is_compared_with_its_own_kind() -> None:
    def quiet_weekend(age: int) -> DailyFigures:
        weekend = a_day(age).day.weekday() >= 5
        return a_day(age, clicks=100 if weekend else 300)

    saturday = next(age for age in range(1, 8) if a_day(age).day.weekday() == 5)
    sunday_morning = a_day(saturday - 1).day
    weeks = [quiet_weekend(age) for age in range(saturday + 34, saturday, -1)]
    assert anomalies([*weeks, a_day(saturday, clicks=100)], sunday_morning) == ()
    (found,) = anomalies([*weeks, a_day(saturday, clicks=300)], sunday_morning)
    assert (found.metric, found.expected) == ("clicks", Decimal(100))


def test_conversions_are_judged_only_once_they_are_settled() -> None:
    unsettled = (*days(28)[:-2], a_day(2, conversions=0), a_day(1, conversions=0))
    assert anomalies(unsettled, TODAY) == ()
    settled = tuple(a_day(age, conversions=0 if age == 3 else 12) for age in range(28, 0, -1))
    (found,) = anomalies(settled, TODAY)
    assert (found.metric, found.day, found.expected, found.observed) == (
        "conversions",
        a_day(3).day,
        Decimal(12),
        Decimal(0),
    )


def test_the_running_day_a_missing_day_and_a_short_history_are_not_judged() -> None:
    assert anomalies((*days(28), a_day(0, clicks=1)), TODAY) == ()
    assert anomalies(tuple(a_day(age, clicks=9 if age == 2 else 300) for age in range(28, 1, -1)), TODAY) == ()
    assert anomalies((*days(28)[-7:-1], a_day(1, clicks=9_000)), TODAY) == ()


def test_money_where_there_never_was_any_is_an_anomaly_of_the_largest_size() -> None:
    idle = [a_day(age, spend="0") for age in range(28, 1, -1)]
    (found,) = anomalies([*idle, a_day(1, spend="5", roas="0")], TODAY)
    assert (found.metric, found.deviation) == ("spend", LARGEST)


@given(histories())
def test_deviations_are_bounded_and_beyond_the_threshold(history: tuple[DailyFigures, ...]) -> None:
    found = anomalies(history, TODAY)
    assert all(THRESHOLD < abs(each.deviation) <= LARGEST for each in found)
    assert anomalies(history[::-1], TODAY) == found
