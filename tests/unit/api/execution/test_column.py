"""A field that is resolved for a whole list: one call, each node its own answer or error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, Executor, execute, parse

from umt.api.graphql.column import column
from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor
from umt.api.graphql.schema import executable

CALLS: list[int] = []


@strawberry.type
class Fruit:
    name: str

    @column("How it tastes.")
    async def taste(fruits: Sequence[Fruit], info: strawberry.Info, much: int = 1) -> Sequence[str | None]:
        CALLS.append(len(fruits))
        return [_taste(fruit, much) for fruit in fruits]


def _taste(fruit: Fruit, much: int) -> Any:
    if fruit.name == "lemon":
        return ValueError("too sour")
    return None if fruit.name == "water" else "sweet " * much


@strawberry.type
class Query:
    @strawberry.field
    def fruits(self) -> list[Fruit]:
        return [Fruit(name=name) for name in ("apple", "lemon", "water", "pear")]


SCHEMA = executable(strawberry.Schema(query=Query))


async def tasted(executor: type[Executor[Any]], query: str) -> ExecutionResult:
    CALLS.clear()
    result = await execute(SCHEMA, parse(query), executor_class=executor)  # type: ignore[misc]
    assert isinstance(result, ExecutionResult)
    return result


async def test_all_nodes_share_one_call() -> None:
    result = await tasted(BreadthFirstExecutor, "{ fruits { name taste(much: 2) } }")
    assert result.data == {
        "fruits": [
            {"name": "apple", "taste": "sweet sweet "},
            {"name": "lemon", "taste": None},
            {"name": "water", "taste": None},
            {"name": "pear", "taste": "sweet sweet "},
        ]
    }
    assert [(error.message, error.path) for error in result.errors or ()] == [("too sour", ["fruits", 1, "taste"])]
    assert CALLS == [4]


@pytest.mark.parametrize("query", ["{ fruits { taste } }", "{ a: fruits { taste b: taste(much: 3) } }"])
async def test_node_by_node_the_answer_is_the_same(query: str) -> None:
    together, alone = await tasted(BreadthFirstExecutor, query), await tasted(Executor, query)
    assert together.data == alone.data
    assert [e.formatted for e in together.errors or ()] == [e.formatted for e in alone.errors or ()]
    assert set(CALLS) == {1}


def test_the_schema_shows_the_type_of_one() -> None:
    assert str(SCHEMA.type_map["Fruit"].fields["taste"].type) == "String"  # type: ignore[attr-defined]
    assert list(SCHEMA.type_map["Fruit"].fields["taste"].args) == ["much"]  # type: ignore[attr-defined]
