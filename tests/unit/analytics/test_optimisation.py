"""The four rules, what holds them back, and what no decision may ever break."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import msgspec
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from tests.unit.analytics.story import TODAY, a_day, days, falling, given, on, stopped_by
from tests.unit.analytics.strategies import CAMPAIGNS, GUARDRAILS

from umt.domain.analytics.decision import Action, Decision, apply
from umt.domain.analytics.figures import CampaignSnapshot
from umt.domain.analytics.guardrails import Guardrails
from umt.domain.analytics.optimisation import optimise
from umt.domain.money import minor_unit
from umt.domain.platform import Platform

GOOGLE, FACEBOOK, LINKEDIN = Platform.GOOGLE, Platform.FACEBOOK, Platform.LINKEDIN
PAUSE, RAISE, MOVE, ALERT, HOLD = Action.PAUSE, Action.RAISE_BUDGET, Action.REALLOCATE, Action.ALERT, Action.HOLD

USUAL, BAD, GOOD = days(roas="2"), days(roas="0.5"), days(roas="6")
FADING = days(28, falling)


def test_a_platform_that_returns_too_little_is_paused() -> None:
    story = given(on(GOOGLE, BAD), on(FACEBOOK, USUAL)).when_optimised().then((PAUSE, GOOGLE))
    assert story.only.amount is None
    assert story.only.reason == (
        "Google scores 0.12 on 14 settled days (1,400.00 EUR spent, 168 conversions, 700.00 EUR revenue), "
        "below 0.3. Pause Google."
    )
    assert [each.platform for each in story.afterwards.active] == [FACEBOOK]
    assert story.afterwards.reserve == story.given.reserve


def test_the_last_active_platform_is_held_and_the_worse_of_two_is_paused_first() -> None:
    worse = days(roas="0.1")
    story = given(on(FACEBOOK, BAD), on(GOOGLE, worse)).when_optimised().then((PAUSE, GOOGLE), (HOLD, FACEBOOK))
    assert stopped_by(story.decisions[1]) == ["Active platforms left"]


def test_of_two_equally_bad_platforms_the_same_one_is_paused_in_whatever_order_they_come() -> None:
    tiktok, x = on(Platform.TIKTOK, BAD), on(Platform.X, BAD)
    for platforms in ((tiktok, x), (x, tiktok)):
        given(*platforms).when_optimised().then((PAUSE, Platform.TIKTOK), (HOLD, Platform.X))


def test_a_platform_that_returns_much_gets_money_from_the_reserve() -> None:
    story = given(on(GOOGLE, GOOD), on(FACEBOOK, USUAL)).when_optimised().then((RAISE, GOOGLE))
    assert story.only.amount == Decimal("2000.00")
    assert story.only.reason.endswith("above 0.8. Raise its budget by 2,000.00 EUR from the reserve.")
    assert story.afterwards.reserve == 3_000
    assert [each.allocated for each in story.afterwards.platforms] == [12_000, 10_000]


def test_the_best_platform_is_served_first_from_a_scarce_reserve() -> None:
    story = given(on(GOOGLE, GOOD), on(FACEBOOK, days(roas="9")), reserve="1900").when_optimised()
    story.then((RAISE, FACEBOOK), (HOLD, GOOGLE))
    assert story.decisions[0].amount == Decimal("1900.00")
    assert stopped_by(story.decisions[1]) == ["Reserve"]


def test_a_fading_platform_gives_to_the_best_scoring_active_one() -> None:
    story = given(
        on(GOOGLE, FADING), on(FACEBOOK, GOOD), on(LINKEDIN, days(roas="9"), active=False), reserve="0"
    ).when_optimised()
    story.then((MOVE, GOOGLE), (HOLD, FACEBOOK))
    move = story.decisions[0]
    assert (move.target, move.amount) == (FACEBOOK, Decimal("2000.00"))
    assert "Google's return fell by " in move.reason
    assert move.reason.endswith("Move 2,000.00 EUR of its unspent money to Facebook.")
    assert [each.allocated for each in story.afterwards.platforms] == [8_000, 12_000, 10_000]


def test_a_fading_platform_keeps_its_money_when_no_other_is_clearly_better() -> None:
    story = given(on(GOOGLE, FADING), on(FACEBOOK, USUAL)).when_optimised().then((HOLD, GOOGLE))
    assert stopped_by(story.only) == ["Better active platforms free to receive"]


def test_money_is_not_moved_to_a_platform_that_was_changed_of_late() -> None:
    yesterday = TODAY - timedelta(days=1)
    story = given(on(GOOGLE, FADING), on(FACEBOOK, GOOD, last_changed=yesterday)).when_optimised()
    story.then((HOLD, GOOGLE), (HOLD, FACEBOOK))


def test_an_odd_day_raises_an_alert_and_moves_nothing() -> None:
    odd = (*USUAL[:-1], a_day(1, spend="400", roas="0"))
    story = given(on(GOOGLE, odd), on(FACEBOOK, USUAL)).when_optimised().then((ALERT, GOOGLE))
    assert story.only.reason == (
        "Google's spend on 2026-05-21: 400.00 EUR where 100.00 EUR was expected (deviation +30.0, ordinary up to 3.5)."
    )
    assert story.afterwards.budget == story.given.budget


def test_an_alert_comes_besides_a_decision_on_money() -> None:
    odd = (*BAD[:-1], a_day(1, clicks=5_000, roas="0.5"))
    given(on(GOOGLE, odd), on(FACEBOOK, USUAL)).when_optimised().then((PAUSE, GOOGLE), (ALERT, GOOGLE))


def test_a_verdict_without_enough_days_is_held_and_says_so() -> None:
    story = given(on(GOOGLE, days(8, "0.2")), on(FACEBOOK, USUAL)).when_optimised().then((HOLD, GOOGLE))
    assert stopped_by(story.only) == ["Settled days"]
    assert story.only.reason.endswith("Held (pause): Settled days: at least 7 days, observed 6.")


def test_a_platform_in_cooldown_is_held() -> None:
    recent = on(GOOGLE, BAD, last_changed=TODAY - timedelta(days=2))
    story = given(recent, on(FACEBOOK, USUAL)).when_optimised().then((HOLD, GOOGLE))
    assert stopped_by(story.only) == ["Days since Google was changed"]


def test_a_second_run_on_the_same_day_changes_nothing_more() -> None:
    story = given(on(GOOGLE, GOOD), on(FACEBOOK, USUAL)).when_optimised()
    again = optimise(story.afterwards, TODAY)
    assert [(each.action, each.platform) for each in again] == [(HOLD, GOOGLE)]


def test_when_no_rule_applies_this_is_said_once() -> None:
    story = given(on(GOOGLE, USUAL), on(FACEBOOK, USUAL)).when_optimised().then((HOLD, None))
    assert story.only.reason.startswith("No rule applies")
    given().when_optimised().then((HOLD, None))


def test_conversions_still_being_restated_and_the_running_day_decide_nothing() -> None:
    unsettled = tuple(a_day(age, roas="0" if age < 3 else "2", conversions=12) for age in range(28, -1, -1))
    given(on(GOOGLE, unsettled), on(FACEBOOK, USUAL)).when_optimised().then((HOLD, None))


def test_a_campaign_whose_revenue_nobody_records_is_judged_by_its_conversions() -> None:
    silent = days(roas="0")
    given(on(GOOGLE, silent), on(FACEBOOK, silent)).when_optimised().then((HOLD, None))
    costly = days(roas="0", conversions=2)
    given(on(GOOGLE, costly), on(FACEBOOK, silent)).when_optimised().then((PAUSE, GOOGLE), (RAISE, FACEBOOK))


def test_guardrails_are_shown_with_the_decision_they_let_pass() -> None:
    decision = given(on(GOOGLE, GOOD), on(FACEBOOK, USUAL)).when_optimised().only
    assert [each.name for each in decision.guardrails] == [
        "Settled days",
        "Settled spend",
        "Clicks seen or expected",
        "Age of the newest figures",
        "Days left in the campaign",
        "Largest step of the campaign today",
        "What agents may still move in all",
        "Largest step of Google",
        "What Google can still spend",
        "Reserve",
        "Smallest move",
    ]
    assert all(each.met for each in decision.guardrails)


@for_all(CAMPAIGNS, GUARDRAILS)
@settings(max_examples=300)
def test_no_set_of_decisions_breaks_an_invariant(campaign: CampaignSnapshot, guardrails: Guardrails) -> None:
    decisions = optimise(campaign, TODAY, guardrails)
    after = apply(campaign, decisions, TODAY)
    unit = minor_unit(campaign.currency)
    moving = [each for each in decisions if each.amount is not None]

    assert after.budget == campaign.budget
    assert after.reserve >= 0
    assert len(after.active) >= min(1, len(campaign.active))
    for before, now in zip(campaign.platforms, after.platforms, strict=True):
        assert now.allocated >= min(before.allocated, before.spent)
        assert abs(now.allocated - before.allocated) <= guardrails.step_of_platform * before.allocated
        assert before.active or now == before
    for each in moving:
        assert each.amount is not None
        assert each.amount > 0
        assert each.amount % unit == 0
        assert each.action in (RAISE, MOVE)
        assert (each.target is None) == (each.action is RAISE)
        if each.action is MOVE:
            giver = next(one for one in campaign.platforms if one.platform is each.platform)
            assert giver.unspent - each.amount >= guardrails.safety_days * giver.pace(TODAY)
    moved = sum(each.amount or 0 for each in moving)
    assert not moving or campaign.moved_today + moved <= guardrails.step_of_total * campaign.budget


@for_all(CAMPAIGNS, GUARDRAILS)
def test_every_decision_explains_itself(campaign: CampaignSnapshot, guardrails: Guardrails) -> None:
    decisions = optimise(campaign, TODAY, guardrails)
    assert decisions
    for each in decisions:
        assert 0 <= each.score <= 1
        assert 0 <= each.confidence <= 1
        assert each.reason.endswith(".")
        assert each.action in (ALERT, HOLD) or all(one.met for one in each.guardrails)
        assert each.action is not HOLD or each.platform is None or stopped_by(each)
    on_money = [each.platform for each in decisions if each.action is not ALERT]
    assert len(on_money) == len(set(on_money))
    assert msgspec.json.decode(msgspec.json.encode(decisions), type=tuple[Decision, ...]) == decisions


@for_all(CAMPAIGNS, st.randoms(use_true_random=False))
def test_the_same_campaign_gives_the_same_decisions_in_whatever_order_it_is_told(
    campaign: CampaignSnapshot, chance: Random
) -> None:
    platforms = [
        msgspec.structs.replace(each, days=tuple(chance.sample(each.days, len(each.days))))
        for each in campaign.platforms
    ]
    chance.shuffle(platforms)
    shuffled = msgspec.structs.replace(campaign, platforms=tuple(platforms))
    assert optimise(shuffled, TODAY) == optimise(campaign, TODAY)
