"""The writer by a language model: what it is asked, how its answers are held against what they must be, and what each
call took."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import openai
from openai.types.responses import EasyInputMessageParam
from pydantic import BaseModel, ValidationError

from umt.adapters.writers import rules
from umt.adapters.writers.answers import Expected, StrategyAnswer, VariationsAnswer, complaints
from umt.adapters.writers.model_prices import Prices
from umt.adapters.writers.model_service import MAX_OUTPUT_TOKENS, Exchange, ModelService
from umt.adapters.writers.plain_text import AvoidedWords
from umt.adapters.writers.prompts import (
    REPAIR,
    STRATEGY,
    VARIATIONS,
    Prompt,
    enclosed,
    most_seen,
    strategy_data,
    variations_data,
)
from umt.application.breakers import UNGUARDED, Breakers
from umt.application.ports import (
    UNLIMITED,
    Allowance,
    BudgetUsedUp,
    ModelCall,
    OutsideError,
    PastPerformance,
    Refused,
    Written,
)
from umt.domain.agent_run import ModelOutcome, Parameter
from umt.domain.brand import Brand
from umt.domain.content import Brief, Finding, Strategy, Variation
from umt.domain.template import Template

A = TypeVar("A", bound=BaseModel)


class OpenAIWriter:
    """Asks a model for strategies and texts, as long as the workspace's allowance lasts. An answer that does not hold is
    asked for once more."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        model: str,
        timeout: float = 180,
        *,
        prices: Prices | None = None,
        breakers: Breakers = UNGUARDED,
    ) -> None:
        self._service = ModelService(client, model, timeout, breakers)
        self._model, self._prices = model, prices or Prices({})

    async def strategy(
        self, brand: Brand, brief: Brief, past: Sequence[PastPerformance], allowance: Allowance = UNLIMITED
    ) -> tuple[Strategy, Written]:
        past = most_seen(past)
        answer, written = await self._ask(
            STRATEGY,
            strategy_data(brand, brief, past),
            StrategyAnswer,
            Expected(AvoidedWords(brand.styling.words_to_avoid), sources=rules.sources(brand, past)),
            allowance,
        )
        strategy = Strategy(
            angle=answer.angle,
            tone=answer.tone,
            keywords=tuple(answer.keywords),
            outline=tuple(answer.outline),
            call_to_action=answer.call_to_action,
            findings=tuple(Finding(f.source, f.says) for f in answer.findings),
        )
        return strategy, written

    async def variations(
        self,
        brand: Brand,
        brief: Brief,
        strategy: Strategy,
        template: Template | None,
        first_number: int,
        allowance: Allowance = UNLIMITED,
    ) -> tuple[tuple[Variation, ...], Written]:
        answer, written = await self._ask(
            VARIATIONS,
            variations_data(brand, brief, strategy, template),
            VariationsAnswer,
            Expected(
                AvoidedWords(brand.styling.words_to_avoid),
                count=brief.variations,
                limits=rules.LIMITS[brief.format],
            ),
            allowance,
        )
        made_from = rules.template_version(template)
        variations = tuple(
            Variation(n, v.headline, v.body, v.excerpt, v.call_to_action, made_from, writer=self._model)
            for n, v in enumerate(answer.variations, first_number)
        )
        return variations, written

    async def _ask(
        self, prompt: Prompt, data: dict[str, Any], shape: type[A], expected: Expected, allowance: Allowance
    ) -> tuple[A, Written]:
        """A valid answer, if need be at the second attempt. Errors carry the calls that came before them."""
        conversation: list[EasyInputMessageParam] = [{"role": "user", "content": enclosed(data)}]
        calls: list[ModelCall] = []
        failure: OutsideError | None = None
        problems = ""
        for repair in (None, REPAIR):
            try:
                self._require_allowance(allowance, calls)
                began = time.monotonic()
                exchange = await self._service.ask(prompt.text, tuple(conversation), shape)
            except OutsideError as error:
                failure = error
                break
            answer, problems = _validated(exchange, shape, expected)
            asked = _Asked(prompt, repair, self._service.parameters(shape), _said(conversation))
            took = round((time.monotonic() - began) * 1000)
            calls.append(self._noted(asked, exchange, self._outcome(exchange, answer, repair), took, problems))
            if failure := exchange.failure:
                break
            if answer is not None:
                tokens = (sum(c.input_tokens or 0 for c in calls), sum(c.output_tokens or 0 for c in calls))
                return answer, Written(self._model, prompt.version, exchange.text, *tokens, calls=tuple(calls))
            if exchange.text:
                conversation.append({"role": "assistant", "content": exchange.text})
            conversation.append({"role": "user", "content": f"{REPAIR.text}\n{problems}"})
        says = f"The answer of {self._model} could not be used, nor its repair:\n{self._service.safe(problems, 1000)}"
        raise (failure or Refused(says)).after(calls)

    def _require_allowance(self, allowance: Allowance, calls: Sequence[ModelCall]) -> None:
        """Raises BudgetUsedUp. A budget could not be kept for a model whose price is not known."""
        budget = allowance.budget
        if budget is None:
            return
        if not self._prices.knows(self._model):
            raise BudgetUsedUp(
                f"The price of {self._model} is not known, so the month's budget of {budget} could not be kept; "
                "the operator sets it by UMT_MODEL_PRICES."
            )
        if allowance.is_used_up(sum((call.counted or Decimal(0) for call in calls), Decimal(0))):
            raise BudgetUsedUp(f"This month's budget of {budget} for language models is used up.")

    def _outcome(self, exchange: Exchange, answer: BaseModel | None, repair: Prompt | None) -> ModelOutcome:
        if exchange.failure or exchange.outcome is not ModelOutcome.ANSWERED:
            return exchange.outcome
        if answer is None:
            return ModelOutcome.UNUSABLE
        return ModelOutcome.REPAIRED if repair else ModelOutcome.ANSWERED

    def _noted(
        self, asked: _Asked, exchange: Exchange, outcome: ModelOutcome, milliseconds: int, problems: str
    ) -> ModelCall:
        usage, failure = exchange.usage, exchange.failure
        cost = counted = self._prices.cost(self._model, usage)
        if usage is None and exchange.may_cost:
            given = len((asked.prompt.text + asked.sent).encode())
            counted = self._prices.at_most(self._model, given, MAX_OUTPUT_TOKENS)
        says = str(failure) if failure else problems
        return ModelCall(
            model=self._model,
            service=self._service.host,
            prompt=asked.prompt.version,
            prompt_sha256=asked.prompt.sha256,
            repair=asked.repair.version if asked.repair else None,
            parameters=asked.parameters,
            sent=asked.sent,
            received=exchange.received,
            outcome=outcome,
            error=self._service.safe(says, 1000) or None,
            error_class=failure.error_class if failure else None,
            input_tokens=usage.input_tokens if usage else None,
            cached_tokens=usage.cached_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            cost=cost,
            counted=counted,
            milliseconds=milliseconds,
            response=exchange.response,
        )


class _Asked(NamedTuple):
    """What a call was made with; ``sent`` is the input as JSON."""

    prompt: Prompt
    repair: Prompt | None
    parameters: tuple[Parameter, ...]
    sent: str


def _said(conversation: Sequence[EasyInputMessageParam]) -> str:
    return json.dumps(conversation, ensure_ascii=False)


def _validated(exchange: Exchange, shape: type[A], expected: Expected) -> tuple[A | None, str]:
    """The answer, or what is wrong with it."""
    if exchange.failure:
        return None, ""
    try:
        return shape.model_validate_json(exchange.text, context=expected), ""
    except ValidationError as error:
        return None, complaints(error)
