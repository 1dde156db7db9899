"""Usage example "Interface-Based Dependency Injection", in this project's shape.

What an agent needs comes in through protocols and by constructor; here each is written by hand, in memory.
"""

from __future__ import annotations

import inspect

from tests.architecture.wiring import System, TwoLiner
from tests.in_memory import ACME, InMemory, InMemoryTransaction, InMemoryTriggers, InMemoryWriter
from tests.unit.domain.stories import BRAND, CONTENT, STRATEGY, brand, requested_content, variation

from umt.application.agents import AGENTS
from umt.application.agents.content_creation import agent as content_agent
from umt.application.agents.executor import EffectExecutor
from umt.application.agents.facts import RecordingFacts
from umt.application.agents.reaction import Facts
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.dispatch import Writer
from umt.application.ports import Writer as TextWriter
from umt.application.transaction import Context, Transaction
from umt.domain.brand import Brand
from umt.domain.content import Content, Status, StrategyProposed
from umt.domain.recorded import Actor, ActorKind, Recorded

BY_AGENT = Context(workspace=ACME, actor=Actor(ActorKind.AGENT, "content-creation"))


def planned_content(memory: InMemory) -> Recorded:
    memory.happened(BRAND, *brand())
    return memory.happened(CONTENT, *requested_content(), StrategyProposed(STRATEGY))


def test_every_dependency_is_a_protocol_that_a_few_lines_can_stand_in_for() -> None:
    memory = InMemory()
    writer: Writer = InMemoryWriter(memory)
    texts: TextWriter = TwoLiner()
    transaction: Transaction = InMemoryTransaction(memory, BY_AGENT)
    assert all((writer, texts, transaction))


def test_messages_between_agents_are_the_events_of_the_log() -> None:
    system = System(TwoLiner())
    trigger = planned_content(system.memory)
    system.agents.react(content_agent, trigger).result()
    assert [each.position for each in system.memory.log] == list(range(1, len(system.memory.log) + 1))
    assert system.memory.checkpoints["content-creation"] == trigger.position


def test_what_an_agent_knows_is_handed_to_it() -> None:
    memory = InMemory()
    memory.happened(BRAND, *brand())
    facts: Facts = RecordingFacts(InMemoryTransaction(memory, BY_AGENT))
    assert facts.get(Brand, BRAND).name == "Acme Inc."


def test_an_agent_is_created_by_constructor() -> None:
    memory = InMemory()
    runtime = AgentRuntime(
        InMemoryWriter(memory), {content_agent.name: content_agent}, Authorisation(), InMemoryTriggers(memory)
    )
    assert AGENTS["content-creation"] is content_agent
    assert runtime.agents == {"content-creation": content_agent}
    for needs in (AgentRuntime, EffectExecutor):
        for parameter in list(inspect.signature(needs).parameters.values()):
            assert parameter.default is inspect.Parameter.empty, f"{needs.__name__} finds {parameter} by itself"


async def test_an_agent_that_is_started_does_its_work() -> None:
    system = System(TwoLiner())
    system.agents.react(content_agent, planned_content(system.memory)).result()
    assert await system.attempt()
    content = system.memory.state(Content, CONTENT)
    assert content.status is Status.DRAFTED
    assert content.variations == (variation(1), variation(2))


async def test_two_systems_in_one_process_share_nothing() -> None:
    one, other = System(TwoLiner()), System(TwoLiner())
    one.agents.react(content_agent, planned_content(one.memory)).result()
    assert await one.attempt()
    assert other.memory.log == []
