"""The published contracts: committed as they are, described throughout, and guarded against what breaks a query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from umt.api.app import graphql_schema, openapi_schema
from umt.api.contracts import graphql, rest
from umt.application.schemas import check

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


def _undescribed() -> Iterator[str]:
    for name, kind in build_schema(graphql_schema()).type_map.items():
        if name.startswith("__") or name in ("Int", "String", "Boolean", "Float", "ID"):
            continue
        if not kind.description:
            yield name
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{name}.{value}" for value, about in kind.values.items() if not about.description)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field, about in kind.fields.items():
                if not about.description:
                    yield f"{name}.{field}"
                arguments = getattr(about, "args", {})
                yield from (f"{name}.{field}({a})" for a, given in arguments.items() if not given.description)
