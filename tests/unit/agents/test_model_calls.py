"""A run records every call to a language model, and the workspace's month is charged with what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from tests.in_memory import ACME, InMemory, InMemoryWriter
from tests.unit.agents.test_runtime import BY_AGENT, STRATEGIST, asked_for_content, runtime
from tests.unit.domain.stories import STRATEGY

from umt.application.agents.executor import EffectExecutor
from umt.application.agents.model_calls import LARGEST_PART
from umt.application.agents.replay import replay
from umt.application.agents.runtime import AgentRuntime, Ready
from umt.application.effects import StrategyWritten
from umt.application.ports import UNLIMITED, Allowance, ErrorClass, ModelCall, Written
from umt.domain.agent_run import (
    CommandIssued,
    DecisionMade,
    EffectAttempted,
    EffectFailed,
    EffectSucceeded,
    ModelCalled,
    ModelOutcome,
    Parameter,
    RunCompleted,
)
from umt.domain.money import Money
from umt.domain.workspace import ModelBudgetSet, WorkspaceCreated

CALL = ModelCall(
    model="gpt-5-mini",
    service="api.openai.com",
    prompt="strategy@1",
    prompt_sha256="0" * 64,
    repair=None,
    parameters=(Parameter("schema", "StrategyAnswer"),),
    sent="[]",
    received="{}",
    outcome=ModelOutcome.ANSWERED,
    input_tokens=100,
    cached_tokens=0,
    output_tokens=20,
    cost=Decimal("0.25"),
    counted=Decimal("0.25"),
    milliseconds=12,
)
LOST = replace(
    CALL,
    outcome=ModelOutcome.TIMED_OUT,
    error="no answer",
    error_class=ErrorClass.TRANSIENT,
    input_tokens=None,
    cached_tokens=None,
    output_tokens=None,
    cost=None,
    counted=Decimal(2),
)
MARCH = date(2026, 3, 1)


@pytest.fixture
def memory() -> InMemory:
    return InMemory()


@pytest.fixture
def asked(memory: InMemory) -> tuple[AgentRuntime, UUID, UUID]:
    """A run whose strategy is still to be written."""
    agents = runtime(memory)
    agents.react(STRATEGIST, asked_for_content(memory)).result()
    (job,) = memory.jobs
    return agents, job.run, job.effect


def answer(*calls: ModelCall, fallback: str = "") -> StrategyWritten:
    return StrategyWritten(STRATEGY, Written("gpt-5-mini", "strategy@1", "{}", fallback=fallback, calls=calls))


def recorded(memory: InMemory, run: UUID, *kinds: type) -> list[Any]:
    return [event for event in memory.stream(ACME, run) if isinstance(event, kinds)]


def test_the_calls_come_before_the_outcome_and_are_not_told_twice(
    memory: InMemory, asked: tuple[AgentRuntime, UUID, UUID]
) -> None:
    agents, run, effect = asked
    agents.settle(BY_AGENT, run, effect, answer(CALL, CALL), None, 1).result()
    kinds = [type(e) for e in recorded(memory, run, ModelCalled, EffectSucceeded, CommandIssued, RunCompleted)]
    assert kinds == [ModelCalled, ModelCalled, EffectSucceeded, CommandIssued, RunCompleted]
    (done,) = recorded(memory, run, EffectSucceeded)
    assert "api.openai.com" not in done.result


@pytest.mark.parametrize("fallback", ["", "The budget is used up."])
def test_a_run_with_calls_says_the_same_when_it_is_replayed(fallback: str) -> None:
    memory = InMemory()
    agents, trigger = runtime(memory), asked_for_content(memory)
    agents.react(STRATEGIST, trigger).result()
    (job,) = memory.jobs
    agents.note_attempt(BY_AGENT, job.run, job.effect, 1, "no answer", memory.now, calls=(LOST,)).result()
    agents.settle(BY_AGENT, job.run, job.effect, answer(CALL, fallback=fallback), None, 2).result()
    agents.settle(BY_AGENT, job.run, job.effect, answer(CALL), None, 3).result()
    run = [each for each in memory.log if each.stream == job.run]
    said = [step.action for step in replay(STRATEGIST, trigger, run) if isinstance(step, DecisionMade)]
    assert said == [decision.action for decision in recorded(memory, job.run, DecisionMade)]
    assert ("write_offline" in said) is bool(fallback)


def test_calls_that_failed_are_on_record_and_cost(memory: InMemory, asked: tuple[AgentRuntime, UUID, UUID]) -> None:
    agents, run, effect = asked
    agents.note_attempt(BY_AGENT, run, effect, 1, "no answer", memory.now, calls=(LOST,)).result()
    agents.settle(BY_AGENT, run, effect, None, "refused", 2, calls=(CALL,)).result()
    kinds = [type(e) for e in recorded(memory, run, ModelCalled, EffectAttempted, EffectFailed)]
    assert kinds == [ModelCalled, EffectAttempted, ModelCalled, EffectFailed]
    first, second = recorded(memory, run, ModelCalled)
    assert (first.attempt, first.error_class, first.cost, first.counted) == (1, "transient", None, Decimal(2))
    assert (second.attempt, second.cost, second.currency) == (2, Decimal("0.25"), "USD")
    assert memory.model_spending[ACME, MARCH] == (Decimal("2.25"), 2, 1)


def test_a_late_outcome_still_cost(memory: InMemory, asked: tuple[AgentRuntime, UUID, UUID]) -> None:
    agents, run, effect = asked
    agents.settle(BY_AGENT, run, effect, answer(CALL), None, 1).result()
    agents.settle(BY_AGENT, run, effect, answer(CALL), None, 2).result()
    assert len(recorded(memory, run, ModelCalled)) == 2
    assert len(recorded(memory, run, EffectSucceeded)) == 1
    assert memory.model_spending[ACME, MARCH][0] == Decimal("0.50")


def test_a_large_part_lies_beside_the_log(memory: InMemory, asked: tuple[AgentRuntime, UUID, UUID]) -> None:
    agents, run, effect = asked
    fits, large = "x" * LARGEST_PART, "ü" * (LARGEST_PART // 2) + "x"
    agents.settle(BY_AGENT, run, effect, answer(replace(CALL, sent=fits, received=large)), None, 1).result()
    (call,) = recorded(memory, run, ModelCalled)
    assert (call.sent.text, call.sent.blob) == (fits, None)
    assert (call.received.text, call.received.size) == (None, LARGEST_PART + 1)
    assert memory.blobs[ACME, call.received.blob] == large


def test_a_run_says_why_the_rules_wrote(memory: InMemory, asked: tuple[AgentRuntime, UUID, UUID]) -> None:
    agents, run, effect = asked
    agents.settle(BY_AGENT, run, effect, answer(fallback="The budget is used up."), None, 1).result()
    why = recorded(memory, run, DecisionMade)[0]
    assert (why.action, why.reason) == ("write_offline", "The budget is used up.")


@pytest.mark.parametrize(
    ("zone", "month"), [("UTC", date(2026, 3, 1)), ("Pacific/Auckland", date(2026, 4, 1)), ("", date(2026, 3, 1))]
)
def test_the_month_is_that_of_the_workspaces_time_zone(zone: str, month: date) -> None:
    memory = InMemory(datetime(2026, 3, 31, 20, tzinfo=UTC))
    if zone:
        memory.happened(ACME, WorkspaceCreated("Acme", zone))
    agents = runtime(memory)
    agents.react(STRATEGIST, asked_for_content(memory)).result()
    agents.settle(BY_AGENT, memory.jobs[0].run, memory.jobs[0].effect, answer(CALL), None, 1).result()
    assert set(memory.model_spending) == {(ACME, month)}


class Asked:
    """A writer that keeps what it was allowed."""

    def __init__(self) -> None:
        self.allowed: list[Allowance] = []

    async def strategy(self, _brand: Any, _brief: Any, _past: Any, allowance: Allowance = UNLIMITED) -> Any:
        self.allowed.append(allowance)
        return STRATEGY, Written("gpt-5-mini", "strategy@1", "{}")

    async def variations(self, *_: Any) -> Any:
        raise AssertionError


async def allowed(memory: InMemory, run: UUID, effect: UUID, agents: AgentRuntime) -> Allowance:
    texts = Asked()
    ready = agents.open_effect(BY_AGENT, run, effect).result()
    assert isinstance(ready, Ready)
    await EffectExecutor(InMemoryWriter(memory), {}, {}, texts).perform(ready.effect, BY_AGENT)
    return texts.allowed[0]


def budgets(*budgets: str | None) -> Iterable[ModelBudgetSet]:
    return [ModelBudgetSet(None if each is None else Money.parse(each)) for each in budgets]


async def test_a_writer_is_told_what_the_workspace_may_still_spend(
    memory: InMemory, asked: tuple[AgentRuntime, UUID, UUID]
) -> None:
    agents, run, effect = asked
    assert await allowed(memory, run, effect, agents) == UNLIMITED
    memory.happened(ACME, WorkspaceCreated("Acme", "UTC"), *budgets("5 USD"))
    agents.note_attempt(BY_AGENT, run, effect, 1, "no answer", memory.now, calls=(LOST, CALL)).result()
    assert await allowed(memory, run, effect, agents) == Allowance(Money.parse("5 USD"), Decimal("2.25"))
    memory.now = datetime(2026, 4, 1, tzinfo=UTC)
    assert await allowed(memory, run, effect, agents) == Allowance(Money.parse("5 USD"))
    memory.happened(ACME, *budgets(None))
    assert await allowed(memory, run, effect, agents) == UNLIMITED
