"""What a score promises: hand-checkable, bounded, monotone, cautious with little data."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.analytics.strategies import COUNTS, MONEY, TOTALS

from umt.domain.analytics.figures import Totals
from umt.domain.analytics.scoring import (
    REFERENCES,
    Measure,
    Reference,
    campaign_score,
    evidence_clicks,
    measured,
    score,
)
from umt.domain.platform import Platform

GOOGLE = REFERENCES[Platform.GOOGLE]
ONLY_ROAS = Reference(conversion_rate=None, ctr=None)


def seen(roas: str, clicks: int = 3_000) -> Totals:
    """A fortnight on Google with usual rates and the return."""
    return Totals(14, clicks * 100 // 3, clicks, clicks * 4 // 100, Decimal(1000), 1000 * Decimal(roas))


@pytest.mark.parametrize(
    ("roas", "part"),
    [("0", "0"), ("1", "0.111111"), ("2", "0.500000"), ("4", "0.888889"), ("200", "0.999999")],
)
def test_a_part_follows_the_hill_curve(roas: str, part: str) -> None:
    (only,) = score(seen(roas), ONLY_ROAS).parts
    assert (only.name, only.value, only.score) == ("roas", Decimal(roas), Decimal(part))


def test_usual_figures_score_a_half() -> None:
    assert score(seen("2"), GOOGLE).value == Decimal("0.5")


@pytest.mark.parametrize(
    ("roas", "below", "above"), [("1.30", True, False), ("1.45", False, False), ("4.20", False, True)]
)
def test_thresholds_lie_near_two_thirds_and_twice_the_reference_return(roas: str, below: bool, above: bool) -> None:
    value = score(seen(roas, clicks=6_000), GOOGLE).value
    assert (value < Decimal("0.3"), value > Decimal("0.8")) == (below, above)


def test_little_data_is_never_judged_strongly() -> None:
    few = score(seen("0", clicks=10), ONLY_ROAS)
    assert (few.value, few.confidence) == (Decimal("0.454546"), Decimal("0.090909"))
    assert score(Totals(), GOOGLE).value == Decimal("0.5")
    assert score(Totals(), GOOGLE).confidence == 0


def test_impressions_that_bring_no_clicks_are_evidence_too() -> None:
    ignored = Totals(days=14, impressions=1_000_000, spend=Decimal(5_000))
    assert evidence_clicks(ignored, GOOGLE) == 30_000
    assert score(ignored, GOOGLE).value < Decimal("0.1")


def test_a_lower_cost_per_conversion_scores_higher_where_it_is_the_measure() -> None:
    by_cpa = Reference(roas=None, cpa=Measure(Decimal(20), Decimal("0.8")))
    dear, cheap = (Totals(14, 50_000, 1_000, 20, Decimal(spend), Decimal(0)) for spend in (800, 200))
    assert score(dear, by_cpa).value < Decimal("0.5") < score(cheap, by_cpa).value


def test_revenue_that_nobody_records_is_not_held_against_anyone() -> None:
    unrecorded = measured(REFERENCES, Totals(14, 100_000, 3_000, 120, Decimal(1000), Decimal(0)))
    google = unrecorded[Platform.GOOGLE]
    assert (google.roas, google.cpa) == (None, Measure(Decimal("8.333333"), Decimal("0.8")))
    nothing_sold = measured(REFERENCES, Totals(14, 100_000, 3_000, 0, Decimal(1000), Decimal(0)))
    assert nothing_sold[Platform.GOOGLE].roas is not None


def test_the_campaign_score_is_weighted_by_spend() -> None:
    good, bad = score(seen("200"), ONLY_ROAS), score(seen("0"), ONLY_ROAS)
    mixed = campaign_score([(Decimal(300), good), (Decimal(100), bad)])
    assert mixed.value == Decimal("0.741935")
    assert campaign_score([]).value == Decimal("0.5")


@given(TOTALS, st.sampled_from(Platform))
def test_a_score_and_its_parts_lie_between_0_and_1(totals: Totals, platform: Platform) -> None:
    found = score(totals, REFERENCES.get(platform))
    assert all(0 <= value <= 1 for value in (found.value, found.confidence, *(p.score for p in found.parts)))


@given(TOTALS, MONEY, st.sampled_from(Platform))
def test_more_revenue_for_the_same_spend_never_lowers_a_score(
    totals: Totals, more: Decimal, platform: Platform
) -> None:
    richer = msgspec.structs.replace(totals, revenue=totals.revenue + more)
    reference = REFERENCES.get(platform)
    assert score(richer, reference).value >= score(totals, reference).value


@given(TOTALS, COUNTS, st.sampled_from([GOOGLE, Reference(cpa=Measure(Decimal(20), Decimal("0.8")))]))
def test_more_conversions_for_the_same_spend_never_lower_a_score(
    totals: Totals, more: int, reference: Reference
) -> None:
    busier = msgspec.structs.replace(totals, conversions=totals.conversions + more)
    assert score(busier, reference).value >= score(totals, reference).value


@given(TOTALS.filter(lambda totals: totals.spend > 1), st.sampled_from(["0.01", "7", "165"]))
def test_a_score_does_not_depend_on_the_currency(totals: Totals, rate: str) -> None:
    exchanged = msgspec.structs.replace(
        totals, spend=totals.spend * Decimal(rate), revenue=totals.revenue * Decimal(rate)
    )
    assert score(exchanged, GOOGLE) == score(totals, GOOGLE)
