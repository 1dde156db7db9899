"""The scalars: what goes in is checked strictly, what comes out always has the same form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NewType, TypeVar
from uuid import UUID

import msgspec
import strawberry
from graphql import GraphQLError, GraphQLID, GraphQLScalarType
from strawberry.types.scalar import ScalarDefinition

from umt.api import forms
from umt.domain.errors import InvalidValue
from umt.domain.values import MAX_COUNT

Long = NewType("Long", int)
"""A whole number that every reader of JSON holds exactly."""


Color = NewType("Color", str)
"""An sRGB colour."""

Url = NewType("Url", str)
"""An address on the web."""

TimeZone = NewType("TimeZone", str)
"""The name of a time zone."""

Currency = NewType("Currency", str)
"""The code of a currency."""


class OutOfRange(Exception):
    """A sum of counts is above what a Long holds."""

    def __init__(self) -> None:
        super().__init__("The number is above 2^53 - 1, which readers of JSON would round; ask for smaller sums.")


T = TypeVar("T")


def _checked(name: str, example: str, parse: Callable[[Any], T | None]) -> Callable[[Any], T]:
    """``parse`` answers None, or raises ValueError, for what is not of the scalar's form."""

    def parsed(given: Any) -> T:
        try:
            value = parse(given)
        except (ValueError, OverflowError, InvalidValue):
            value = None
        if value is None:
            raise GraphQLError(f"{name} is written like {example}.")
        return value

    return parsed


def _shown_long(number: Any) -> int:
    if abs(int(number)) > MAX_COUNT:
        raise OutOfRange
    return int(number)


def _text(given: Any) -> str | None:
    """Any text: what is wrong about it a command says, with its place in the input and a code of its own."""
    return given if isinstance(given, str) else None


class _Id(GraphQLScalarType):
    """The built-in scalar ID, but it takes and gives UUIDs: every reader of the schema knows it by its name.

    graphql-core keeps that name to its own instance, which it also puts in place of this one in a copy of the schema.
    """

    def __new__(cls, *_args: Any, **_named: Any) -> _Id:
        return object.__new__(cls)


_ID: Final = _Id(
    GraphQLID.name,
    serialize=str,
    parse_value=_checked("An ID", forms.IDENTIFIER_EXAMPLE, forms.identifier),
    description='The id of a thing, which nothing else has: a UUID (RFC 9562), like "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d";'
    " given in small letters, accepted in capital ones, too.",
)

SCALARS: Final[dict[object, ScalarDefinition]] = {
    Long: strawberry.scalar(
        name="Long",
        description="A whole number between -(2^53 - 1) and 2^53 - 1; a text of digits is accepted, too."
        " A sum beyond is not rounded: its field fails with OUT_OF_RANGE.",
        serialize=_shown_long,
        parse_value=_checked("A Long", forms.WHOLE_EXAMPLE, forms.whole),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a text, like "1250.50": no exponent, at most 15 digits before the point and 6 after it.',
        serialize=lambda value: f"{value:f}",
        parse_value=_checked("A Decimal", forms.DECIMAL_EXAMPLE, forms.decimal),
    ),
    date: strawberry.scalar(
        name="Date",
        description='A day, like "2026-01-31" (RFC 3339 full-date).',
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=date.isoformat,
        parse_value=_checked("A Date", forms.DAY_EXAMPLE, forms.day),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description='A moment, like "2026-01-31T09:00:00Z" (RFC 3339); given in UTC, accepted with any offset.',
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=forms.shown_time,
        parse_value=_checked("A DateTime", forms.MOMENT_EXAMPLE, forms.moment),
    ),
    UUID: ScalarDefinition(
        name=_ID.name,
        description=_ID.description,
        specified_by_url=None,
        serialize=_ID.serialize,
        parse_value=_ID.parse_value,
        parse_literal=None,
        implementation=_ID,
    ),
    Color: strawberry.scalar(
        name="Color",
        description='An sRGB colour, like "#FF5733": given in capital letters, accepted in small ones, too.',
        specified_by_url="https://www.w3.org/TR/css-color-4/#hex-notation",
        serialize=str,
        parse_value=_checked("A Color", '"#FF5733"', _text),
    ),
    Url: strawberry.scalar(
        name="URL",
        description='An address on the web, like "https://example.com/page" (RFC 3986): http or https, without credentials,'
        " at most 2000 characters.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3986",
        serialize=str,
        parse_value=_checked("A URL", '"https://example.com/page"', _text),
    ),
    TimeZone: strawberry.scalar(
        name="TimeZone",
        description='A time zone by its IANA name, like "Europe/Berlin".',
        specified_by_url="https://www.iana.org/time-zones",
        serialize=str,
        parse_value=_checked("A TimeZone", '"Europe/Berlin"', _text),
    ),
    Currency: strawberry.scalar(
        name="Currency",
        description='A currency by its ISO 4217 code, like "EUR".',
        specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
        serialize=str,
        parse_value=_checked("A Currency", '"EUR"', _text),
    ),
}


def _ids(values: Sequence[Any], kinds: set[type]) -> list[Any] | None:
    return msgspec.to_builtins(values) if kinds <= {UUID, type(None)} else None


def _decimals(values: Sequence[Any], kinds: set[type]) -> list[Any] | None:
    if not kinds <= {Decimal, type(None)}:
        return None
    texts: list[Any] = msgspec.to_builtins(values)
    written = "".join(filter(None, texts))
    return None if "E" in written or "N" in written else texts


def _texts(values: Sequence[Any], kinds: set[type]) -> list[Any] | None:
    return list(values) if kinds <= {str, type(None)} else None


TOGETHER_BY_NAME: Final[dict[str, Callable[[Sequence[Any], set[type]], list[Any] | None]]] = {
    "ID": _ids,
    "Decimal": _decimals,
    **dict.fromkeys(("Color", "Currency", "TimeZone", "URL"), _texts),
}
"""How many values of a scalar are written at once, where msgspec writes them as the scalar does; None where it might not."""
