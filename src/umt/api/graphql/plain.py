"""From an input of the API to the values of a command."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from pydantic.alias_generators import to_camel
from strawberry.types.field import StrawberryField

from umt.api.graphql.types.money import MoneyInput
from umt.domain.errors import InvalidValue
from umt.domain.money import Money


class InputField(NamedTuple):
    """A field of an input: its name in the command and the one that callers know, and what was given."""

    name: str
    published: str
    value: Any


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
        case _ if is_input(value):
            return fields_of(value, path)
        case _:
            return value


def fields_of(value: Any, path: str = "") -> dict[str, Any]:
    """The fields of an input."""
    given = inputs_of(value)
    return {each.name: plain(each.value, f"{path}.{each.published}" if path else each.published) for each in given}


def is_input(value: Any) -> bool:
    """Whether it is an input, with fields of its own."""
    return is_dataclass(value)


def inputs_of(value: Any) -> Iterator[InputField]:
    """The fields of an input, in their order."""
    for name, published in _names_of(value.__class__):
        yield InputField(name, published, getattr(value, name))


@cache
def _names_of(kind: Hashable) -> list[tuple[str, str]]:
    given: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]
    named = [(each.name, each.graphql_name if isinstance(each, StrawberryField) else None) for each in given]
    return [(name, published or to_camel(name)) for name, published in named]


def _money(value: MoneyInput, path: str) -> Money:
    try:
        return Money.of(value.amount, value.currency)
    except InvalidValue as error:
        raise InvalidValue(f"{path}.{error.field}", error.reason) from error


def _text(value: str, path: str) -> str:
    if "\0" in value:
        raise InvalidValue(path, "must not contain the character U+0000")
    return value
