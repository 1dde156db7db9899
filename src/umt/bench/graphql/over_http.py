"""The list over HTTP, answered by one process: from memory, from PostgreSQL, and from the answers that are kept; beside
strawberry's own router, which answers from memory and asks nobody who they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import msgspec

from umt.bench.figure import Goal, Measure
from umt.bench.graphql.load import Request, connected, throughput
from umt.bench.graphql.samples import LIST, PAGE, rows
from umt.bench.graphql.tenant import KINDS, REAL, tenant
from umt.bench.server import BenchError, Server
from umt.bench.trial import Trial, Values
from umt.projections.campaigns import CAMPAIGNS

SECONDS: Final = 0.5
"""Of a turn."""
TURNS: Final = 8

_LIST: Final = f"list of {PAGE} campaigns × 15 fields, over HTTP"
MEMORY: Final = Measure(f"{_LIST}, from memory with token check", "1/s", Goal(times_baseline=10))
POSTGRES: Final = Measure(f"{_LIST}, from PostgreSQL, no answer kept", "1/s", Goal(times_baseline=6))
KEPT: Final = Measure(f"{_LIST}, answers kept", "1/s", Goal(times_baseline=10))


@contextmanager
def trials(server: Server, *, quick: bool) -> Iterator[list[Trial]]:
    """BenchError unless all servers give the same JSON."""
    with tenant(server) as who, ExitStack() as stack:
        who.insert(CAMPAIGNS, rows(workspace=who.workspace))
        who.settle()

        def asking(url: str) -> Request:
            return Request.of(url, LIST, {"first": PAGE}, who.token)

        baseline = asking(stack.enter_context(who.served((*KINDS, "strawberry"))))
        sides = {
            MEMORY: asking(stack.enter_context(who.served((*KINDS, "memory"), UMT_KEPT_ANSWERS_BYTES="0"))),
            POSTGRES: asking(stack.enter_context(who.served(REAL, UMT_KEPT_ANSWERS_BYTES="0"))),
            KEPT: asking(stack.enter_context(who.served(REAL))),
        }
        asyncio.run(_require_equal(baseline, *sides.values()))

        def side(measure: Measure, request: Request) -> Callable[[], Values]:
            return lambda: {measure: asyncio.run(throughput(request, SECONDS))}

        turns = 1 if quick else TURNS
        yield [Trial(m.name, side(m, request), side(m, baseline), turns=turns) for m, request in sides.items()]


async def _require_equal(*requests: Request) -> None:
    answers = [await _data(request) for request in requests]
    if any(each != answers[0] for each in answers[1:]):
        raise BenchError("The servers do not give the same answer.")


async def _data(request: Request) -> Any:
    connection = await connected(request)
    try:
        return msgspec.json.decode(await connection.ask(request))["data"]
    finally:
        connection.close()
