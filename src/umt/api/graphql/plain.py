"""From an input of the API to the values of a command."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

from pydantic.alias_generators import to_camel

from umt.api.graphql.types.money import MoneyInput
from umt.domain.errors import InvalidValue
from umt.domain.money import Money


def plain(value: Any, path: str = "") -> Any:
    """Plain data of the command's own names; ``path`` is said in errors."""
    match value:
        case MoneyInput():
            return _money(value, path)
        case Enum():
            return value.value
        case str():
            return _text(value, path)
        case list():
            return [plain(each, f"{path}.{n}") for n, each in enumerate(value)]
        case _ if dataclasses.is_dataclass(value):
            return fields_of(value, path)
        case _:
            return value


def fields_of(value: Any, path: str = "") -> dict[str, Any]:
    """The fields of an input."""
    given = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {name: plain(each, f"{path}.{to_camel(name)}" if path else to_camel(name)) for name, each in given.items()}


def _money(value: MoneyInput, path: str) -> Money:
    try:
        return Money.of(value.amount, value.currency)
    except InvalidValue as error:
        raise InvalidValue(f"{path}.{error.field}", error.reason) from error


def _text(value: str, path: str) -> str:
    if "\0" in value:
        raise InvalidValue(path, "must not contain the character U+0000")
    return value
