"""Campaign: its money. Allocations and reserve sum to the total; money moves only where it may."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.given import given
from tests.unit.domain.stories import (
    DURING,
    GOOGLE,
    INSTAGRAM,
    LINKEDIN,
    History,
    approved_campaign,
    completed_campaign,
    draft_campaign,
    eur,
    live_campaign,
    paused_campaign,
)

from umt.domain import campaign as decide
from umt.domain.campaign import Allocation, BudgetAllocated, BudgetRaised, BudgetReallocated, PlatformPaused
from umt.domain.errors import InsufficientBudget, InvalidValue, NotReady, WrongStatus
from umt.domain.money import Money
from umt.domain.platform import Platform

BOTH = {"google": "600 EUR", "linkedin": "300 EUR"}
UNSPENT: dict[Platform, Decimal] = {}


# Allocation


def test_a_budget_is_shared_out_and_the_rest_is_the_reserve() -> None:
    shares = (Allocation(GOOGLE, eur(600)), Allocation(LINKEDIN, eur(300)))
    given(*draft_campaign()).when(decide.allocate, shares).then(BudgetAllocated(shares)).then_state(
        allocated=eur(900), reserve=eur(100)
    )


def test_a_new_allocation_replaces_the_old_one() -> None:
    given(*draft_campaign(), BudgetAllocated((Allocation(GOOGLE, eur(600)),))).when(
        decide.allocate, [Allocation(LINKEDIN, eur(1000))]
    ).then_state(allocation={LINKEDIN: eur(1000)}, reserve=eur(0))


def test_allocations_never_exceed_the_total() -> None:
    refusal = (
        given(*draft_campaign())
        .when(decide.allocate, [Allocation(GOOGLE, eur(600)), Allocation(LINKEDIN, eur("400.01"))])
        .then_fails(InsufficientBudget, "1,000.00 EUR available; 1,000.01 EUR was asked for")
    )
    assert (refusal.wanted, refusal.available) == (eur("1000.01"), eur(1000))


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ([Allocation(GOOGLE, eur(1)), Allocation(GOOGLE, eur(1))], "each platform once"),
        ([Allocation(INSTAGRAM, eur(1))], "not a platform of this campaign"),
        ([Allocation(GOOGLE, Money.of(1, "USD"))], "currency EUR"),
        ([Allocation(GOOGLE, eur(0))], "above zero"),
        ([Allocation(GOOGLE, eur(-5))], "above zero"),
    ],
    ids=["twice", "foreign platform", "foreign currency", "nothing", "less than nothing"],
)
def test_a_share_is_money_for_a_platform_of_the_campaign(shares: list[Allocation], reason: str) -> None:
    given(*draft_campaign()).when(decide.allocate, shares).then_fails(InvalidValue, reason)


# Reallocation


def test_reallocation_conserves_the_total() -> None:
    given(*live_campaign(**BOTH)).when(
        decide.reallocate, GOOGLE, LINKEDIN, eur(100), DURING, "higher return", UNSPENT
    ).then(BudgetReallocated(GOOGLE, LINKEDIN, eur(100), DURING, "higher return")).then_state(
        allocation={GOOGLE: eur(500), LINKEDIN: eur(400)}, allocated=eur(900), reserve=eur(100)
    )


def test_only_unspent_money_moves() -> None:
    spent = {GOOGLE: Decimal("550.25"), LINKEDIN: Decimal(999)}
    running = given(*live_campaign(**BOTH))
    running.when(decide.reallocate, GOOGLE, LINKEDIN, eur("49.75"), DURING, "better", spent).then_state(
        allocation={GOOGLE: eur("550.25"), LINKEDIN: eur("349.75")}
    )
    running.when(decide.reallocate, GOOGLE, LINKEDIN, eur("49.76"), DURING, "better", spent).then_fails(
        InsufficientBudget, "google has 49.75 EUR available"
    )


def test_micros_that_are_spent_are_rounded_against_the_move() -> None:
    spent = {GOOGLE: Decimal("550.000001")}
    running = given(*live_campaign(**BOTH))
    running.when(decide.reallocate, GOOGLE, LINKEDIN, eur(50), DURING, "better", spent).then_fails(InsufficientBudget)
    running.when(decide.reallocate, GOOGLE, LINKEDIN, eur("49.99"), DURING, "better", spent).then(
        BudgetReallocated(GOOGLE, LINKEDIN, eur("49.99"), DURING, "better")
    )


def test_a_platform_that_overspent_gives_nothing() -> None:
    given(*live_campaign(**BOTH)).when(
        decide.reallocate, GOOGLE, LINKEDIN, eur("0.01"), DURING, "better", {GOOGLE: Decimal(700)}
    ).then_fails(InsufficientBudget, "0.00 EUR available")


@pytest.mark.parametrize("paused", [GOOGLE, LINKEDIN])
def test_money_moves_only_between_active_platforms(paused: Platform) -> None:
    given(*live_campaign(**BOTH), PlatformPaused(paused, DURING, "too dear")).when(
        decide.reallocate, GOOGLE, LINKEDIN, eur(1), DURING, "better", UNSPENT
    ).then_fails(NotReady, f"{paused} is paused")


@pytest.mark.parametrize(("source", "target"), [(GOOGLE, INSTAGRAM), (INSTAGRAM, GOOGLE)])
def test_money_moves_only_between_platforms_with_a_budget(source: Platform, target: Platform) -> None:
    given(*live_campaign(**BOTH)).when(decide.reallocate, source, target, eur(1), DURING, "better", UNSPENT).then_fails(
        InvalidValue, "instagram has no budget"
    )


def test_money_does_not_move_to_where_it_is() -> None:
    given(*live_campaign(**BOTH)).when(decide.reallocate, GOOGLE, GOOGLE, eur(1), DURING, "better", UNSPENT).then_fails(
        InvalidValue, "differ"
    )


@pytest.mark.parametrize("amount", [eur(0), eur(-1), Money.of(1, "USD")], ids=str)
def test_what_moves_is_money_of_the_campaigns_currency(amount: Money) -> None:
    running = given(*live_campaign(**BOTH))
    running.when(decide.reallocate, GOOGLE, LINKEDIN, amount, DURING, "better", UNSPENT).then_fails(InvalidValue)
    running.when(decide.raise_budget, GOOGLE, amount, DURING, "better").then_fails(InvalidValue)


@pytest.mark.parametrize(
    "history",
    [approved_campaign(**BOTH), paused_campaign(**BOTH), completed_campaign(**BOTH)],
    ids=["approved", "paused", "completed"],
)
def test_money_moves_only_in_a_live_campaign(history: History) -> None:
    given(*history).when(decide.reallocate, GOOGLE, LINKEDIN, eur(1), DURING, "better", UNSPENT).then_fails(WrongStatus)
    given(*history).when(decide.raise_budget, GOOGLE, eur(1), DURING, "better").then_fails(WrongStatus)


def test_a_move_has_a_reason() -> None:
    running = given(*live_campaign(**BOTH))
    running.when(decide.reallocate, GOOGLE, LINKEDIN, eur(1), DURING, "", UNSPENT).then_fails(InvalidValue, "reason")
    running.when(decide.raise_budget, GOOGLE, eur(1), DURING, "").then_fails(InvalidValue, "reason")


# The reserve


def test_a_raise_comes_from_the_reserve() -> None:
    given(*live_campaign(**BOTH)).when(decide.raise_budget, LINKEDIN, eur(100), DURING, "high score").then(
        BudgetRaised(LINKEDIN, eur(100), DURING, "high score")
    ).then_state(allocation={GOOGLE: eur(600), LINKEDIN: eur(400)}, reserve=eur(0)).when(
        decide.raise_budget, LINKEDIN, eur("0.01"), DURING, "high score"
    ).then_fails(InsufficientBudget, "reserve has 0.00 EUR available")


def test_a_paused_platform_gets_no_raise() -> None:
    given(*live_campaign(**BOTH), PlatformPaused(GOOGLE, DURING, "too dear")).when(
        decide.raise_budget, GOOGLE, eur(1), DURING, "high score"
    ).then_fails(NotReady, "google is paused")


def test_a_platform_without_a_budget_gets_no_raise() -> None:
    given(*live_campaign(**BOTH)).when(decide.raise_budget, INSTAGRAM, eur(1), DURING, "high score").then_fails(
        InvalidValue, "no budget"
    )


# The day's sum, which the guardrails look at


def test_what_moved_on_a_day_is_counted_for_that_day() -> None:
    moved = given(
        *live_campaign(**BOTH),
        BudgetReallocated(GOOGLE, LINKEDIN, eur(20), DURING, "better"),
        BudgetRaised(LINKEDIN, eur(5), DURING, "better"),
    )
    moved.then_state(
        lambda campaign: campaign.moved_on(DURING) == eur(25), last_moved={GOOGLE: DURING, LINKEDIN: DURING}
    )
    moved.then_state(lambda campaign: campaign.moved_on(DURING + timedelta(days=1)) == eur(0))


def test_the_count_begins_anew_on_another_day() -> None:
    tomorrow = DURING + timedelta(days=1)
    given(
        *live_campaign(**BOTH),
        BudgetReallocated(GOOGLE, LINKEDIN, eur(20), DURING, "better"),
        BudgetRaised(LINKEDIN, eur(5), tomorrow, "better"),
    ).then_state(
        lambda campaign: campaign.moved_on(tomorrow) == eur(5), last_moved={GOOGLE: DURING, LINKEDIN: tomorrow}
    )
