"""Calls to language models, what they cost and the budget for them, as the API shows them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace
from tests.integration.api.client import Caller
from tests.integration.api.recording import runs, started
from tests.unit.history.samples import CALLED

from umt.application.model_spending import month_of
from umt.application.transaction import Context
from umt.bootstrap import System
from umt.domain.agent_run import ModelOutcome
from umt.domain.recorded import Actor, ActorKind

RUN = """query($id: ID!, $at: String) { agentRun(id: $id, atLeast: $at) {
    modelCalls { effect attempt model service prompt promptSha256 repair outcome error inputTokens cachedTokens outputTokens
        cost { amount currency } milliseconds response calledAt }
    modelCost { amount { amount currency } calls unpriced }
} }"""
BUDGET = "workspace { modelBudget { amount currency } }"
SPENDING = (
    "{ me { workspace { modelBudget { amount } modelSpending { month amount { amount currency } calls unpriced } } } }"
)
TIMED_OUT = replace(
    CALLED,
    outcome=ModelOutcome.TIMED_OUT,
    error="No answer.",
    error_class="transient",
    input_tokens=None,
    cached_tokens=None,
    output_tokens=None,
    cost=None,
    response=None,
)


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


def test_a_run_shows_its_calls_and_what_they_cost(wired: System, owner: Caller) -> None:
    run = uuid4()
    at = runs(wired, owner, (run, [started(uuid4()), TIMED_OUT, CALLED, CALLED]))
    shown = owner.asks(RUN, id=str(run), at=at)["agentRun"]
    first, second, _ = shown["modelCalls"]
    assert (first["outcome"], first["cost"], first["inputTokens"], first["error"]) == (
        "TIMED_OUT",
        None,
        None,
        "No answer.",
    )
    assert second["cost"] == {"amount": "0.000885", "currency": "USD"}
    assert (second["model"], second["prompt"], second["milliseconds"]) == ("gpt-5-mini", "strategy@1", 2500)
    assert shown["modelCost"] == {"amount": {"amount": "0.001770", "currency": "USD"}, "calls": 3, "unpriced": 1}


def test_a_run_without_calls_cost_nothing(wired: System, owner: Caller) -> None:
    run = uuid4()
    at = runs(wired, owner, (run, [started(uuid4())]))
    shown = owner.asks(RUN, id=str(run), at=at)["agentRun"]
    assert (shown["modelCalls"], shown["modelCost"]["calls"]) == ([], 0)


def test_a_budget_is_set_seen_and_lifted(owner: Caller) -> None:
    def sets(budget: dict[str, str] | None) -> Any:
        return owner.mutates("setModelBudget", {"budget": budget}, BUDGET)["workspace"]["modelBudget"]

    assert sets({"amount": "25", "currency": "USD"}) == {"amount": "25.00", "currency": "USD"}
    assert sets(None) is None
    refusal = owner.refused("setModelBudget", {"budget": {"amount": "25", "currency": "EUR"}})
    assert "USD" in refusal["message"]


def test_the_workspace_shows_what_this_month_cost(wired: System, owner: Caller) -> None:
    month = month_of(wired.clock.now(), None)
    context = Context(workspace=owner.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    for when in (month, date(2020, 1, 1)):
        wired.writer.run(context, lambda tx, when=when: tx.add_model_spending(when, Decimal("0.5"), 2, 1)).result()  # type: ignore[misc]
    assert owner.asks(SPENDING)["me"]["workspace"] == {
        "modelBudget": None,
        "modelSpending": {
            "month": month.isoformat(),
            "amount": {"amount": "0.5", "currency": "USD"},
            "calls": 2,
            "unpriced": 1,
        },
    }


def test_another_workspace_sees_none_of_it(wired: System, owner: Caller, url: str) -> None:
    context = Context(workspace=owner.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    month = month_of(wired.clock.now(), None)
    wired.writer.run(context, lambda tx: tx.add_model_spending(month, Decimal(5), 1, 0)).result()
    other = Caller(url).registers()
    assert other.asks(SPENDING)["me"]["workspace"]["modelSpending"]["calls"] == 0
