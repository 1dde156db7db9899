"""A list that is kept as columns gives the answer that a list of objects gives, and makes objects only where it must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, execute, parse

from umt.api.graphql.column import column
from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor
from umt.api.graphql.execution.frame import Frame
from umt.api.graphql.fields import field
from umt.api.graphql.schema import executable
from umt.api.graphql.stored import Stored, made
from umt.application.lists import Rows

MADE: list[int] = []


@strawberry.type
class Weight:
    grams: int


@strawberry.type
class Fruit:
    name: str
    colour: str | None
    weight: Weight
    peeled: int

    @field("How loud its name is.")
    def loud(self) -> str:
        return self.name.upper()

    @column("How it tastes.")
    async def taste(fruits: Sequence[Fruit], info: strawberry.Info) -> Sequence[str]:
        return [f"like {fruit.name}" for fruit in fruits]


class _Stored(Fruit):
    weight: Any = made(lambda grams: Weight(grams=grams), "grams")
    peeled: Any = made(lambda grams: 100 // (grams - 3), "grams")

    def __new__(cls) -> _Stored:
        MADE.append(1)
        return super().__new__(cls)


STORED: Stored[Fruit] = Stored(_Stored, {"colour": "color"})
ROWS = Rows({"name": ["apple", "plum", "kiwi"], "color": ["red", None, "green"], "grams": [1, 2, 3]}, 3)
NAMELESS = Rows({"name": ["apple", None], "color": ["red", "blue"], "grams": [1, 2]}, 2)


def frame(rows: Rows) -> Frame[Fruit]:
    return STORED.all(rows)


def objects(rows: Rows) -> list[Fruit]:
    return list(map(STORED, rows))


async def answer(fruits: Any, query: str) -> ExecutionResult:
    @strawberry.type
    class Query:
        @strawberry.field
        def fruits(self) -> list[Fruit]:
            return fruits  # type: ignore[no-any-return]

        @strawberry.field
        def baskets(self) -> list[list[Fruit]]:
            return fruits  # type: ignore[no-any-return]

    schema = executable(strawberry.Schema(query=Query))
    result = execute(schema, parse(query), executor_class=BreadthFirstExecutor)
    found = result if isinstance(result, ExecutionResult) else await result
    assert isinstance(found, ExecutionResult)
    return found


@pytest.mark.parametrize(
    "fields",
    [
        "name",
        "name colour weight { grams }",
        "name again: name __typename",
        "loud colour",
        "taste name",
        "peeled name",
        "... on Fruit { name } weight { g: grams __typename }",
    ],
)
@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], ROWS[3:], NAMELESS], ids=["three", "one", "none", "nameless"])
async def test_it_answers_as_objects_do(rows: Rows, fields: str) -> None:
    query = f"{{ fruits {{ {fields} }} }}"
    expected, found = await answer(objects(rows), query), await answer(frame(rows), query)
    assert found.data == expected.data
    assert list(map(str, found.errors or ())) == list(map(str, expected.errors or ()))


async def test_several_lists_are_handed_out_again() -> None:
    query = "{ baskets { name colour } }"
    mixed = [frame(ROWS), frame(ROWS[3:]), objects(ROWS[1:]), frame(NAMELESS[:1])]
    assert await answer(mixed, query) == await answer([list(each) for each in mixed], query)


async def test_objects_are_made_only_where_they_are_asked_for() -> None:
    MADE.clear()
    await answer(frame(ROWS), "{ fruits { name colour weight { grams } } }")
    assert MADE == []
    await answer(frame(ROWS), "{ fruits { name loud taste } }")
    assert len(MADE) == 3


def test_it_is_a_sequence() -> None:
    fruits = frame(ROWS)
    assert (len(fruits), fruits[1].name, [each.name for each in fruits[1:]]) == (3, "plum", ["plum", "kiwi"])
