"""Usage example "Distributed Tracing", in this project's shape.

Every event carries its trace context, its correlation and its cause, and an agent's reaction is a stream of its own.
Spans that are sent to a collector are not there yet.
"""

from __future__ import annotations

from msgspec.structs import replace
from tests.architecture.wiring import BY_ANNA, System, TwoLiner
from tests.unit.domain.stories import BRAND, BRIEF, brand

from umt.application.agents.content_strategy import agent as content_agent
from umt.application.commands.content import RequestContent
from umt.domain.agent_run import AgentRun, DecisionMade, EffectSucceeded, Evidence, RunCompleted, RunStarted
from umt.domain.content import ContentRequested
from umt.domain.recorded import Recorded

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
"""A W3C trace context."""


def processed() -> System:
    """Anna asks for a content within a trace; the agent takes it up."""
    system = System(TwoLiner())
    system.memory.happened(BRAND, *brand())
    system.dispatcher.submit(RequestContent(brand=BRAND, brief=BRIEF), replace(BY_ANNA, trace=TRACE)).result()
    system.agents.react(content_agent, requested(system)).result()
    return system


def requested(system: System) -> Recorded:
    (event,) = (each for each in system.memory.log if isinstance(each.event, ContentRequested))
    return event


def run(system: System) -> list[Recorded]:
    (job,) = system.memory.jobs
    return [each for each in system.memory.log if each.stream == job.run]


def test_a_trace_comes_in_with_the_request_and_is_kept_with_the_event() -> None:
    assert requested(processed()).metadata.trace == TRACE


def test_without_a_trace_nothing_is_traced() -> None:
    system = System(TwoLiner())
    system.memory.happened(BRAND, *brand())
    system.dispatcher.submit(RequestContent(brand=BRAND, brief=BRIEF), BY_ANNA).result()
    assert requested(system).metadata.trace is None


def test_a_reaction_carries_the_trace_of_its_event_on() -> None:
    system = processed()
    assert {each.metadata.trace for each in run(system)} == {TRACE}


def test_everything_that_one_request_led_to_is_found_by_its_correlation() -> None:
    system = processed()
    trigger = requested(system).metadata
    assert {each.metadata.correlation for each in run(system)} == {trigger.correlation}
    assert {each.metadata.causation for each in run(system)} == {trigger.event_id}


def test_a_run_is_the_span_of_a_reaction_and_names_what_it_is_about() -> None:
    system = processed()
    first = run(system)[0]
    assert isinstance(first.event, RunStarted)
    assert (first.event.agent, first.event.trigger_type) == ("content-strategy", "content.requested")
    assert (first.event.subject_kind, first.event.subject) == ("content", requested(system).stream)


async def test_a_run_says_what_happened_on_the_way_and_how_it_ended() -> None:
    system = processed()
    assert await system.attempt()
    said = [each.event for each in run(system)]
    assert any(isinstance(event, EffectSucceeded) and event.attempt == 1 for event in said)
    assert any(isinstance(event, DecisionMade) and Evidence("brand", "is warm") in event.evidence for event in said)
    assert isinstance(said[-1], RunCompleted)
    assert system.memory.state(AgentRun, system.memory.jobs[0].run).completed
