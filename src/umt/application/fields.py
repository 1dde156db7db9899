"""How a command's fields take domain values: checked where they come in, with the path of what is wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from pydantic import BeforeValidator, PlainSerializer, PlainValidator

from umt.domain.errors import InvalidValue
from umt.domain.money import Money


def value_of(kind: Any) -> PlainValidator:
    """Takes the msgspec struct itself, or plain data that converts to it."""

    def validate(given: Any) -> Any:
        try:
            return msgspec.convert(given, kind, strict=False, from_attributes=True)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        except InvalidValue as error:
            raise ValueError(str(error)) from error

    return PlainValidator(validate)


def _money(given: Any) -> Any:
    try:
        if isinstance(given, str):
            return Money.parse(given)
        if isinstance(given, dict) and isinstance(given.get("amount"), str | int | Decimal):
            return Money.of(given["amount"], str(given.get("currency")))
    except InvalidValue as error:
        raise ValueError(str(error)) from error
    return given


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


MoneyField = Annotated[Money, BeforeValidator(_money), PlainSerializer(_plain)]
"""``"100 EUR"``, ``{"amount": "100", "currency": "EUR"}`` or Money."""

Plain = PlainSerializer(_plain)
"""Dumps a domain value as plain data."""
