"""What calls to language models cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from typing import Final, NamedTuple

MICRO: Final = Decimal("0.000001")
"""The smallest amount that is told apart; what is smaller counts as one."""
_MILLION: Final = Decimal(1_000_000)


class Price(NamedTuple):
    """USD for a million tokens: given, given again from the service's cache, and written."""

    input: Decimal
    cached_input: Decimal
    output: Decimal


class Usage(NamedTuple):
    """Tokens of one call. The cached ones are among those of the input."""

    input_tokens: int
    cached_tokens: int
    output_tokens: int


class Prices:
    """Prices by model; a model that is not among them has no known price."""

    def __init__(self, by_model: Mapping[str, Price]) -> None:
        self._by_model = by_model

    def knows(self, model: str) -> bool:
        return model in self._by_model

    def cost(self, model: str, usage: Usage | None) -> Decimal | None:
        """In USD, rounded up to the micro-dollar; None where usage or price are not known."""
        price = self._by_model.get(model)
        if price is None or usage is None:
            return None
        cached = min(usage.cached_tokens, usage.input_tokens)
        exact = (
            (usage.input_tokens - cached) * price.input
            + cached * price.cached_input
            + usage.output_tokens * price.output
        ) / _MILLION
        return exact.quantize(MICRO, ROUND_UP)

    def at_most(self, model: str, given_bytes: int, output_tokens: int) -> Decimal | None:
        """The most that a call can cost: no token is shorter than a byte, and no answer longer than was allowed."""
        return self.cost(model, Usage(given_bytes, 0, output_tokens))


KNOWN: Final = {
    "gpt-5": Price(Decimal("1.25"), Decimal("0.125"), Decimal(10)),
    "gpt-5-mini": Price(Decimal("0.25"), Decimal("0.025"), Decimal(2)),
    "gpt-5-nano": Price(Decimal("0.05"), Decimal("0.005"), Decimal("0.4")),
}
"""OpenAI's list prices of the default model and its siblings (https://openai.com/api/pricing); the setting goes before."""


def prices_of(given: Mapping[str, Mapping[str, Decimal]]) -> Prices:
    """The known prices and those that are set: ``input``, ``output`` and, unless it is the same as ``input``,
    ``cached_input``."""
    told = {name: Price(p["input"], p.get("cached_input", p["input"]), p["output"]) for name, p in given.items()}
    return Prices({**KNOWN, **told})
