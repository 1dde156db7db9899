"""What a call to a language model costs, to the micro-dollar."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from umt.adapters.writers.model_prices import MICRO, Usage, prices_of
from umt.settings import Settings

PRICES = prices_of({"gpt-test": {"input": Decimal("0.25"), "cached_input": Decimal("0.025"), "output": Decimal(2)}})


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(1_000_000, 0, 0), "0.25"),
        (Usage(1_000_000, 1_000_000, 0), "0.025"),
        (Usage(1_000, 400, 500), "0.00116"),
        (Usage(0, 0, 0), "0"),
        (Usage(1, 0, 0), "0.000001"),
        (Usage(10, 99, 0), "0.000001"),
    ],
)
def test_tokens_cost_what_their_kind_costs_rounded_up(usage: Usage, cost: str) -> None:
    assert PRICES.cost("gpt-test", usage) == Decimal(cost)


@pytest.mark.parametrize("tokens", [1, 3, 10**9])
def test_a_cost_is_a_plain_decimal_of_six_digits(tokens: int) -> None:
    cost = PRICES.cost("gpt-test", Usage(tokens, 0, tokens))
    assert cost is not None
    assert cost == cost.quantize(MICRO)
    assert "E" not in str(cost)


def test_what_is_not_known_is_not_free() -> None:
    assert PRICES.cost("another", Usage(1, 1, 1)) is None
    assert PRICES.cost("gpt-test", None) is None
    assert not PRICES.knows("another")


def test_the_default_model_has_a_price_that_a_setting_goes_before() -> None:
    model = Settings().openai_model
    assert prices_of({}).cost(model, Usage(1_000_000, 0, 1_000_000)) == Decimal("2.25")
    given = {model: {"input": Decimal(1), "output": Decimal(1)}}
    assert prices_of(given).cost(model, Usage(1_000_000, 1_000_000, 0)) == Decimal(1)


def test_prices_are_set_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMT_MODEL_PRICES", '{"mine": {"input": 0.1, "output": "0.30"}}')
    assert Settings().model_prices == {"mine": {"input": Decimal("0.1"), "output": Decimal("0.30")}}


@pytest.mark.parametrize(
    "price", ['{"input": "1"}', '{"input": "1", "output": "-1"}', '{"input": "1", "output": "1", "images": "1"}']
)
def test_prices_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch, price: str) -> None:
    monkeypatch.setenv("UMT_MODEL_PRICES", f'{{"mine": {price}}}')
    with pytest.raises(ValidationError, match="'mine'"):
        Settings()
