"""Scalars take one form and give one form."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLError, GraphQLID, build_schema
from hypothesis import given
from hypothesis import strategies as st

from umt.api.graphql.scalars import SCALARS, Color, Currency, Long, TimeZone, Url
from umt.api.graphql.schema import graphql_schema

ID = "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"
TAKES: list[tuple[Any, Any, Any]] = [
    (Long, 2**53 - 1, 2**53 - 1),
    (Long, "-9007199254740991", -(2**53 - 1)),
    (Long, "007", 7),
    (Decimal, "1250.50", Decimal("1250.50")),
    (Decimal, 10, Decimal(10)),
    (Decimal, "-0.000001", Decimal("-0.000001")),
    (date, "2026-02-28", date(2026, 2, 28)),
    (datetime, "2026-01-31T09:00:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
    (datetime, "2026-01-31T09:00:00.123456+01:00", datetime(2026, 1, 31, 8, 0, 0, 123456, tzinfo=UTC)),
    (UUID, ID, UUID(ID)),
    (UUID, ID.upper(), UUID(ID)),
    (Color, "#ff5733", "#ff5733"),
    (Url, "https://example.com/page", "https://example.com/page"),
    (TimeZone, "Europe/Vienna", "Europe/Vienna"),
    (Currency, "EUR", "EUR"),
]
WRONG: dict[Any, list[Any]] = {
    Long: [2**53, -(2**53), "9007199254740992", 1.0, True, "", " 1", "1e3", "٣", None, [], "9" * 5000],
    Decimal: [1.5, "NaN", "Infinity", "1e3", "", "1,5", "٣", True, None, "1" * 16, "0.1234567", 10**400],
    date: ["2026-02-29", "2026-2-1", "20260201", "2026-W01-1", "0000-01-01", 5, None, "2026-02-28T00:00:00Z"],
    datetime: [
        "2026-01-31T09:00:00",
        "2026-01-31",
        "2026-01-31T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2026-01-31T09:00:00+99:00",
        5,
        None,
    ],
    **{text: [5, 1.5, True, None, [], {}] for text in (Color, Url, TimeZone, Currency)},
    UUID: [f"{{{ID}}}", f"urn:uuid:{ID}", ID.replace("-", ""), 5, "", None, f"{ID[:-1]}٣"],
}


def parse(kind: Any, value: Any) -> Any:
    parser = SCALARS[kind].parse_value
    assert parser
    return parser(value)


def serialize(kind: Any, value: Any) -> Any:
    serializer = SCALARS[kind].serialize
    assert serializer
    return serializer(value)


@pytest.mark.parametrize(("kind", "value", "expected"), TAKES)
def test_what_is_of_the_form_is_taken(kind: Any, value: Any, expected: Any) -> None:
    assert parse(kind, value) == expected


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in WRONG.items() for value in values])
def test_what_is_not_of_the_form_is_refused_with_an_example(kind: Any, value: Any) -> None:
    with pytest.raises(GraphQLError, match="is written like"):
        parse(kind, value)


def test_amounts_are_never_written_with_exponents() -> None:
    assert [serialize(Decimal, Decimal(text)) for text in ("0E-6", "1E+3", "10.10")] == ["0.000000", "1000", "10.10"]


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30))), min_value=datetime(1, 1, 2)))  # noqa: DTZ001
def test_a_moment_comes_back_as_it_went_in(moment: datetime) -> None:
    written = serialize(datetime, moment)
    assert written.endswith("Z")
    assert parse(datetime, written) == moment


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_decimal_comes_back_as_it_went_in(number: Decimal) -> None:
    assert parse(Decimal, serialize(Decimal, number)) == number


def test_every_scalar_says_what_it_is_and_where_its_form_is_defined() -> None:
    for scalar in SCALARS.values():
        assert scalar.description
        assert scalar.specified_by_url or scalar.name in ("ID", "Long", "Decimal"), scalar.name


def test_ids_are_of_the_built_in_scalar_for_whoever_reads_the_schema() -> None:
    assert "scalar ID" not in graphql_schema()
    assert build_schema(graphql_schema()).type_map["ID"] is GraphQLID
