"""The model or, while it cannot be asked, the rules: a content waits for no month's end and for no service's recovery."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from umt.application.ports import (
    UNLIMITED,
    Allowance,
    BreakerOpen,
    BudgetUsedUp,
    ModelCall,
    PastPerformance,
    Writer,
    Written,
)
from umt.domain.brand import Brand
from umt.domain.content import Brief, Strategy, Variation
from umt.domain.template import Template

T = TypeVar("T")


class FallbackWriter:
    """Asks ``model``; ``rules`` stand in when its budget is used up or its circuit breaker is open, and say so. Every
    other failure of the model is the caller's to deal with."""

    def __init__(self, model: Writer, rules: Writer) -> None:
        self.model, self._rules = model, rules

    async def strategy(
        self, brand: Brand, brief: Brief, past: Sequence[PastPerformance], allowance: Allowance = UNLIMITED
    ) -> tuple[Strategy, Written]:
        return await self._first(lambda writer: writer.strategy(brand, brief, past, allowance))

    async def variations(
        self,
        brand: Brand,
        brief: Brief,
        strategy: Strategy,
        template: Template | None,
        first_number: int,
        allowance: Allowance = UNLIMITED,
    ) -> tuple[tuple[Variation, ...], Written]:
        return await self._first(
            lambda writer: writer.variations(brand, brief, strategy, template, first_number, allowance)
        )

    async def _first(self, ask: Callable[[Writer], Awaitable[tuple[T, Written]]]) -> tuple[T, Written]:
        calls: tuple[ModelCall, ...]
        try:
            return await ask(self.model)
        except (BudgetUsedUp, BreakerOpen) as error:
            why, calls = str(error), error.calls
        answer, written = await ask(self._rules)
        return answer, replace(written, fallback=f"{why} The offline writer wrote instead.", calls=calls)
