"""Figures of every size that Hypothesis may choose from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from tests.unit.analytics.story import TODAY

from umt.domain.analytics.figures import CampaignSnapshot, DailyFigures, PlatformSnapshot, Totals
from umt.domain.analytics.guardrails import Guardrails
from umt.domain.platform import Platform

LARGEST = 2**53 - 1

COUNTS = st.one_of(st.integers(0, 2_000), st.integers(0, LARGEST))
MONEY = st.one_of(
    st.just(Decimal(0)),
    st.decimals(0, 10_000, places=2, allow_nan=False),
    st.decimals(0, LARGEST, places=6, allow_nan=False),
)
TOTALS = st.builds(Totals, st.integers(0, 366), COUNTS, COUNTS, COUNTS, MONEY, MONEY)


@st.composite
def histories(draw: st.DrawFn) -> tuple[DailyFigures, ...]:
    """Up to five weeks around today, in any order, with gaps; now plausible, now absurd."""
    ages = draw(st.lists(st.integers(-2, 35), unique=True, max_size=35))
    spend = draw(MONEY)
    first, slope = draw(st.integers(0, 800)), draw(st.integers(-20, 20))
    impressions = draw(COUNTS)
    clicks = draw(st.integers(0, impressions))

    def plausible(age: int) -> DailyFigures:
        roas = Decimal(max(first + slope * age, 0)) / 100
        return DailyFigures(TODAY - timedelta(days=age), impressions, clicks, clicks // 25, spend, spend * roas)

    if draw(st.integers(0, 3)):
        return tuple(plausible(age) for age in ages)
    return tuple(
        DailyFigures(TODAY - timedelta(days=age), *draw(st.tuples(COUNTS, COUNTS, COUNTS, MONEY, MONEY)))
        for age in ages
    )


DATES = st.one_of(st.none(), st.integers(-1, 30).map(lambda age: TODAY - timedelta(days=age)))


def _platform(name: Platform) -> st.SearchStrategy[PlatformSnapshot]:
    return st.builds(PlatformSnapshot, st.just(name), MONEY, MONEY, st.booleans(), DATES, histories())


def _ends(days: int) -> date:
    return TODAY + timedelta(days=days)


@st.composite
def lively_platforms(draw: st.DrawFn, name: Platform) -> PlatformSnapshot:
    """A platform with enough data for a verdict: bad, usual or good, steady or fading, of any size."""
    spend = draw(st.decimals(1, 1_000, places=2, allow_nan=False)) * 10 ** draw(st.sampled_from([0, 0, 0, 0, 0, 10]))
    start, fading = draw(st.sampled_from([0, 50, 200, 900, 900, 2_000])), draw(st.sampled_from([0, 0, 10, 25]))
    days = tuple(
        DailyFigures(TODAY - timedelta(days=age), 20_000, 400, 10, spend, spend * (start + fading * age) / 100)
        for age in range(draw(st.integers(8, 35)), 0, -1)
    )
    spent = spend * len(days)
    allocated = spent * draw(st.integers(90, 400)) / 100
    return PlatformSnapshot(name, allocated, spent, draw(st.integers(0, 9)) > 0, draw(st.none() | DATES), days)


def _campaigns(
    platform: Callable[[Platform], st.SearchStrategy[PlatformSnapshot]], largest: int
) -> st.SearchStrategy[CampaignSnapshot]:
    platforms = st.lists(st.sampled_from(Platform), unique=True, max_size=largest).flatmap(
        lambda names: st.tuples(*(platform(name) for name in names))
    )
    currencies = st.sampled_from(["EUR", "JPY", "KWD"])
    ends = st.one_of(st.integers(20, 90), st.integers(-3, 90)).map(_ends)
    moved = st.one_of(st.just(Decimal(0)), st.just(Decimal(0)), MONEY)
    return st.builds(CampaignSnapshot, currencies, MONEY, ends, platforms, moved)


CAMPAIGNS = st.one_of(_campaigns(_platform, 4), _campaigns(lively_platforms, 6), _campaigns(lively_platforms, 6))

SHARES = st.integers(0, 100).map(lambda percent: Decimal(percent) / 100)
GUARDRAILS = st.one_of(
    st.just(Guardrails()),
    st.just(Guardrails(minimum_move=Decimal(0), cooldown_days=1)),
    st.builds(
        Guardrails,
        minimum_days=st.integers(0, 14),
        minimum_spend=SHARES,
        minimum_clicks=st.integers(0, 200),
        cooldown_days=st.integers(0, 7),
        step_of_platform=SHARES,
        step_of_total=SHARES,
        minimum_move=st.just(Decimal(0)),
        advantage=st.just(Decimal(0)),
    ),
)
