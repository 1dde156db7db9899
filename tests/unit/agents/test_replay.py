"""A run again from its record: what is the same, what is not, and what cannot be known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace
from tests.in_memory import ACME, SYSTEM, InMemory, InMemoryTransaction, InMemoryTriggers, InMemoryWriter
from tests.unit.domain.stories import BRAND, CAMPAIGN, GOOGLE, brand, eur

from umt.application.agents.reaction import Agent, Facts, Settled, Step
from umt.application.agents.replay import Change, Difference, differences
from umt.application.agents.replay.runs import RecordedRun, replayed
from umt.application.agents.runtime import ATTENDED, AgentRuntime, Turn
from umt.application.authorisation import Authorisation
from umt.application.commands.agents import CancelRun, RetryRun, SetDryRun, StartAgent, StopAgent
from umt.application.commands.brand import ArchiveBrand, DescribeBrand
from umt.application.dispatch import Command
from umt.application.effects import Done, SetActive, SetBudget
from umt.application.transaction import Context
from umt.domain.agent_run import DecisionMade, EffectRequested, EffectWithheld, FactsRead, RunFailed, RunStarted
from umt.domain.brand import Brand, BrandArchived, Industry
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind, Recorded, Unreadable

NAME = "brand-project"
BY_AGENT = Context(workspace=ACME, actor=Actor(ActorKind.AGENT, NAME))
BY_PERSON = Context(workspace=ACME, actor=SYSTEM)
LIMIT = SetBudget(
    lock="x",
    integration=UUID(int=7),
    campaign=CAMPAIGN,
    platform=GOOGLE,
    external_campaign_id="1",
    total=eur(5),
)


def decided(reason: str, action: str = "look", rule: str = "rule") -> DecisionMade:
    return DecisionMade(action=action, subject_kind="brand", subject=BRAND, reason=reason, rule=rule)


def an_agent(*steps: Step, told: str = "told", looks_at: UUID = BRAND, error: str = "") -> Agent:
    """Looks at a brand when it is archived, says these steps, and takes up what came of effects."""
    agent = Agent(NAME, "Watcher")

    @agent.on(BrandArchived)
    def say(event: BrandArchived, at: Recorded, facts: Facts) -> Iterator[Step]:
        facts.find(Brand, looks_at)
        if error:
            raise ValueError(error)
        yield from steps

    @agent.after(SetBudget)
    @agent.after(SetActive)
    def conclude(outcome: Settled, facts: Facts) -> Iterator[Step]:
        left = len(outcome.run.pending)
        yield decided(f"{told}: {outcome.error or 'done'}, {left} left", rule=outcome.effect.external_campaign_id)  # type: ignore[attr-defined]

    return agent


class Story:
    """An agent's run in memory."""

    def __init__(self, agent: Agent) -> None:
        self.memory, self.agent = InMemory(), agent
        self.runtime = AgentRuntime(
            InMemoryWriter(self.memory), {NAME: agent}, Authorisation(), InMemoryTriggers(self.memory)
        )
        self.memory.happened(BRAND, *brand())

    def reacted(self, turn: Turn = Turn()) -> Story:  # noqa: B008 - frozen
        self.trigger = self.memory.happened(BRAND, BrandArchived())
        self.runtime.react(self.agent, self.trigger, turn).result()
        return self

    def asks(self, command: Command) -> Story:
        """A person asks for something, and the agent meets what came of it."""
        before, tx = len(self.memory.log), InMemoryTransaction(self.memory, BY_PERSON)
        command.handle(tx)
        tx.commit()
        for recorded in [each for each in self.memory.log[before:] if each.event.type_name in ATTENDED]:
            self.runtime.react(self.agent, recorded).result()
        return self

    def settles(self, number: int, error: str | None = None) -> Story:
        job = self.memory.jobs[number]
        self.runtime.settle(BY_AGENT, job.run, job.effect, None if error else Done(), error, 1).result()
        return self

    @property
    def run(self) -> UUID:
        return next(each.stream for each in self.memory.log if isinstance(each.event, RunStarted))

    @property
    def record(self) -> list[Recorded]:
        return [each for each in self.memory.log if each.stream == self.run]

    def again(self, agent: Agent | None = None) -> list[Difference]:
        return differences(agent or self.agent, self.trigger, self.record)


def changes(found: list[Difference]) -> list[Change]:
    return [each.change for each in found]


def test_an_agent_that_has_not_changed_says_the_same() -> None:
    story = Story(
        an_agent(decided("a"), LIMIT, DescribeBrand(brand=BRAND, description="d", industry=Industry("Trade")))
    )
    assert story.reacted().settles(0).again() == []


def test_a_changed_reason_is_shown_beside_the_one_of_then() -> None:
    (found,) = Story(an_agent(decided("too dear"))).reacted().again(an_agent(decided("too cheap")))
    assert found.change is Change.DIFFERENT
    assert found.change.of_a_decision
    assert found.then
    assert found.now
    assert (found.then.content["reason"], found.now.content["reason"]) == ("too dear", "too cheap")
    assert found.asked == "brand.archived"


def test_what_is_not_said_any_more_is_missing_and_what_is_new_is_added() -> None:
    story = Story(an_agent(decided("a"), ArchiveBrand(brand=BRAND))).reacted()
    missing, added = story.again(an_agent(decided("a"), LIMIT))
    assert (missing.change, missing.then and missing.then.name) == (Change.MISSING, "ArchiveBrand")
    assert (added.change, added.now and added.now.name) == (Change.ADDED, "SetBudget")


def test_what_is_said_to_an_outcome_counts_as_well() -> None:
    story = Story(an_agent(LIMIT)).reacted().settles(0)
    (found,) = story.again(an_agent(LIMIT, told="heard"))
    assert found.asked == "SetBudget succeeded"
    assert found.change is Change.DIFFERENT


def test_a_request_from_before_a_field_was_added_equals_one_with_its_default() -> None:
    story = Story(an_agent(LIMIT)).reacted()
    for n, each in enumerate(story.memory.log):
        if isinstance(each.event, EffectRequested):
            request = msgspec.json.decode(each.event.request)
            del request["then"]
            older = replace(each.event, request=msgspec.json.encode(request).decode())
            story.memory.log[n] = replace(each, event=older)
    assert story.again() == []


def test_of_a_run_that_waited_counts_what_was_seen_when_it_was_taken_up() -> None:
    story = Story(an_agent(decided("a"), LIMIT))
    story.asks(StopAgent(agent=NAME, reason="stop")).reacted()
    assert story.again(an_agent(decided("b"))) == [], "it waits, so nothing was decided"
    story.asks(StartAgent(agent=NAME))
    assert any(isinstance(each.event, FactsRead) for each in story.record)
    assert story.again() == []
    assert changes(story.again(an_agent(decided("b"), LIMIT))) == [Change.DIFFERENT]


def test_a_run_that_broke_off_is_asked_whether_it_still_does() -> None:
    story = Story(an_agent(error="no such thing")).reacted()
    assert story.again() == []
    assert story.again(an_agent(error="something else")) == []
    mended, added = story.again(an_agent(decided("a")))
    assert (mended.change, added.change) == (Change.MENDED, Change.ADDED)
    assert "no such thing" in mended.note


def test_of_a_run_that_broke_off_before_it_looked_nothing_can_be_known() -> None:
    story = Story(an_agent(error="no")).reacted()
    story.memory.log = [each for each in story.memory.log if not isinstance(each.event, FactsRead)]
    (found,) = story.again(an_agent(decided("a")))
    assert found.change is Change.UNKNOWN
    assert not found.change.of_a_decision


def test_a_run_that_broke_off_and_was_taken_up_again_is_compared_from_there() -> None:
    faults = ["no"]
    agent = Agent(NAME, "Watcher")

    @agent.on(BrandArchived)
    def say(event: BrandArchived, at: Recorded, facts: Facts) -> Iterator[Step]:
        facts.find(Brand, BRAND)
        if faults:
            raise ValueError(faults.pop())
        yield decided("a")

    story = Story(agent).reacted()
    story.asks(RetryRun(run=story.run))
    first, second, third = story.again(an_agent(decided("b")))
    assert (first.change, second.change) == (Change.MENDED, Change.ADDED)
    assert third.change is Change.DIFFERENT


def test_an_outcome_that_the_agent_stumbled_over_is_told_again_when_the_run_is_taken_up() -> None:
    faults = ["no"]
    agent = an_agent(LIMIT)

    @agent.after(SetBudget)
    def conclude(outcome: Settled, facts: Facts) -> Iterator[Step]:
        if faults:
            raise ValueError(faults.pop())
        yield decided("told")

    story = Story(agent).reacted().settles(0)
    story.asks(RetryRun(run=story.run))
    mended, added = story.again()
    assert (mended.asked, mended.change, added.change) == ("SetBudget succeeded", Change.MENDED, Change.ADDED)


def test_what_was_withheld_in_a_dry_run_was_asked_for_all_the_same() -> None:
    story = Story(an_agent(decided("a"), LIMIT)).asks(SetDryRun(on=True)).reacted()
    assert any(isinstance(each.event, EffectWithheld) for each in story.record)
    assert story.again() == []
    assert changes(story.again(an_agent(decided("a")))) == [Change.MISSING]


def test_a_code_that_breaks_off_now_is_a_difference() -> None:
    (found,) = Story(an_agent(decided("a"))).reacted().again(an_agent(error="oops"))
    assert (found.change, found.note) == (Change.BREAKS, "ValueError: oops")


def test_each_outcome_of_an_effect_that_was_tried_again_is_told() -> None:
    story = Story(an_agent(LIMIT)).reacted().settles(0, error="refused")
    story.asks(RetryRun(run=story.run)).settles(1)
    assert story.again() == []
    found = story.again(an_agent(LIMIT, told="heard"))
    assert [each.asked for each in found] == ["SetBudget failed", "SetBudget succeeded"]


def test_the_agent_is_told_of_cancelled_effects_as_if_they_had_failed() -> None:
    others = [replace(LIMIT, external_campaign_id=str(n), lock=str(n)) for n in (2, 3)]
    story = Story(an_agent(LIMIT, *others)).reacted().settles(1)
    story.asks(CancelRun(run=story.run, reason="not wanted"))
    assert story.again() == []
    found = story.again(an_agent(LIMIT, *others, told="heard"))
    assert [each.asked for each in found] == ["SetBudget succeeded", "SetBudget cancelled", "SetBudget cancelled"]
    reasons = [each.then.content["reason"] for each in found if each.then]
    assert reasons == ["told: done, 2 left", "told: not wanted, 0 left", "told: not wanted, 0 left"]


def test_an_outcome_between_a_cancellation_and_its_telling_keeps_its_place() -> None:
    other = replace(LIMIT, external_campaign_id="2", lock="2")
    story = Story(an_agent(LIMIT, other)).reacted().settles(0, error="refused")
    story.asks(CancelRun(run=story.run, reason="not wanted"))
    assert [each.asked for each in story.again(an_agent(LIMIT, other, told="heard"))] == [
        "SetBudget failed",
        "SetBudget cancelled",
    ]


def test_a_run_in_the_shadow_is_compared_like_any_other() -> None:
    story = Story(an_agent(decided("a"), LIMIT, ArchiveBrand(brand=BRAND))).reacted(Turn(number=1, shadow=True))
    assert story.again() == []
    assert changes(story.again(an_agent(decided("b"), LIMIT, ArchiveBrand(brand=BRAND)))) == [Change.DIFFERENT]


def test_what_the_agent_did_not_look_at_then_is_said() -> None:
    elsewhere = UUID(int=0xE15E)
    (found,) = Story(an_agent(decided("a"))).reacted().again(an_agent(decided("a"), looks_at=elsewhere))
    assert found.change is Change.LOOKS_ELSEWHERE
    assert found.note == f"looks at brand/{elsewhere}, which it did not look at then"


def test_a_fact_that_is_no_value_of_todays_types_is_said() -> None:
    story = Story(an_agent(decided("a"))).reacted()
    for n, each in enumerate(story.memory.log):
        if isinstance(each.event, FactsRead):
            (fact,) = each.event.facts
            story.memory.log[n] = replace(each, event=FactsRead((replace(fact, value='{"name": 1}'),)))
    assert changes(story.again()) == [Change.UNREADABLE]


def test_what_differs_only_by_what_was_erased_is_no_changed_decision() -> None:
    story = Story(an_agent(decided('Ann "A" Lee asked for it'))).reacted()
    (found,) = story.again(an_agent(decided("(erased) asked for it")))
    assert found.change is Change.ERASED
    assert not found.change.of_a_decision
    assert changes(story.again(an_agent(decided("(erased) refused it")))) == [Change.DIFFERENT]


def test_without_what_set_it_off_a_run_cannot_be_compared() -> None:
    story = Story(an_agent(decided("a"), LIMIT)).reacted().settles(0)
    gone, other = differences(an_agent(told="heard"), None, story.record)
    assert (gone.change, other.change) == (Change.UNKNOWN, Change.DIFFERENT)


@pytest.mark.parametrize("agent", [None, Agent(NAME, "Reacts to nothing")])
def test_what_no_agent_says_any_more_is_missing(agent: Any) -> None:
    story = Story(an_agent(decided("a"), LIMIT)).reacted().settles(0)
    found = differences(agent, story.trigger, story.record)
    assert changes(found) == [Change.MISSING] * 3


def test_decisions_on_other_platforms_are_not_taken_for_each_other() -> None:
    on = [replace(decided(f"{p}"), target=p.value) for p in (Platform.GOOGLE, Platform.LINKEDIN)]
    story = Story(an_agent(*on)).reacted()
    (missing,) = story.again(an_agent(on[1]))
    assert (missing.change, missing.then and missing.then.content["target"]) == (Change.MISSING, "google")


# Runs as they are kept


def kept(story: Story, *, trigger: bool = True, unreadable: bool = False) -> RecordedRun:
    why = Unreadable(3, "brand.archived", "no such field") if unreadable else None
    return RecordedRun(story.record[0], story.record, story.trigger if trigger else None, why)


def test_each_run_of_many_is_told_with_what_set_it_off() -> None:
    story = Story(an_agent(decided("a"))).reacted()
    same, other = (next(replayed({NAME: an_agent(decided(reason))}, [kept(story)])) for reason in ("a", "b"))
    assert (same.changed, same.differences) == (False, ())
    assert (other.changed, other.run, other.trigger_type) == (True, story.run, "brand.archived")
    assert (other.subject_kind, other.subject, other.trigger_position) == ("brand", BRAND, story.trigger.position)


def test_a_run_that_cannot_be_read_any_more_counts() -> None:
    found = next(replayed({}, [kept(Story(an_agent(decided("a"))).reacted(), trigger=False, unreadable=True)]))
    assert found.changed
    assert "no such field" in found.differences[0].note


def test_what_could_not_be_read_then_either_is_no_difference() -> None:
    story = Story(an_agent(error="no")).reacted()
    story.memory.log = [each for each in story.memory.log if not isinstance(each.event, FactsRead)]
    assert isinstance(story.record[-1].event, RunFailed)
    assert not next(replayed({}, [kept(story, trigger=False, unreadable=True)])).differences


def test_a_run_without_what_set_it_off_is_not_told_as_changed() -> None:
    found = next(replayed({NAME: an_agent()}, [kept(Story(an_agent(decided("a"))).reacted(), trigger=False)]))
    assert (found.changed, found.unknown) == (False, True)
