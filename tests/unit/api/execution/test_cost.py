"""What an operation may cost is told before, what it did cost after, and the latter is never more."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
)

from umt.api.graphql.execution.cost import COST, LARGEST_COST, SIZE, Costs
from umt.api.graphql.execution.documents import Documents
from umt.api.graphql.schema import EXECUTABLE

ASKED: dict[str, int] = {
    "{ __typename }": 0,
    "{ clock { now } }": 1,
    "{ campaigns(first: 10) { nodes { id } } }": 1 + 10,
    "{ campaigns(last: 10) { edges { node { id } } pageInfo { endCursor } } }": 1 + 10,
    "{ campaigns(first: 10) { totalCount nodes { brand { id } } } }": 1 + 1 + 10 * (1 + 1 + 1),
    "{ campaigns(first: 10) { nodes { decisions(first: 5) { nodes { reason } } } } }": 1 + 10 * (1 + 1),
    "query($n: Int = 7) { brands(first: $n) { nodes { name } } }": 1 + 7,
    "{ brands(first: 3) { ...B } } fragment B on BrandConnection { nodes { ... on Brand { campaigns(first: 2) { nodes { id } } } } }": 1
    + 3 * (1 + 1 + 2),
    '{ nodes(ids: ["a", "b"]) { id } }': 1 + 2,
    "{ a: brands(first: 3) { nodes { id } } b: brands(first: 4) { nodes { id } } }": 4 + 5,
}


@pytest.mark.parametrize("query", ASKED)
def test_pages_count_as_full(query: str) -> None:
    assert cost(query) == ASKED[query]


def test_a_page_of_more_than_may_be_counts_as_one_of_a_hundred() -> None:
    assert cost("{ campaigns(first: 1000000) { nodes { id } } }") == 101
    assert cost("{ campaigns { nodes { id } } }") == 101


async def test_what_costs_too_much_is_refused_before_anything_is_read() -> None:
    inner = "campaigns(first: 100) { nodes { contents { id } } }"
    operation = Documents(EXECUTABLE).written(f"{{ brands(first: 100) {{ nodes {{ {inner} }} }} }}").operation(None)
    assert operation
    nobody: Any = None
    result: Any = operation.execute(nobody, None)
    assert result.data is None
    assert f"at most {LARGEST_COST} is allowed" in result.errors[0].message
    assert result.errors[0].path is None


def test_each_list_whose_items_cost_something_says_how_many_it_has() -> None:
    silent = [
        f"{kind.name}.{name}"
        for kind in EXECUTABLE.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__") and kind.name not in ("Subscription",)
        for name, field in kind.fields.items()
        if is_list_type(get_nullable_type(field.type))
        and name not in ("nodes", "edges")
        and is_costly(get_named_type(field.type))
        and SIZE not in field.extensions
    ]
    assert silent == []


def cost(query: str) -> int:
    document = parse(query)
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    defaults = {"n": 7} if "$n" in query else {}
    return Costs(EXECUTABLE, document).of(operation, defaults)


def is_costly(kind: Any, seen: tuple[str, ...] = ()) -> bool:
    if isinstance(kind, GraphQLInterfaceType):
        return any(is_costly(each, seen) for each in EXECUTABLE.get_possible_types(kind))
    if not isinstance(kind, GraphQLObjectType) or kind.name in seen:
        return False
    return bool(kind.extensions.get(COST)) or any(
        field.extensions.get(COST) or is_costly(get_named_type(field.type), (*seen, kind.name))
        for field in kind.fields.values()
    )
