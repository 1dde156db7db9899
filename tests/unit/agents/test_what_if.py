"""A campaign's history branched: the same settings decide the same, other ones what they would have decided."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from tests.in_memory import ACME, SYSTEM, InMemory, InMemoryTransaction, InMemoryTriggers, InMemoryWriter
from tests.unit.agents.test_branch_transaction import InMemoryHistory
from tests.unit.agents.test_optimising import BAD, BOTH, GOOD, NOW, fortnight
from tests.unit.domain.stories import CAMPAIGN, GOOGLE, LINKEDIN, eur, live_campaign

from umt.application.agents import AGENTS
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.commands.agents import SetAgentApproval, StartAgent, StopAgent
from umt.application.commands.analytics import RecordPerformance
from umt.application.commands.campaign import (
    OptimizeCampaign,
    PauseCampaign,
    PausePlatform,
    RaiseBudget,
    ReallocateBudget,
    ResumePlatform,
)
from umt.application.commands.recommendations import AcceptRecommendation, RejectRecommendation
from umt.application.dispatch import Command
from umt.application.transaction import Context
from umt.application.what_if import Walk, WhatIf, supposed
from umt.application.what_if.walk import JUDGED
from umt.domain.agent_policy import AgentStarted
from umt.domain.agent_run import DecisionMade, RunHeld, RunStarted
from umt.domain.campaign import OptimizationRequested
from umt.domain.errors import InvalidValue, NotFound
from umt.domain.performance import Record
from umt.domain.platform import Platform
from umt.domain.recommendation import RecommendationMade
from umt.domain.recorded import Actor, ActorKind

AGENT = AGENTS["content-ads"]
BY_AGENT = Context(workspace=ACME, actor=Actor(ActorKind.AGENT, AGENT.name))
BY_PERSON = Context(workspace=ACME, actor=SYSTEM)


class Scene:
    """A live campaign with 200 EUR in reserve: Google does well, LinkedIn badly."""

    def __init__(self, **figures: dict[str, int]) -> None:
        self.memory = InMemory(NOW)
        self.memory.happened(CAMPAIGN, *live_campaign(**BOTH))
        self.start = len(self.memory.log)
        self.reported(**(figures or {"google": GOOD, "linkedin": BAD}))

    def reported(self, **figures: dict[str, int]) -> Scene:
        """Each platform reports eighteen equal days up to yesterday."""
        now = self.memory.now
        for platform, of_platform in figures.items():
            days = ((day + (now - NOW), seen) for day, seen in fortnight(**of_platform).items())
            records = tuple(Record("ad", day, seen) for day, seen in days)
            of = Platform(platform)
            report = RecordPerformance(campaign=CAMPAIGN, platform=of, currency="EUR", reported_at=now, records=records)
            self.asks(report, BY_AGENT)
        return self

    def asks(self, command: Command, by: Context = BY_PERSON) -> Scene:
        """Somebody asks for something, and the agent takes up what came of it."""
        done = len(self.memory.log)
        tx = InMemoryTransaction(self.memory, by)
        command.handle(tx)
        tx.commit()
        runtime = self.runtime()
        while done < len(self.memory.log):
            if isinstance(self.memory.log[done].event, (*JUDGED, AgentStarted)):
                runtime.react(AGENT, self.memory.log[done]).result()
            done += 1
        return self

    def wakes(self) -> Scene:
        """What is due comes due."""
        runtime = self.runtime()
        for timer in list(self.memory.timers.values()):
            if timer.due_at <= self.memory.now:
                runtime.wake(timer)
        return self

    def runtime(self) -> AgentRuntime:
        triggers = InMemoryTriggers(self.memory)
        return AgentRuntime(InMemoryWriter(self.memory), {AGENT.name: AGENT}, Authorisation(), triggers)

    def judged(self) -> Scene:
        return self.asks(OptimizeCampaign(campaign=CAMPAIGN, reason="daily schedule"), BY_AGENT)

    def days_later(self, days: int) -> Scene:
        self.memory.now += timedelta(days=days)
        return self

    def accepts(self, action: str) -> Scene:
        return self.asks(AcceptRecommendation(recommendation=self._recommended(action)))

    def rejects(self, action: str) -> Scene:
        return self.asks(RejectRecommendation(recommendation=self._recommended(action), reason="no"))

    def _recommended(self, action: str) -> UUID:
        return next(
            each.stream
            for each in self.memory.log
            if isinstance(each.event, RecommendationMade) and each.event.change.action.value == action
        )

    def what_if(self, *given: str, at: int | None = None) -> WhatIf:
        return self.walk(*given, at=at).walked()

    def walk(self, *given: str, at: int | None = None, until: int | None = None) -> Walk:
        position = self.start if at is None else at
        history, head = InMemoryHistory(self.memory), len(self.memory.log)
        return Walk(history, AGENT, CAMPAIGN, position, supposed(given), head=head, until=until)

    def position(self, of: type) -> int:
        return next(each.position for each in self.memory.log if isinstance(each.event, of))


def allocations(answer: WhatIf, branch: bool = True) -> dict[Platform, Decimal | None]:
    return {end.platform: end.allocated_branch if branch else end.allocated_then for end in answer.platforms}


def amounts(*numbers: int) -> tuple[Decimal | None, ...]:
    return tuple(map(Decimal, numbers))


def is_the_same(answer: WhatIf) -> bool:
    return bool(answer.decisions) and all(each.same for each in answer.decisions) and answer.then == answer.branch


def test_the_same_settings_decide_the_same() -> None:
    answer = Scene().judged().what_if()
    assert is_the_same(answer)
    assert answer.then.moved == 20
    assert {each.platform: each.active_branch for each in answer.platforms} == {GOOGLE: True, LINKEDIN: False}


def test_nothing_of_a_branch_reaches_history() -> None:
    scene = Scene().judged()
    before = list(scene.memory.log), dict(scene.memory.timers), list(scene.memory.jobs)
    scene.what_if("guardrail.step_of_platform=0.04")
    assert (scene.memory.log, scene.memory.timers, scene.memory.jobs) == before


def test_a_stricter_guardrail_moves_less_and_says_so_beside_what_was_moved() -> None:
    answer = Scene().judged().what_if("guardrail.step_of_platform=0.04")
    raised = next(each for each in answer.decisions if each.then and each.then.action == "raise_budget")
    assert raised.then
    assert raised.branch
    assert (raised.then.amount, raised.branch.amount) == amounts(20, 16)
    assert not raised.same_verdict
    assert (allocations(answer, branch=False)[GOOGLE], allocations(answer)[GOOGLE]) == amounts(420, 416)
    assert (answer.then.moved, answer.branch.moved, answer.branch.reserve) == amounts(20, 16, 184)


def test_a_guardrail_that_holds_everything_leaves_a_platform_running() -> None:
    answer = Scene().judged().what_if("guardrail.minimum_days=90")
    assert {each.branch.action for each in answer.decisions if each.branch} == {"hold"}
    assert all(end.active_branch for end in answer.platforms)
    assert answer.branch.recommendations == {}


def test_what_follows_is_decided_on_the_branchs_own_allocation() -> None:
    scene = Scene().judged().days_later(8).reported(google=GOOD).judged()
    answer = scene.what_if("guardrail.step_of_platform=0.04", "guardrail.pace_growth=10")
    again = [each.branch for each in answer.decisions if each.branch and each.branch.action == "raise_budget"]
    assert [each.amount for each in again] == [16, Decimal("16.64")], "0.04 of 400, then of 416"


def test_what_a_person_accepted_is_accepted_in_the_branch() -> None:
    scene = Scene().asks(SetAgentApproval(thresholds=(eur(10),))).judged().accepts("raise_budget")
    same = scene.what_if()
    assert is_the_same(same)
    assert "carry_out" in {each.branch.action for each in same.decisions if each.branch}
    smaller = scene.what_if("guardrail.step_of_platform=0.04")
    assert (smaller.then.moved, smaller.branch.moved) == amounts(20, 16)


def test_what_no_person_accepted_stays_proposed_or_expires() -> None:
    scene = Scene().judged()
    answer = scene.what_if("policy.threshold=10 EUR")
    assert answer.branch.moved == 0
    assert answer.branch.recommendations["proposed"] == 1
    assert answer.waiting == ("2026-03-20: raise_budget google 20.00 EUR",)
    scene.days_later(4).asks(PauseCampaign(campaign=CAMPAIGN, reason="enough"))
    assert scene.what_if("policy.threshold=10 EUR").branch.recommendations["expired"] == 1
    assert scene.what_if("policy.threshold=10 EUR", "policy.approval_hours=720").branch.recommendations["proposed"] == 1


def test_what_a_person_rejected_is_rejected_in_the_branch() -> None:
    scene = Scene().asks(SetAgentApproval(thresholds=(eur(10),))).judged().rejects("raise_budget")
    assert is_the_same(scene.what_if())
    assert scene.what_if("guardrail.step_of_platform=0.04").branch.recommendations["rejected"] == 1


def test_without_the_threshold_of_then_a_persons_word_is_not_needed() -> None:
    scene = Scene().asks(SetAgentApproval(thresholds=(eur(10),))).judged().accepts("raise_budget")
    answer = scene.what_if("policy.threshold=none")
    assert answer.branch.moved == 20
    assert [each.type for each in answer.refused] == ["recommendation.accepted"]


def test_in_a_dry_run_everything_is_only_said() -> None:
    answer = Scene().judged().what_if("policy.dry_run=true")
    assert answer.branch.moved == 0
    assert set(answer.branch.recommendations) == {"simulated"}


def test_what_people_asked_for_happens_in_the_branch_as_well() -> None:
    scene = Scene(google=GOOD)
    move = ReallocateBudget(campaign=CAMPAIGN, source=LINKEDIN, target=GOOGLE, amount=eur(50), reason="ours")
    scene.asks(move).asks(PausePlatform(campaign=CAMPAIGN, platform=LINKEDIN, reason="ours"))
    scene.asks(ResumePlatform(campaign=CAMPAIGN, platform=LINKEDIN)).days_later(8).judged()
    answer = scene.what_if()
    assert is_the_same(answer)
    assert allocations(answer)[LINKEDIN] == 350
    assert answer.refused == ()


def test_what_people_asked_for_and_is_not_possible_in_the_branch_is_said() -> None:
    scene = Scene().judged().asks(RaiseBudget(campaign=CAMPAIGN, platform=GOOGLE, amount=eur(120), reason="ours"))
    loose = scene.what_if("guardrail.step_of_platform=0.9", "guardrail.step_of_total=0.9", "guardrail.pace_growth=10")
    (refused,) = loose.refused
    assert refused.type == "campaign.budget_raised"
    assert "reserve" in refused.reason


@pytest.mark.parametrize("before_the_branch", [True, False])
def test_what_waited_for_a_stopped_agent_is_decided_on_once_it_works_again(before_the_branch: bool) -> None:
    scene = Scene().asks(StopAgent(agent="content-ads", reason="stop")).judged().days_later(1)
    scene.asks(StartAgent(agent="content-ads"))
    at = scene.position(RunHeld) if before_the_branch else None
    answer = scene.what_if(at=at)
    assert is_the_same(answer)
    assert "pause" in {each.branch.action for each in answer.decisions if each.branch}


@pytest.mark.parametrize("before_the_branch", [True, False])
def test_what_came_of_a_change_is_measured_in_the_branch_as_well(before_the_branch: bool) -> None:
    scene = Scene().judged()
    at = len(scene.memory.log) if before_the_branch else None
    scene.days_later(11).reported(google=GOOD).wakes()
    answer = scene.what_if(at=at)
    assert is_the_same(answer)
    assert "measure" in {each.branch.action for each in answer.decisions if each.branch}


def test_a_recommendation_from_before_the_branch_expires_where_it_did() -> None:
    scene = Scene().asks(SetAgentApproval(thresholds=(eur(10),))).judged()
    at = len(scene.memory.log)
    answer = scene.days_later(4).wakes().what_if(at=at)
    assert answer.then == answer.branch
    assert answer.branch.recommendations == {"applied": 1, "expired": 1}


def test_a_reaction_is_branched_whole_or_not_at_all() -> None:
    scene = Scene().judged()
    within = scene.position(DecisionMade)
    answer = scene.what_if(at=within)
    assert answer.position < scene.position(RunStarted) < within
    assert is_the_same(answer)


@pytest.mark.parametrize("place", [OptimizationRequested, RunStarted])
def test_a_request_from_before_the_branch_is_decided_on_after_it(place: type) -> None:
    scene = Scene().judged()
    assert is_the_same(scene.what_if(at=scene.position(place)))


def test_a_branch_begins_within_the_campaigns_life_and_ends_after_it_began() -> None:
    scene = Scene().judged()
    head = len(scene.memory.log)
    for position in (0, head, 10_000):
        with pytest.raises(InvalidValue, match=f"at: must be from 1, where the campaign begins, to {head - 1}"):
            scene.walk(at=position)
    for until in (3, 5, head + 1):
        with pytest.raises(InvalidValue, match=f"until: must be from 6 to {head}, the newest event"):
            scene.walk(at=5, until=until)
    with pytest.raises(NotFound):
        Walk(InMemoryHistory(scene.memory), AGENT, ACME, 1, supposed(()), head=head)


def test_up_to_where_it_is_told_a_branch_goes() -> None:
    scene = Scene().judged()
    until = len(scene.memory.log)
    scene.days_later(1).reported(google=GOOD).judged()
    scene.asks(PauseCampaign(campaign=CAMPAIGN, reason="enough"))
    answer = scene.walk(until=until).walked()
    assert is_the_same(answer)
    assert answer.then.status == "live"
