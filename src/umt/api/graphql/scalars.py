"""The scalars: what goes in is checked strictly, what comes out always has the same form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError, GraphQLID, GraphQLScalarType
from strawberry.types.scalar import ScalarDefinition

from umt.api import forms
from umt.domain.errors import InvalidValue
from umt.domain.values import MAX_COUNT

Long = NewType("Long", int)
"""A whole number that every reader of JSON holds exactly."""


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
}
