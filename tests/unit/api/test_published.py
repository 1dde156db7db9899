"""The published contracts: committed as they are, described throughout, and guarded against what breaks a query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from umt.api.app import graphql_schema, openapi_schema
from umt.api.contracts import graphql, rest
from umt.application.schemas import check

PUBLISHED = build_schema(graphql_schema())
DEPRECATION = re.compile(r"\S.*\. Removed on or after \d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\.")
COMMITTED = Path(__file__).parents[3] / "schemas"


def test_what_is_committed_is_what_is_published() -> None:
    assert check(graphql(), COMMITTED) == []
    assert check(rest(), COMMITTED) == []


def test_a_change_that_breaks_a_query_is_refused(tmp_path: Path) -> None:
    committed = tmp_path / "graphql" / "schema.graphql"
    committed.parent.mkdir()
    committed.write_text(graphql_schema().replace("  eventCount: Long!", "  eventCount: Long!\n  gone: Int"))
    (difference,) = check(graphql(), tmp_path)
    assert difference.breaking
    assert "Workspace.gone was removed" in difference.reason


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    committed = tmp_path / "graphql" / "schema.graphql"
    committed.parent.mkdir()
    committed.write_text("type {")
    (difference,) = check(graphql(), tmp_path)
    assert "is damaged" in difference.reason


def test_everything_in_the_schema_is_described() -> None:
    assert list(_undescribed()) == []


def test_everything_on_the_rest_side_is_described() -> None:
    document = openapi_schema()
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description"), name
        for field, about in schema.get("properties", {}).items():
            assert about.get("description"), f"{name}.{field}"
    assert all(operation.get("summary") for path in document["paths"].values() for operation in path.values())


def test_what_is_deprecated_says_what_to_use_and_until_when_it_stays() -> None:
    assert {name: reason for name, reason in _deprecated(PUBLISHED) if not DEPRECATION.fullmatch(reason)} == {}


@pytest.mark.parametrize("reason", ["No longer supported", "Use other.", "Use other. Removed on or after June 2027."])
def test_a_deprecation_without_its_date_is_found(reason: str) -> None:
    planted = build_schema(f'type Query {{ old: Int @deprecated(reason: "{reason}") }}')
    assert [told for _, told in _deprecated(planted) if not DEPRECATION.fullmatch(told)] == [reason]
    assert DEPRECATION.fullmatch("Use `other`. Removed on or after 2027-06-01.")


def _deprecated(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Fields, arguments and values that are deprecated, with their reasons."""
    for name, about in _members(schema):
        reason = getattr(about, "deprecation_reason", None)
        if reason is not None:
            yield name, reason


def _undescribed() -> Iterator[str]:
    yield from (name for name, about in _members(PUBLISHED) if not about.description)


def _members(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """All that the schema defines itself: types and directives, with their fields, arguments and values."""
    for directive in schema.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive
            yield from ((f"@{directive.name}({name})", about) for name, about in directive.args.items())
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        yield name, kind
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", about) for value, about in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field, about in kind.fields.items():
                yield f"{name}.{field}", about
                arguments = getattr(about, "args", {})
                yield from ((f"{name}.{field}({argument})", given) for argument, given in arguments.items())
