"""Campaign: what a draft plans is changed all at once, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.given import given
from tests.unit.domain.stories import (
    GOOGLE,
    INSTAGRAM,
    LAST_DAY,
    LINKEDIN,
    MARCH,
    History,
    approved_campaign,
    archived_campaign,
    completed_campaign,
    draft_campaign,
    eur,
    live_campaign,
    paused_campaign,
    ready_campaign,
)

from umt.domain import campaign as decide
from umt.domain.campaign import Allocation, CampaignImported, CampaignRevised, Objective, Schedule, Status
from umt.domain.errors import InsufficientBudget, InvalidValue, WrongStatus
from umt.domain.money import Money
from umt.domain.platform import Platform

BOTH = (GOOGLE, LINKEDIN)
AS_PLANNED = CampaignRevised("Spring", Objective.SALES, eur(1000), MARCH, BOTH)


def test_one_thing_is_changed_and_all_else_stays() -> None:
    given(*draft_campaign()).when(decide.revise, name=" Summer ").then(replace(AS_PLANNED, name="Summer")).then_state(
        name="Summer", objective=Objective.SALES, total_budget=eur(1000), schedule=MARCH, platforms=BOTH
    )


def test_everything_is_changed_at_once() -> None:
    """Money moves to a platform that was none of the campaign's until then: in two steps neither would do."""
    shares = (Allocation(INSTAGRAM, eur(2000)),)
    longer = replace(MARCH, ends_on=LAST_DAY.replace(year=LAST_DAY.year + 1))
    given(*draft_campaign()).when(decide.allocate, [Allocation(GOOGLE, eur(1000))]).then_state().when(
        decide.revise,
        name="Summer",
        objective=Objective.LEADS,
        total_budget=eur(2500),
        schedule=longer,
        platforms=[INSTAGRAM],
        allocation=shares,
        by="user:anna",
    ).then(CampaignRevised("Summer", Objective.LEADS, eur(2500), longer, (INSTAGRAM,), shares, "user:anna")).then_state(
        allocation={INSTAGRAM: eur(2000)}, reserve=eur(500), platforms=(INSTAGRAM,), authors=("user:anna",)
    )


@pytest.mark.parametrize("history", [draft_campaign(), live_campaign(), archived_campaign()])
def test_what_is_planned_already_changes_nothing_whatever_the_status(history: History) -> None:
    state = given(*history).state
    given(*history).when(decide.revise).then_nothing().when(
        decide.revise,
        name=state.name,
        objective=state.objective,
        total_budget=state.total_budget,
        schedule=state.schedule,
        platforms=state.platforms,
        allocation=[Allocation(*share) for share in state.allocation.items()],
    ).then_nothing()


def test_a_revision_takes_the_approval_back() -> None:
    given(*approved_campaign()).when(decide.revise, name="Summer").then_state(status=Status.DRAFT, approved_by=None)


def test_shares_that_are_not_named_stay_where_they_are() -> None:
    given(*ready_campaign(google="600 EUR")).when(decide.revise, total_budget=eur(600)).then_state(
        allocation={GOOGLE: eur(600)}, reserve=eur(0)
    )


@pytest.mark.parametrize("history", [live_campaign(), paused_campaign(), completed_campaign(), archived_campaign()])
def test_only_a_draft_is_revised(history: History) -> None:
    given(*history).when(decide.revise, name="Summer").then_fails(WrongStatus, "draft or approved")


def test_an_imported_campaign_is_not_revised() -> None:
    imported = CampaignImported("Autumn", "fb-1", "EUR", (GOOGLE,))
    given(imported).when(decide.revise, name="Summer").then_fails(WrongStatus)
    given(imported).when(decide.revise).then_nothing()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"total_budget": eur(0)}, "totalBudget"),
        ({"total_budget": Money.of(1000, "USD")}, "totalBudget.currency"),
        ({"schedule": Schedule(LAST_DAY, LAST_DAY)}, "schedule.endsOn"),
        ({"schedule": replace(MARCH, time_zone="Mars")}, "schedule.timeZone"),
        ({"platforms": []}, "platforms"),
        ({"platforms": [Platform.CMS]}, "platforms"),
        ({"allocation": [Allocation(INSTAGRAM, eur(1))]}, "allocation.0.platform"),
        ({"allocation": [Allocation(GOOGLE, Money.of(1, "USD"))]}, "allocation.0.amount.currency"),
    ],
)
def test_what_is_planned_must_be_sound(changes: dict[str, Any], field: str) -> None:
    refusal = given(*ready_campaign(google="600 EUR")).when(decide.revise, **changes).then_fails(InvalidValue)
    assert refusal.field == field


def test_no_less_than_is_shared_out() -> None:
    ready = given(*ready_campaign(google="600 EUR"))
    assert ready.when(decide.revise, total_budget=eur(599)).then_fails(InsufficientBudget).field == "totalBudget"
    dear = [Allocation(GOOGLE, eur(1001))]
    assert ready.when(decide.revise, allocation=dear).then_fails(InsufficientBudget).field == "allocation"
    given(*ready_campaign(google="600 EUR")).when(
        decide.revise, total_budget=eur(599), allocation=[Allocation(GOOGLE, eur(599))]
    ).then_state(reserve=eur(0))


def test_a_platform_with_money_or_an_ad_set_stays() -> None:
    ready = given(*ready_campaign(google="600 EUR", linkedin="400 EUR"))
    ready.when(decide.revise, platforms=[GOOGLE]).then_fails(InvalidValue, "has a share")
    ready.when(decide.revise, platforms=[GOOGLE], allocation=[]).then_fails(InvalidValue, "ad set 'Parents'")
