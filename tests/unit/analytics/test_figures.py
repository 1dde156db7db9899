"""Sums, ratios and which days count."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.unit.analytics.story import TODAY, a_day, campaign, on

from umt.domain.analytics.figures import Totals, aged, total
from umt.domain.errors import InvalidValue
from umt.domain.platform import Platform


def test_ratios_of_totals_have_six_places() -> None:
    totals = total([a_day(2, spend="100", roas="1.5"), a_day(1, spend="50", roas="3")])
    assert totals == Totals(2, 20_000, 600, 24, Decimal(150), Decimal("300.0"))
    assert (totals.ctr, totals.conversion_rate) == (Decimal("0.030000"), Decimal("0.040000"))
    assert (totals.cpc, totals.cpa) == (Decimal("0.250000"), Decimal("6.250000"))
    assert (totals.roas, totals.roi) == (Decimal("2.000000"), Decimal("1.000000"))
    assert Totals(clicks=1, impressions=3).ctr == Decimal("0.333333")


def test_ratios_with_nothing_below_the_line_are_undefined() -> None:
    nothing = total([])
    ratios = (nothing.ctr, nothing.conversion_rate, nothing.cpc, nothing.cpa, nothing.roas, nothing.roi)
    assert ratios == (None,) * 6


def test_the_running_day_and_days_to_come_are_left_out() -> None:
    figures = [a_day(age) for age in (-1, 0, 1, 2, 3, 4)]
    assert [TODAY - each.day for each in aged(figures, TODAY, youngest=1, window=3)] == [
        timedelta(days=3),
        timedelta(days=2),
        timedelta(days=1),
    ]


def test_pace_is_the_mean_spend_of_the_last_complete_week() -> None:
    figures = tuple(a_day(age, spend="900" if age in (0, 8) else "70") for age in range(10))
    assert on(Platform.GOOGLE, figures).pace(TODAY) == 70
    assert on(Platform.GOOGLE).pace(TODAY) == 0


def test_an_overspent_platform_has_nothing_unspent() -> None:
    assert on(Platform.GOOGLE, spent=Decimal(10_001)).unspent == 0


def test_the_last_day_counts_as_a_day_left() -> None:
    assert campaign(ends_on=TODAY).days_left(TODAY) == 1
    assert campaign(ends_on=TODAY - timedelta(days=5)).days_left(TODAY) == 0


def test_ambiguous_snapshots_are_refused() -> None:
    with pytest.raises(InvalidValue, match="two rows for one day"):
        on(Platform.GOOGLE, (a_day(1), a_day(1)))
    with pytest.raises(InvalidValue, match="appears twice"):
        campaign(on(Platform.GOOGLE), on(Platform.GOOGLE))
    with pytest.raises(InvalidValue, match="ISO 4217"):
        campaign(currency="EURO")
