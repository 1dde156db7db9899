"""What a field needs stands beside it in the published schema: as the table of permissions has it, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import strawberry
from graphql import (
    EnumValueNode,
    FieldDefinitionNode,
    GraphQLEnumType,
    GraphQLObjectType,
    build_schema,
)

from umt.api import access
from umt.api.access import graphql_fields
from umt.api.app import graphql_schema
from umt.api.graphql.requirements import state_requirements
from umt.application.permissions import Permission

SCHEMA = build_schema(graphql_schema())


def stated() -> Iterator[tuple[str, str | None]]:
    """Each field that says what it needs: the permission, or None for none."""
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                if field.ast_node:
                    yield from ((f"{kind.name}.{name}", needs) for needs in of(field.ast_node))


def of(field: FieldDefinitionNode) -> Iterator[str | None]:
    for directive in field.directives or ():
        if directive.name.value == "public":
            yield None
        if directive.name.value == "requires":
            (argument,) = directive.arguments or ()
            assert isinstance(argument.value, EnumValueNode)
            yield argument.value.value


def test_the_schema_says_what_the_table_says() -> None:
    said = list(stated())
    assert dict(said) == {name: needs and needs.name for name, needs in graphql_fields()}
    assert len(said) == len(dict(said)), "a field says it twice"


def test_every_query_and_mutation_says_what_it_needs() -> None:
    for root in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type):
        for name in root.fields if root else ():
            assert f"{root}.{name}" in dict(stated())


def test_every_permission_is_published() -> None:
    published = SCHEMA.type_map["Permission"]
    assert isinstance(published, GraphQLEnumType)
    assert list(published.values) == [permission.name for permission in Permission]


@strawberry.type
class Query:
    @strawberry.field
    def present(self) -> int:
        return 1


@pytest.mark.parametrize("name", ["Query.absent", "Nowhere.present"])
def test_a_row_of_the_table_that_is_no_field_is_a_mistake(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "QUERIES", {})
    monkeypatch.setattr(access, "MUTATIONS", {})
    monkeypatch.setattr(access, "SUBSCRIPTIONS", {})
    monkeypatch.setattr(access, "FIELDS", {name: None})
    with pytest.raises(LookupError, match=name):
        state_requirements(strawberry.Schema(Query))
