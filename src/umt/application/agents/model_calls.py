"""Calls to language models, as a run records them and the workspace's month is charged with them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from umt.application.effects import StrategyWritten, VariationsWritten
from umt.application.model_spending import month_of
from umt.application.ports import ModelCall
from umt.application.transaction import Transaction
from umt.domain.agent_run import AgentRun, ModelCalled, Part
from umt.domain.workspace import MODEL_CURRENCY, Workspace

LARGEST_PART: Final = 64 * 1024
"""Bytes of a part of an exchange that the log itself holds at most."""


def without_calls(result: Any) -> tuple[Any, tuple[ModelCall, ...]]:
    """A result as it is recorded, and the calls that it took, which are events of their own."""
    if not isinstance(result, StrategyWritten | VariationsWritten):
        return result, ()
    written = result.written
    return replace(result, written=replace(written, calls=())), written.calls


def record_calls(tx: Transaction, run: UUID, effect: UUID, attempt: int, calls: Iterable[ModelCall]) -> None:
    """Append an event for each call, and charge the month with what they cost."""
    calls = tuple(calls)
    if not calls:
        return
    tx.record(AgentRun, run, *(_called(tx, effect, attempt, call) for call in calls))
    month = month_of(tx.now, tx.load(Workspace, tx.context.workspace))
    counted = sum((call.counted or Decimal(0) for call in calls), Decimal(0))
    tx.add_model_spending(month, counted, len(calls), sum(call.cost is None for call in calls))


def _called(tx: Transaction, effect: UUID, attempt: int, call: ModelCall) -> ModelCalled:
    return ModelCalled(
        effect=effect,
        attempt=attempt,
        model=call.model,
        service=call.service,
        prompt=call.prompt,
        prompt_sha256=call.prompt_sha256,
        repair=call.repair,
        parameters=call.parameters,
        sent=_part(tx, call.sent),
        received=_part(tx, call.received),
        outcome=call.outcome,
        error=call.error,
        error_class=call.error_class and call.error_class.value,
        input_tokens=call.input_tokens,
        cached_tokens=call.cached_tokens,
        output_tokens=call.output_tokens,
        cost=call.cost,
        counted=call.counted,
        currency=MODEL_CURRENCY,
        milliseconds=call.milliseconds,
        response=call.response,
    )


def _part(tx: Transaction, text: str) -> Part:
    size = len(text.encode())
    return Part(size, text=text) if size <= LARGEST_PART else Part(size, blob=tx.keep_blob(text))
