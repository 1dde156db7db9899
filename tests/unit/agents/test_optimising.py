"""Content & Ad Management judging a campaign: from figures to scores, decisions and commands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.unit.agents.story import World
from tests.unit.domain.stories import CAMPAIGN, GOOGLE, LINKEDIN, at, eur, live_campaign, paused_campaign

from umt.application.agents.content_ads import agent
from umt.application.agents.reaction import Step
from umt.application.commands.campaign import RecordScore
from umt.application.commands.recommendations import Recommend
from umt.domain.agent_run import DecisionMade
from umt.domain.analytics.decision import Action
from umt.domain.campaign import OptimizationRequested
from umt.domain.event import Event
from umt.domain.performance import Figures
from umt.domain.platform import Platform

NOW = at("2026-03-20T02:30Z")
ASKED = OptimizationRequested("daily schedule")
BOTH = {"google": "400 EUR", "linkedin": "400 EUR"}


def fortnight(**figures: int) -> dict[date, Figures]:
    """Eighteen equal days up to yesterday: 10 EUR a day and these figures."""
    revenue = Decimal(figures.pop("revenue"))
    day = Figures(spend=Decimal(10), revenue=revenue, **figures)
    return {NOW.date() - timedelta(days=age): day for age in range(1, 19)}


GOOD = {"impressions": 2000, "clicks": 200, "conversions": 30, "revenue": 120}
BAD = {"impressions": 20_000, "clicks": 40, "conversions": 0, "revenue": 0}


def judged(history: tuple[Event, ...], **figures: dict[str, int]) -> list[Step]:
    world = World(NOW).has(CAMPAIGN, *history)
    for platform, of_platform in figures.items():
        world.performed(CAMPAIGN, Platform(platform), fortnight(**of_platform))
    return world.reaction(agent, CAMPAIGN, ASKED)


def test_a_campaign_that_is_not_live_is_not_judged() -> None:
    assert judged(paused_campaign(**BOTH), google=BAD) == []


def test_every_verdict_begins_with_scores() -> None:
    score, *_ = judged(live_campaign(**BOTH), google=GOOD, linkedin=BAD)
    assert isinstance(score, RecordScore)
    assert score.on == NOW.date()
    assert 0 <= score.score <= 1
    by_platform = {each.platform: each.score for each in score.platforms}
    assert by_platform[GOOGLE] > Decimal("0.8") > Decimal("0.3") > by_platform[LINKEDIN]


def test_a_bad_platform_is_paused_and_the_decision_says_why() -> None:
    steps = judged(live_campaign(**BOTH), google=GOOD, linkedin=BAD)
    pause = next(step for step in steps if isinstance(step, Recommend) and step.made.change.action is Action.PAUSE)
    decision = steps[steps.index(pause) - 1]
    assert (pause.made.campaign, pause.made.change.platform) == (CAMPAIGN, LINKEDIN)
    assert isinstance(decision, DecisionMade)
    assert (decision.action, decision.target, decision.reason) == ("pause", "linkedin", pause.made.reason)
    assert decision.recommendation == pause.recommendation
    assert decision.evidence
    assert all(guardrail.met for guardrail in decision.guardrails)


def test_a_good_platform_is_raised_from_the_reserve_within_its_step() -> None:
    steps = judged(live_campaign(**BOTH), google=GOOD, linkedin=GOOD | {"revenue": 60})
    raised = [step.made.change.amount for step in steps if isinstance(step, Recommend) and step.made.change.amount]
    assert raised
    assert all(eur(0) < amount <= eur(80) for amount in raised), "a fifth of the platform's 400 EUR at most"
    assert sum(raised, eur(0)) <= eur(100), "a tenth of the campaign's 1,000 EUR at most"


def test_without_figures_nothing_moves_and_the_reason_is_on_record() -> None:
    score, *decisions = judged(live_campaign(**BOTH))
    assert isinstance(score, RecordScore)
    assert decisions
    for decision in decisions:
        assert isinstance(decision, DecisionMade)
        assert decision.action == "hold"
