"""The breadth-first executor answers as graphql-core does: the same data, the same errors at the same places."""

from __future__ import annotations

import asyncio
import inspect
import os
from random import Random
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    execute,
    get_introspection_query,
    parse,
    subscribe,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.api.execution.made_up import Node, Queries, World

from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor
from umt.api.graphql.execution.layout import Layouts

SEEDS = st.integers(0, 2**32)
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # of what takes its parent along
EXAMPLES = 20_000 if os.environ.get("UMT_SOAK") else 150
VARIABLES: list[dict[str, Any]] = [
    {"no": False, "n": 3, "text": "t"},
    {"no": True, "yes": False, "n": 1},
    {"no": False, "yes": None, "n": 2},
]


def document(world: World, seed: int, operation: str = "query") -> Any:
    """The first valid document of a moderate size that comes of the seed."""
    draw = Random(seed)
    while True:
        text = Queries(world.schema, draw).document(operation)
        if len(text) > 2_500:
            continue
        parsed = parse(text)
        if all("never used" in error.message for error in validate(world.schema, parsed)):
            return parsed


def answer(world: World, parsed: Any, executor: type[Executor[Any]], variables: dict[str, Any]) -> Any:
    return execute(world.schema, parsed, world.root, None, variables, executor_class=executor)


def told(errors: list[GraphQLError] | None) -> list[Any]:
    return [error.formatted for error in errors or ()]


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, SEEDS, st.sampled_from([0, 2, 15]), st.sampled_from(VARIABLES))
def test_queries_are_answered_alike_and_errors_in_the_same_order(
    world_seed: int, query_seed: int, mistakes: int, variables: dict[str, Any]
) -> None:
    world = World(world_seed, mistakes=mistakes)
    parsed = document(world, query_seed)
    wanted = answer(world, parsed, Executor, variables)
    found = answer(world, parsed, BreadthFirstExecutor, variables)
    assert isinstance(found, ExecutionResult)
    assert found.data == wanted.data
    assert keys(found.data) == keys(wanted.data)
    assert told(found.errors) == told(wanted.errors)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, SEEDS, st.sampled_from([0, 15]), st.sampled_from(VARIABLES[:2]))
def test_what_must_be_awaited_is_awaited(
    world_seed: int, query_seed: int, mistakes: int, variables: dict[str, Any]
) -> None:
    """Mistakes are in nullable places here: which of two errors takes a parent along first is a matter of time."""
    world = World(world_seed, mistakes=mistakes, waiting=30, nullable=True)
    parsed = document(world, query_seed)

    async def both() -> tuple[ExecutionResult, ExecutionResult]:
        return (
            await settled(answer(world, parsed, Executor, variables)),
            await settled(answer(world, parsed, BreadthFirstExecutor, variables)),
        )

    wanted, found = asyncio.run(both())
    assert found.data == wanted.data
    assert keys(found.data) == keys(wanted.data)
    assert sorted(map(str, told(found.errors))) == sorted(map(str, told(wanted.errors)))


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(SEEDS, SEEDS, st.sampled_from([0, 20]))
def test_awaited_mistakes_in_any_place_null_the_same(world_seed: int, query_seed: int, mistakes: int) -> None:
    world = World(world_seed, mistakes=mistakes, waiting=30)
    parsed = document(world, query_seed)

    async def both() -> tuple[ExecutionResult, ExecutionResult]:
        return (
            await settled(answer(world, parsed, Executor, VARIABLES[0])),
            await settled(answer(world, parsed, BreadthFirstExecutor, VARIABLES[0])),
        )

    wanted, found = asyncio.run(both())
    assert found.data == wanted.data
    assert bool(found.errors) == bool(wanted.errors)


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(SEEDS, SEEDS, st.sampled_from([0, 15]), st.sampled_from([0, 40]))
def test_mutations_run_one_after_another(world_seed: int, query_seed: int, mistakes: int, waiting: int) -> None:
    world = Noting(world_seed, mistakes=mistakes, waiting=waiting, nullable=bool(waiting))
    parsed = document(world, query_seed, "mutation")

    async def run(executor: type[Executor[Any]]) -> tuple[ExecutionResult, list[str]]:
        world.begun.clear()
        root = world.root_of("Mutation")
        result = execute(world.schema, parsed, root, None, VARIABLES[0], executor_class=executor)
        return await settled(result), list(world.begun)

    (wanted, first), (found, second) = asyncio.run(run(Executor)), asyncio.run(run(BreadthFirstExecutor))
    assert found.data == wanted.data
    assert sorted(map(str, told(found.errors))) == sorted(map(str, told(wanted.errors)))
    assert second == first


class Noting(World):
    """A world that notes which mutations were begun, in which order."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.begun: list[str] = []
        super().__init__(*given, **named)

    def gives(self, node: Node, key: str, **named: Any) -> Any:
        if node.kind == "Mutation":
            self.begun.append(key)
        return super().gives(node, key, **named)


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(SEEDS, st.lists(SEEDS, min_size=2, max_size=4), SEEDS)
def test_a_layout_serves_again_with_other_values(query_seed: int, worlds: list[int], schema_seed: int) -> None:
    world = World(schema_seed, mistakes=8)
    parsed = document(world, query_seed)
    layouts = Layouts(parsed)
    for seed in worlds:
        world.seed = seed
        for variables in VARIABLES:
            wanted = answer(world, parsed, Executor, variables)
            found = execute(
                world.schema,
                parsed,
                world.root,
                None,
                variables,
                executor_class=BreadthFirstExecutor,
                layouts=layouts,
            )
            assert isinstance(found, ExecutionResult)
            assert found.data == wanted.data
            assert told(found.errors) == told(wanted.errors)


def test_each_event_of_a_subscription_is_answered_alike() -> None:
    world = World(7, mistakes=5)
    field = world.type("Subscription").fields["things"]

    async def events(*_: Any) -> Any:
        for _n in range(5):
            world.seed += 1
            yield world.as_value(world.root, "things")

    field.subscribe = events
    field.resolve = lambda event, _: event
    parsed = parse("subscription { things { id number child { text } pets { __typename } } }")

    async def all_of(executor: type[Executor[Any]]) -> list[Any]:
        world.seed = 11
        stream = subscribe(world.schema, parsed, executor_class=executor)
        stream = await stream if inspect.isawaitable(stream) else stream
        return [(each.data, told(each.errors)) async for each in stream]  # type: ignore[union-attr]

    assert asyncio.run(all_of(BreadthFirstExecutor)) == asyncio.run(all_of(Executor))


@pytest.mark.parametrize("name", ["QueryIntrospection", "Typename"])
def test_introspection_is_answered_alike(name: str) -> None:
    world = World(1, mistakes=0)
    parsed = parse(get_introspection_query() if name == "QueryIntrospection" else "{ __typename }")
    assert answer(world, parsed, BreadthFirstExecutor, {}) == answer(world, parsed, Executor, {})


def test_middleware_is_left_to_graphql_core() -> None:
    world = World(3, mistakes=0)
    seen: list[str] = []

    def noting(following: Any, root: Any, info: Any, **given: Any) -> Any:
        seen.append(info.field_name)
        return following(root, info, **given)

    parsed = parse("{ thing { text number } }")
    found = execute(world.schema, parsed, world.root, middleware=[noting], executor_class=BreadthFirstExecutor)
    assert found == execute(world.schema, parsed, world.root, executor_class=Executor)
    assert "thing" in seen


async def settled(result: Any) -> ExecutionResult:
    answered = await result if inspect.isawaitable(result) else result
    assert isinstance(answered, ExecutionResult)
    return answered


def keys(data: Any) -> Any:
    """The order of the answer's keys, which equality does not look at."""
    if isinstance(data, dict):
        return [(key, keys(value)) for key, value in data.items()]
    return [keys(value) for value in data] if isinstance(data, list) else None
