"""Functions called without detours are given what strawberry's own resolvers give them."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLError, GraphQLSchema, graphql_sync

from umt.api.graphql.resolving import Inputs, resolver_of
from umt.api.graphql.schema import executable


@strawberry.enum
class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@strawberry.input
class Box:
    length_of_side: int
    size: Size = Size.SMALL
    label: str | None = None
    inner: list[Inner] | None = None


@strawberry.input
class Inner:
    weight: float | None = strawberry.UNSET


Renamed = Annotated[int, strawberry.argument(name="other")]


@strawberry.type
class Query:
    @strawberry.field
    def all(
        self,
        info: strawberry.Info,
        a_number: int,
        some_size: Size = Size.LARGE,
        sizes: list[Size] | None = None,
        box: Box | None = None,
        maybe: strawberry.Maybe[int | None] = None,
        unset: str | None = strawberry.UNSET,
        renamed: Renamed = 7,
    ) -> str:
        given = (a_number, some_size, sizes, box, maybe, unset is strawberry.UNSET or unset, renamed)
        return repr((given, info.field_name, info.context))

    @strawberry.field
    async def later(self, number: int = 1) -> int:
        return number

    @strawberry.field
    def plain(self, number: int) -> int:
        if number < 0:
            raise GraphQLError("No.")
        return number

    @strawberry.field
    @staticmethod
    def static(number: int) -> int:
        return number

    @strawberry.field
    def rooted(self, root: Any) -> bool:
        return root is None


BOX = "{lengthOfSide: 3, size: LARGE, inner: [{weight: 1.5}, {}]}"
QUERIES = [
    "{ all(aNumber: 1) }",
    "{ all(aNumber: 1, someSize: SMALL, sizes: [SMALL, LARGE], other: 9) }",
    f"{{ all(aNumber: 1, box: {BOX}) }}",
    '{ all(aNumber: 1, box: {lengthOfSide: 1, label: null}, maybe: null, unset: "x") }',
    "{ all(aNumber: 1, sizes: null, box: null, maybe: 4, unset: null) }",
    "query($n: Int! = 5, $b: Box) { all(aNumber: $n, box: $b) }",
    "{ all(aNumber: true) }",
    "{ plain(number: 2) no: plain(number: -1) static(number: 3) rooted }",
]


def schema() -> strawberry.Schema:
    return strawberry.Schema(query=Query)


@pytest.mark.parametrize("query", QUERIES)
def test_functions_are_given_the_same(query: str) -> None:
    plain: GraphQLSchema = schema()._schema
    quick = executable(schema())

    def answer(of: GraphQLSchema) -> Any:
        return graphql_sync(of, query, context_value="context").formatted

    assert answer(quick) == answer(plain)


def test_only_functions_without_more_to_them_are_called_so() -> None:
    inputs = Inputs(schema())
    definition: Any = Query
    fields = {each.python_name: each for each in definition.__strawberry_definition__.fields}
    called = {name for name, each in fields.items() if resolver_of(each, inputs)}
    assert called == {"all", "later", "plain", "static"}
