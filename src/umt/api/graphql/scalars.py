"""The scalars: what goes in is checked strictly, what comes out always has the same form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError, GraphQLID, GraphQLScalarType
from strawberry.types.scalar import ScalarDefinition

from umt.domain.errors import InvalidValue
from umt.domain.money import decimal_from
from umt.domain.values import MAX_COUNT

Long = NewType("Long", int)
"""A whole number that every reader of JSON holds exactly."""


class OutOfRange(Exception):
    """A sum of counts is above what a Long holds."""

    def __init__(self) -> None:
        super().__init__("The number is above 2^53 - 1, which readers of JSON would round; ask for smaller sums.")


_WHOLE = re.compile(r"-?\d{1,16}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)

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


def _long(given: Any) -> Long | None:
    if isinstance(given, str) and _WHOLE.fullmatch(given):
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or abs(given) > MAX_COUNT:
        return None
    return Long(given)


def _shown_long(number: Any) -> int:
    if abs(int(number)) > MAX_COUNT:
        raise OutOfRange
    return int(number)


def _decimal(given: Any) -> Decimal | None:
    return decimal_from(given) if isinstance(given, str | int) and not isinstance(given, bool) else None


def _date(given: Any) -> date | None:
    return date.fromisoformat(given) if isinstance(given, str) and _DAY.fullmatch(given) else None


def _date_time(given: Any) -> datetime | None:
    if not (isinstance(given, str) and _TIME.fullmatch(given)):
        return None
    return datetime.fromisoformat(given).astimezone(UTC)


def _uuid(given: Any) -> UUID | None:
    return UUID(given) if isinstance(given, str) and _UUID.fullmatch(given) else None


def shown_time(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Id(GraphQLScalarType):
    """The built-in scalar ID, but it takes and gives UUIDs: every reader of the schema knows it by its name.

    graphql-core keeps that name to its own instance, which it also puts in place of this one in a copy of the schema.
    """

    def __new__(cls, *_args: Any, **_named: Any) -> _Id:
        return object.__new__(cls)


_ID: Final = _Id(
    GraphQLID.name,
    serialize=str,
    parse_value=_checked("An ID", '"2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"', _uuid),
    description='The id of a thing, which nothing else has: a UUID (RFC 9562), like "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d";'
    " given in small letters, accepted in capital ones, too.",
)

SCALARS: Final[dict[object, ScalarDefinition]] = {
    Long: strawberry.scalar(
        name="Long",
        description="A whole number between -(2^53 - 1) and 2^53 - 1; a text of digits is accepted, too."
        " A sum beyond is not rounded: its field fails with OUT_OF_RANGE.",
        serialize=_shown_long,
        parse_value=_checked("A Long", '1250 or "1250", at most 2^53 - 1', _long),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a text, like "1250.50": no exponent, at most 15 digits before the point and 6 after it.',
        serialize=lambda value: f"{value:f}",
        parse_value=_checked("A Decimal", '"1250.50", as a text', _decimal),
    ),
    date: strawberry.scalar(
        name="Date",
        description='A day, like "2026-01-31" (RFC 3339 full-date).',
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=date.isoformat,
        parse_value=_checked("A Date", '"2026-01-31"', _date),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description='A moment, like "2026-01-31T09:00:00Z" (RFC 3339); given in UTC, accepted with any offset.',
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=shown_time,
        parse_value=_checked("A DateTime", '"2026-01-31T09:00:00+01:00", with an offset or Z', _date_time),
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
