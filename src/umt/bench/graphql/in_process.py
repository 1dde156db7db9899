"""The same documents executed in memory: by ours, by strawberry as it comes, by graphql-core on a document read before."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import strawberry
from graphql import execute, parse
from strawberry.schema.config import StrawberryConfig

from umt.api.graphql.execution.documents import Documents
from umt.api.graphql.scalars import SCALARS
from umt.api.graphql.schema import executable
from umt.api.graphql.types.campaign import Campaign
from umt.bench.figure import Goal, Measure
from umt.bench.graphql import relations
from umt.bench.graphql.samples import FIELDS, PAGE, plain_campaigns
from umt.bench.server import BenchError
from umt.bench.trial import Trial, Values

SECONDS: Final = 1.0
QUICK_SECONDS: Final = 0.2

_LIST: Final = f"list of {PAGE} campaigns × 15 fields, in process"
BESIDE_STRAWBERRY: Final = Measure(f"{_LIST}; strawberry", "1/s", Goal(times_baseline=20))
BESIDE_CORE: Final = Measure(f"{_LIST}; graphql-core", "1/s", Goal(times_baseline=10))
NESTED: Final = Measure(
    f"connection of {PAGE} campaigns with two relations, in process; strawberry", "1/s", Goal(times_baseline=6)
)

Side = Callable[[], Awaitable[Any]]


CAMPAIGNS: Final = plain_campaigns()


@strawberry.type(name="Query")
class InMemory:
    @strawberry.field
    def campaigns(self) -> list[Campaign]:
        return CAMPAIGNS


@contextmanager
def trials(*, quick: bool) -> Iterator[list[Trial]]:
    """BenchError unless all sides give the same JSON."""
    seconds = QUICK_SECONDS if quick else SECONDS
    schema = strawberry.Schema(query=InMemory, config=StrawberryConfig(scalar_map=SCALARS))
    query = f"{{ campaigns {{ {FIELDS} }} }}"
    flat = _ours(schema, query), _strawberrys(schema, query), _cores(schema, query)
    nested = (
        _ours(relations.TOGETHER, relations.QUERY),
        _strawberrys(relations.ALONE, relations.QUERY, relations.loaders),
    )
    with asyncio.Runner() as loop:
        loop.run(_require_equal(*flat))
        loop.run(_require_equal(*nested))

        def side(measure: Measure, work: Side) -> Callable[[], Values]:
            return lambda: {measure: loop.run(_per_second(work, seconds))}

        yield [
            Trial("list", side(BESIDE_STRAWBERRY, flat[0]), side(BESIDE_STRAWBERRY, flat[1])),
            Trial("list", side(BESIDE_CORE, flat[0]), side(BESIDE_CORE, flat[2])),
            Trial("nested", side(NESTED, nested[0]), side(NESTED, nested[1])),
        ]


def _ours(schema: strawberry.Schema, query: str) -> Side:
    documents = Documents(executable(schema))

    async def run() -> Any:
        operation = documents.written(query).operation(None)
        assert operation
        result = operation.execute(None, None)
        return await result if inspect.isawaitable(result) else result

    return run


def _strawberrys(schema: strawberry.Schema, query: str, context: Callable[[], Any] = lambda: None) -> Side:
    async def run() -> Any:
        return await schema.execute(query, context_value=context())

    return run


def _cores(schema: strawberry.Schema, query: str) -> Side:
    document = parse(query)

    async def run() -> Any:
        result = execute(schema._schema, document)
        return await result if inspect.isawaitable(result) else result

    return run


async def _require_equal(*sides: Side) -> None:
    answers = []
    for side in sides:
        result = await side()
        if result.errors:
            raise BenchError(f"A query failed: {result.errors[0]}")
        answers.append(msgspec.json.encode(result.data))
    if len(set(answers)) != 1:
        raise BenchError("The sides do not give the same answer.")


async def _per_second(work: Side, seconds: float) -> float:
    for _ in range(3):
        await work()
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        await work()
        done += 1
    return done / (time.perf_counter() - started)
