"""People in command: what is stopped, run dry, left to approval, cancelled and tried again, as the outside sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from tests.integration.agents.conftest import Marketer, Outside, until
from tests.integration.agents.test_campaign import launched
from tests.integration.agents.test_content import connect_blog, drafted
from tests.integration.agents.test_takeover import created, struck

from umt.application.commands.agents import (
    CancelRun,
    RetryRun,
    SetAgentApproval,
    SetDryRun,
    StartAgent,
    StopAgent,
)
from umt.application.commands.content import ApproveContent, SelectVariation
from umt.application.commands.recommendations import AcceptRecommendation, RejectRecommendation
from umt.application.transaction import Context
from umt.domain.agent_run import (
    EffectCancelled,
    EffectHeld,
    EffectWithheld,
    RunHeld,
    RunReleased,
    RunStarted,
)
from umt.domain.campaign import BudgetRaised, BudgetReallocated, PlatformPaused
from umt.domain.content import Status
from umt.domain.errors import SecondPersonNeeded, WrongStatus
from umt.domain.event import Event, fold
from umt.domain.money import Money
from umt.domain.recommendation import (
    Recommendation,
    RecommendationApplied,
    RecommendationExpired,
    RecommendationMade,
    RecommendationRejected,
)
from umt.domain.recommendation import Status as State
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import MemberAdded, Role, Workspace

ADS = "content-ads"


def run_of(marketer: Marketer, kind: type[Event]) -> UUID:
    """The run in which something of the kind happened last."""
    return [r.stream for r in marketer.log() if isinstance(r.event, kind)][-1]


def happened(marketer: Marketer, kind: type[Event]) -> Callable[[], bool]:
    return lambda: any(isinstance(r.event, kind) for r in marketer.log())


def publishing(marketer: Marketer, outside: Outside) -> UUID:
    connect_blog(marketer, outside)
    content = drafted(marketer)
    marketer.does(SelectVariation(content=content, number=1))
    return content


def test_what_comes_up_for_a_stopped_agent_waits_and_is_taken_up_once(marketer: Marketer, outside: Outside) -> None:
    content = publishing(marketer, outside)
    marketer.does(StopAgent(agent=ADS, reason="the texts are wrong"))
    marketer.does(ApproveContent(content=content))
    until(happened(marketer, RunHeld), 10, "the reaction did not wait")
    time.sleep(0.5)
    assert created(outside, marketer) == []
    marketer.does(StartAgent(agent=ADS))
    until(happened(marketer, RunReleased), 10, "what waited was not taken up")
    marketer.at_rest()
    assert marketer.state(content).status is Status.PUBLISHED
    assert len(created(outside, marketer)) == 1


def test_an_agent_that_is_stopped_in_the_middle_sends_nothing_more(marketer: Marketer, outside: Outside) -> None:
    content = publishing(marketer, outside)
    outside.faults(rules=[{"kind": "slow", "platform": "wordpress", "method": "GET", "times": 1, "seconds": 1.5}])
    marketer.does(ApproveContent(content=content))
    struck(outside)
    marketer.does(StopAgent(reason="stop everything"))
    until(happened(marketer, EffectHeld), 10, "the effect did not wait")
    assert created(outside, marketer) == [], "the look-up was under way, and nothing followed it"
    marketer.does(StartAgent())
    marketer.at_rest()
    assert len(created(outside, marketer)) == 1
    assert marketer.state(content).status is Status.PUBLISHED


def test_an_agent_of_one_workspace_is_stopped_there_alone(marketer: Marketer, outside: Outside) -> None:
    marketer.does(StopAgent(reason="ours alone"))
    other = Marketer(marketer.system)
    content = publishing(other, outside)
    other.does(ApproveContent(content=content))
    other.at_rest()
    assert other.state(content).status is Status.PUBLISHED


def test_a_dry_run_changes_nothing_outside_until_what_it_withheld_is_tried_again(
    marketer: Marketer, outside: Outside
) -> None:
    content = publishing(marketer, outside)
    marketer.does(SetDryRun(on=True))
    marketer.does(ApproveContent(content=content))
    until(happened(marketer, EffectWithheld), 10, "nothing was withheld")
    marketer.at_rest()
    assert created(outside, marketer) == []
    assert marketer.state(content).status is Status.APPROVED
    marketer.does(SetDryRun(on=False))
    marketer.does(RetryRun(run=run_of(marketer, EffectWithheld)))
    until(lambda: marketer.state(content).status is Status.PUBLISHED, 20, "it was not published")
    assert len(created(outside, marketer)) == 1


def test_what_is_cancelled_is_told_to_the_agent_and_can_be_tried_again(marketer: Marketer, outside: Outside) -> None:
    content = publishing(marketer, outside)
    outside.faults(profile="outage")
    marketer.does(ApproveContent(content=content))
    until(lambda: any(r.status == "failing" for r in [_publication(marketer, content)]), 20, "no try failed")
    run = [
        r.stream
        for r in marketer.log()
        if isinstance(r.event, RunStarted) and r.event.trigger_type == "content.approved"
    ][-1]
    marketer.does(CancelRun(run=run, reason="wrong blog"))
    until(happened(marketer, EffectCancelled), 10, "it was not cancelled")
    until(lambda: marketer.state(content).publications[0].failure is not None, 10, "the content was not told")
    assert marketer.state(content).publications[0].failure == "wrong blog"
    outside.faults(profile="none")
    marketer.does(RetryRun(run=run))
    until(lambda: marketer.state(content).status is Status.PUBLISHED, 60, "it was not published")
    assert len(created(outside, marketer)) == 1


class _Publication:
    def __init__(self, status: str) -> None:
        self.status = status


def _publication(marketer: Marketer, content: UUID) -> _Publication:
    tries = [e for e in marketer.runs() if e.type_name == "agent_run.effect_attempted"]
    return _Publication("failing" if tries else "quiet")


# Approval


def days_pass(marketer: Marketer, outside: Outside, most: int = 18) -> list[tuple[UUID, RecommendationMade]]:
    """Days until something is recommended that moves money; all that is."""
    for _ in range(most):
        outside.advance(marketer.system)
        marketer.at_rest()
        made = [(r.stream, r.event) for r in marketer.log() if isinstance(r.event, RecommendationMade)]
        if any(event.change.amount for _, event in made):
            return [(stream, event) for stream, event in made if event.change.amount]
    pytest.fail("nothing that moves money was recommended")


def second_person(marketer: Marketer) -> Context:
    """Another owner of the workspace."""
    other = uuid4()
    context = Context(workspace=marketer.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    added = MemberAdded(other, Role.OWNER)
    marketer.system.writer.run(context, lambda tx: tx.record(Workspace, marketer.workspace, added)).result()
    return Context(
        workspace=marketer.workspace,
        actor=Actor(ActorKind.USER, str(other)),
        role=Role.OWNER,
        principal=other,
    )


def recommendation(marketer: Marketer, stream: UUID) -> Recommendation:
    state = fold(marketer.events(stream))
    assert isinstance(state, Recommendation)
    return state


def moves(marketer: Marketer, campaign: UUID) -> list[Event]:
    return [e for e in marketer.events(campaign) if isinstance(e, BudgetRaised | BudgetReallocated)]


def test_above_the_threshold_a_person_decides_before_money_moves(marketer: Marketer, outside: Outside) -> None:
    marketer.does(SetAgentApproval(thresholds=(Money.parse("1 EUR"),), hours=24))
    campaign = launched(marketer, outside)
    stream, made = days_pass(marketer, outside)[0]
    assert recommendation(marketer, stream).status is State.PROPOSED
    assert made.guardrails
    assert made.evidence
    assert moves(marketer, campaign) == []
    accepted = AcceptRecommendation(recommendation=stream)
    marketer.does(accepted)
    until(lambda: recommendation(marketer, stream).status in (State.APPLIED, State.REJECTED), 20, "nothing came of it")
    marketer.at_rest()
    assert recommendation(marketer, stream).status is State.APPLIED, recommendation(marketer, stream).rejection
    (moved,) = moves(marketer, campaign)
    assert moved.recommendation == stream  # type: ignore[attr-defined]
    with pytest.raises(WrongStatus):
        marketer.does(accepted)


def test_what_nobody_decides_about_expires_and_what_is_rejected_is_not_done(
    marketer: Marketer, outside: Outside
) -> None:
    marketer.does(SetAgentApproval(thresholds=(Money.parse("1 EUR"),), hours=12))
    campaign = launched(marketer, outside)
    waiting = days_pass(marketer, outside)
    (first, _), *others = waiting
    marketer.does(RejectRecommendation(recommendation=first, reason="not in this season"))
    assert isinstance(marketer.events(first)[-1], RecommendationRejected)
    outside.advance(marketer.system)
    marketer.at_rest()
    for stream, _ in others:
        assert isinstance(marketer.events(stream)[-1], RecommendationExpired)
        with pytest.raises(WrongStatus):
            marketer.does(AcceptRecommendation(recommendation=stream))
    assert moves(marketer, campaign) == []


def test_whoever_had_the_campaign_judged_does_not_accept_what_came_of_it(marketer: Marketer, outside: Outside) -> None:
    from umt.application.commands.campaign import OptimizeCampaign

    marketer.does(SetAgentApproval(thresholds=(Money.parse("1 EUR"),), hours=72))
    campaign = launched(marketer, outside)
    for _ in range(16):
        outside.advance(marketer.system)
        marketer.at_rest()
    marketer.does(OptimizeCampaign(campaign=campaign, reason="have a look"))
    marketer.at_rest()
    asked = [
        r.stream
        for r in marketer.log()
        if isinstance(r.event, RecommendationMade)
        and r.event.asked_by == f"user:{marketer.user}"
        and recommendation(marketer, r.stream).status is State.PROPOSED
    ]
    if not asked:
        pytest.skip("nothing was recommended on this day")
    with pytest.raises(SecondPersonNeeded, match="somebody else"):
        marketer.does(AcceptRecommendation(recommendation=asked[0]))
    accepted = AcceptRecommendation(recommendation=asked[0])
    marketer.system.dispatcher.submit(accepted, second_person(marketer)).result()


def test_what_was_applied_is_measured_beside_what_was_expected(marketer: Marketer, outside: Outside) -> None:
    launched(marketer, outside, days=40)
    for _ in range(28):
        outside.advance(marketer.system)
        marketer.at_rest()
    applied = [r.stream for r in marketer.log() if isinstance(r.event, RecommendationApplied)]
    assert applied, "nothing was applied in four weeks"
    found = [recommendation(marketer, stream) for stream in applied]
    measured = [each for each in found if each.measured]
    assert measured
    for each in measured:
        assert each.expected
        assert each.measured
        assert (each.measured.outcome_unit, each.measured.days) == (each.expected.outcome_unit, each.expected.days)


def test_a_dry_run_recommends_and_moves_nothing(marketer: Marketer, outside: Outside) -> None:
    campaign = launched(marketer, outside)
    marketer.does(SetDryRun(on=True))
    for stream, _ in days_pass(marketer, outside):
        assert recommendation(marketer, stream).status is State.SIMULATED
    changed = [e for e in marketer.events(campaign) if isinstance(e, BudgetRaised | BudgetReallocated | PlatformPaused)]
    assert changed == []
