"""The runtime: a reaction, its commands, its effects and the agent's checkpoint happen together, and once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from tests.in_memory import ACME, InMemory, InMemoryTriggers, InMemoryWriter
from tests.unit.domain.stories import BRAND, BRIEF, CONTENT, STRATEGY, brand, requested_content, selected_content

from umt.application.agents import AGENTS
from umt.application.agents.reaction import Agent, Facts, Remind, Settled, Step
from umt.application.agents.replay import replay
from umt.application.agents.runtime import AgentRuntime, Ready, Turn
from umt.application.authorisation import Authorisation
from umt.application.commands.brand import ArchiveBrand, RenameBrand
from umt.application.commands.content import ProposeStrategy
from umt.application.effects import StrategyWritten, WriteStrategy
from umt.application.ports import Written
from umt.application.transaction import CheckpointMoved, Context
from umt.domain.agent_policy import EVERY_AGENT, AgentStarted, AgentStopped, policy_of_workspace
from umt.domain.agent_run import (
    AgentRun,
    CommandIssued,
    DecisionMade,
    EffectAttempted,
    EffectFailed,
    EffectRequested,
    EffectSucceeded,
    EffectWithheld,
    FactsRead,
    RunCompleted,
    RunFailed,
    RunHeld,
    RunMode,
    RunReleased,
    RunStarted,
    cancel,
    retry,
)
from umt.domain.brand import Brand, BrandArchived
from umt.domain.content import Content, Status
from umt.domain.event import fold
from umt.domain.recorded import Actor, ActorKind, Recorded, Undecoded
from umt.domain.recorded import Unreadable as UnreadableEvent

STRATEGIST = AGENTS["content-strategy"]
BY_AGENT = Context(workspace=ACME, actor=Actor(ActorKind.AGENT, STRATEGIST.name))
ANSWER = StrategyWritten(STRATEGY, Written("offline", "strategy@1", "{}"))


@pytest.fixture
def memory() -> InMemory:
    return InMemory()


def runtime(memory: InMemory, *agents: Agent) -> AgentRuntime:
    return AgentRuntime(
        InMemoryWriter(memory),
        {agent.name: agent for agent in agents or AGENTS.values()},
        Authorisation(),
        InMemoryTriggers(memory),
    )


def asked_for_content(memory: InMemory) -> Recorded:
    memory.happened(BRAND, *brand())
    return memory.happened(CONTENT, *requested_content())


def of_run(memory: InMemory, run: UUID) -> list[type]:
    return [type(event) for event in memory.stream(ACME, run)]


def test_a_reaction_is_on_record_from_its_trigger_to_what_it_asks_for(memory: InMemory) -> None:
    runtime(memory).react(STRATEGIST, at=asked_for_content(memory)).result()
    (job,) = memory.jobs
    assert of_run(memory, job.run) == [RunStarted, FactsRead, EffectRequested]
    assert memory.checkpoints == {"content-strategy": 2}


def test_everything_that_follows_names_its_cause(memory: InMemory) -> None:
    trigger = asked_for_content(memory)
    runtime(memory).react(STRATEGIST, trigger).result()
    followed = [each.metadata for each in memory.log if each.position > trigger.position]
    assert followed
    for metadata in followed:
        assert metadata.correlation == trigger.metadata.correlation
        assert metadata.causation == trigger.metadata.event_id
        assert metadata.actor == Actor(ActorKind.AGENT, "content-strategy")


def test_an_event_that_is_met_again_sets_nothing_off(memory: InMemory) -> None:
    trigger = asked_for_content(memory)
    runtime(memory).react(STRATEGIST, trigger).result()
    before = list(memory.log), list(memory.jobs)
    with pytest.raises(CheckpointMoved):
        runtime(memory).react(STRATEGIST, trigger).result()
    assert (memory.log, memory.jobs) == before


def test_an_outcome_leads_to_commands_and_completes_the_run(memory: InMemory) -> None:
    agents = runtime(memory)
    agents.react(STRATEGIST, asked_for_content(memory)).result()
    (job,) = memory.jobs
    agents.settle(BY_AGENT, job.run, job.effect, ANSWER, None, 1).result()
    said = [kind for kind in of_run(memory, job.run) if kind is not FactsRead]
    assert said == [RunStarted, EffectRequested, EffectSucceeded, DecisionMade, CommandIssued, RunCompleted]
    assert memory.state(Content, CONTENT).status is Status.PLANNED


def test_a_late_outcome_changes_nothing(memory: InMemory) -> None:
    agents = runtime(memory)
    agents.react(STRATEGIST, asked_for_content(memory)).result()
    (job,) = memory.jobs
    agents.settle(BY_AGENT, job.run, job.effect, ANSWER, None, 1).result()
    before = list(memory.log)
    agents.settle(BY_AGENT, job.run, job.effect, ANSWER, None, 2).result()
    agents.settle(BY_AGENT, job.run, job.effect, None, "timed out", 3).result()
    agents.note_attempt(BY_AGENT, job.run, job.effect, 4, "timed out", None).result()
    assert memory.log == before
    assert agents.open_effect(BY_AGENT, job.run, job.effect).result() is None


def test_a_failed_try_leaves_the_effect_open(memory: InMemory) -> None:
    agents = runtime(memory)
    agents.react(STRATEGIST, asked_for_content(memory)).result()
    (job,) = memory.jobs
    agents.note_attempt(BY_AGENT, job.run, job.effect, 1, "503", memory.now).result()
    ready = agents.open_effect(BY_AGENT, job.run, job.effect).result()
    assert of_run(memory, job.run)[-1] is EffectAttempted
    assert isinstance(ready, Ready)
    assert isinstance(ready.effect, WriteStrategy)
    assert (ready.attempts, ready.tries) == (1, 1)


def test_a_run_says_the_same_when_it_is_replayed_from_its_record(memory: InMemory) -> None:
    agents, trigger = runtime(memory), asked_for_content(memory)
    agents.react(STRATEGIST, trigger).result()
    (job,) = memory.jobs
    agents.settle(BY_AGENT, job.run, job.effect, ANSWER, None, 1).result()
    run = [each for each in memory.log if each.stream == job.run]
    steps = replay(STRATEGIST, trigger, run)
    assert [type(step) for step in steps] == [WriteStrategy, DecisionMade, ProposeStrategy]
    issued = [each.event for each in run if isinstance(each.event, CommandIssued)]
    assert [step.canonical().decode() for step in steps if isinstance(step, ProposeStrategy)] == [
        event.request for event in issued
    ]


# What an agent of our own making shows

WATCHER = "brand-project"


def watcher(*steps: Step) -> Agent:
    """An agent that says this whenever a brand is archived."""
    agent = Agent(WATCHER, "Watcher")

    @agent.on(BrandArchived)
    def say(event: BrandArchived, at: Recorded, facts: Facts) -> Iterator[Step]:
        yield from steps

    return agent


def archived(memory: InMemory) -> Recorded:
    return memory.happened(BRAND, *brand(), BrandArchived())


def the_run(memory: InMemory) -> list[Any]:
    runs = {each.stream for each in memory.log if isinstance(each.event, RunStarted)}
    return [event for run in runs for event in memory.stream(ACME, run)]


def test_an_agent_that_has_nothing_to_say_only_moves_on(memory: InMemory) -> None:
    agent, trigger = watcher(), archived(memory)
    runtime(memory, agent).react(agent, trigger).result()
    assert the_run(memory) == []
    assert memory.checkpoints == {WATCHER: trigger.position}


def test_an_agent_may_not_do_what_its_permissions_do_not_name(memory: InMemory) -> None:
    agent = watcher(RenameBrand(brand=BRAND, name="Mine"))
    runtime(memory, agent).react(agent, archived(memory)).result()
    (issued,) = (event for event in the_run(memory) if isinstance(event, CommandIssued))
    assert not issued.accepted
    assert issued.outcome.startswith("FORBIDDEN")
    assert memory.state(Brand, BRAND).name == "Acme Inc."


def test_a_rejected_command_is_a_recorded_outcome_and_the_rest_goes_on(memory: InMemory) -> None:
    memory.happened(CONTENT, *selected_content())
    agent = watcher(
        ProposeStrategy(content=CONTENT, strategy=STRATEGY),
        Remind("look", BRAND, memory.now),
        ArchiveBrand(brand=BRAND),
    )
    runtime(memory, agent).react(agent, archived(memory)).result()
    first, second = (event for event in the_run(memory) if isinstance(event, CommandIssued))
    assert (first.command, first.accepted) == ("ProposeStrategy", False)
    assert first.outcome.startswith("WRONG_STATUS")
    assert second.command == "ArchiveBrand"
    assert len(memory.timers) == 1


def test_a_faulty_agent_breaks_off_and_nothing_of_its_reaction_was_done(memory: InMemory) -> None:
    agent = Agent(WATCHER, "Watcher")

    @agent.on(BrandArchived)
    def stumble(event: BrandArchived, at: Recorded, facts: Facts) -> Iterator[Step]:
        yield Remind("look", BRAND, facts.now)
        raise KeyError("google")

    trigger = archived(memory)
    runtime(memory, agent).react(agent, trigger).result()
    assert [type(event) for event in the_run(memory)] == [RunStarted, RunFailed]
    assert "KeyError" in the_run(memory)[-1].error
    assert memory.timers == {}
    assert memory.checkpoints == {WATCHER: trigger.position}


def test_the_same_reminder_is_set_once_and_wakes_once(memory: InMemory) -> None:
    woken: list[str] = []
    remind = Remind("look/closely", BRAND, memory.now)
    agent = watcher(remind, remind)

    @agent.at("look")
    def look(wake: Any, facts: Facts) -> Iterator[Step]:
        woken.append(wake.name)
        yield from ()

    agents = runtime(memory, agent)
    agents.react(agent, archived(memory)).result()
    (timer,) = memory.timers.values()
    agents.wake(timer)
    agents.wake(timer)
    assert woken == ["look/closely"]


def test_an_outcome_that_the_agent_stumbles_over_is_still_recorded(memory: InMemory) -> None:
    agent = watcher(WriteStrategy(lock="x", content=CONTENT, brand=fold(brand()), brief=BRIEF, past=()))

    @agent.after(WriteStrategy)
    def stumble(outcome: Settled, facts: Facts) -> Iterator[Step]:
        raise ValueError("no")
        yield  # the function is a generator, as reactions are

    agents = runtime(memory, agent)
    agents.react(agent, archived(memory)).result()
    (job,) = memory.jobs
    agents.settle(BY_AGENT, job.run, job.effect, ANSWER, None, 1).result()
    assert of_run(memory, job.run)[-2:] == [EffectSucceeded, RunFailed]
    assert memory.state(AgentRun, job.run).completed


# Runs that wait


def stopping(memory: InMemory, *stopped: str) -> None:
    for agent in stopped:
        memory.happened(policy_of_workspace(ACME), AgentStopped(agent, "it overspends"))


def started(memory: InMemory, agent: str) -> Recorded:
    return memory.happened(policy_of_workspace(ACME), AgentStarted(agent))


def test_what_comes_up_for_a_stopped_agent_waits_until_it_works_again(memory: InMemory) -> None:
    trigger = asked_for_content(memory)
    stopping(memory, STRATEGIST.name)
    agents = runtime(memory)
    agents.react(STRATEGIST, trigger).result()
    ((_, run),) = memory.held_runs
    assert of_run(memory, run) == [RunStarted, RunHeld]
    assert memory.jobs == []
    agents.react(STRATEGIST, started(memory, STRATEGIST.name)).result()
    assert of_run(memory, run) == [RunStarted, RunHeld, RunReleased, FactsRead, EffectRequested]
    assert memory.held_runs == {}
    assert len(memory.jobs) == 1


def test_an_agent_that_is_stopped_twice_waits_for_both(memory: InMemory) -> None:
    trigger = asked_for_content(memory)
    stopping(memory, STRATEGIST.name, EVERY_AGENT)
    agents = runtime(memory)
    agents.react(STRATEGIST, trigger).result()
    agents.react(STRATEGIST, started(memory, STRATEGIST.name)).result()
    assert memory.jobs == []
    agents.react(STRATEGIST, started(memory, EVERY_AGENT)).result()
    assert len(memory.jobs) == 1


def test_a_reaction_that_broke_off_is_taken_up_where_it_did(memory: InMemory) -> None:
    agent, faulty = Agent(WATCHER, "Watcher"), [True]

    @agent.on(BrandArchived)
    def stumble(event: BrandArchived, at: Recorded, facts: Facts) -> Iterator[Step]:
        if faulty:
            raise KeyError("google")
        yield Remind("look", BRAND, facts.now)

    agents, trigger = runtime(memory, agent), archived(memory)
    agents.react(agent, trigger).result()
    (run,) = {each.stream for each in memory.log if isinstance(each.event, RunFailed)}
    faulty.clear()
    agents.react(agent, memory.happened(run, *retry(memory.state(AgentRun, run)))).result()
    assert of_run(memory, run)[-2:] == [RunReleased, RunCompleted]
    assert len(memory.timers) == 1


def test_a_cancelled_effect_is_told_to_the_agent_once(memory: InMemory) -> None:
    agents = runtime(memory)
    agents.react(STRATEGIST, asked_for_content(memory)).result()
    (job,) = memory.jobs
    cancelled = memory.happened(job.run, *cancel(memory.state(AgentRun, job.run), "wrong brand"))
    agents.react(STRATEGIST, cancelled).result()
    (alert,) = (e for e in memory.stream(ACME, job.run) if isinstance(e, DecisionMade))
    assert "wrong brand" in alert.reason
    assert of_run(memory, job.run)[-1] is RunCompleted
    agents.settle(BY_AGENT, job.run, job.effect, ANSWER, None, 1).result()
    assert of_run(memory, job.run)[-1] is RunCompleted


def test_an_effect_whose_record_cannot_be_read_fails_again_and_holds_nobody_up(memory: InMemory) -> None:
    agents, run, effect = runtime(memory), UUID(int=77), UUID(int=78)
    memory.happened(
        run,
        RunStarted(STRATEGIST.name, UUID(int=79), "content.requested", 1, "content", CONTENT),
        EffectRequested(effect, "WriteStrategy", "not JSON"),
        EffectFailed(effect, 1, "cannot be read", "fatal"),
        RunCompleted(),
    )
    again = memory.happened(run, *retry(memory.state(AgentRun, run)))
    agents.react(STRATEGIST, again).result()
    assert of_run(memory, run)[-2:] == [EffectFailed, RunCompleted]
    assert memory.checkpoints[STRATEGIST.name] == again.position


def test_in_the_shadow_everything_is_recorded_and_nothing_sent(memory: InMemory) -> None:
    agent = watcher(
        ArchiveBrand(brand=BRAND),
        WriteStrategy(lock="x", content=CONTENT, brand=fold(brand()), brief=BRIEF, past=()),
        Remind("look", BRAND, memory.now),
    )
    runtime(memory, agent).react(agent, archived(memory), Turn(number=1, shadow=True)).result()
    start, issued, requested, withheld, completed = the_run(memory)
    assert (start.mode, issued.accepted) == (RunMode.SHADOW, False)
    assert (type(requested), type(withheld), type(completed)) == (EffectRequested, EffectWithheld, RunCompleted)
    assert (memory.jobs, memory.timers) == ([], {})


def test_an_event_that_cannot_be_read_is_a_failed_run_and_the_next_one_goes_on(memory: InMemory) -> None:
    trigger = asked_for_content(memory)
    reason = UnreadableEvent(trigger.position, "content.requested", "no such field")
    place = (trigger.position, trigger.stream, trigger.version, ACME, memory.now)
    lost = Undecoded(*place, "content.requested", reason)
    runtime(memory).react(STRATEGIST, lost).result()
    assert [type(event) for event in the_run(memory)] == [RunStarted, RunFailed]
    assert memory.checkpoints == {STRATEGIST.name: trigger.position}
