"""Reading one's own writes: what a query waits that names the position of a command, while others write and read as well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

import msgspec

from umt.bench.figure import Goal, Measure
from umt.bench.graphql.load import CONNECTIONS, Connection, Request, connected
from umt.bench.graphql.tenant import SERVED, Tenant, tenant
from umt.bench.log.workload import quantile
from umt.bench.server import BenchError, Server
from umt.bench.trial import Trial, Values

PAIRS: Final = 1_000
QUICK_PAIRS: Final = 80
RATE: Final = 20.0
"""Pairs a second, each with two queries; they come whether or not earlier ones are done."""

MAKE: Final = (
    'mutation($name: String!) { createBrand(input: { name: $name, industry: { name: "Outdoor" } }) { brand { id } } }'
)
RENAME: Final = "mutation($id: ID!, $name: String!) { renameBrand(input: { brand: $id, name: $name }) { position } }"
READ: Final = """query($id: ID!, $position: String) {
  brand(id: $id, atLeast: $position) { name } brands(first: 20, atLeast: $position) { nodes { id name } } }"""

WAIT: Final = Measure(
    f"read your write, {RATE:.0f} pairs/s: wait for it, p95", "ms", Goal(below=10), less_is_better=True
)


@contextmanager
def trials(server: Server, *, quick: bool) -> Iterator[list[Trial]]:
    """Pairs of a mutation and a query that names its position; BenchError if one of the answers is older than that."""
    pairs = QUICK_PAIRS if quick else PAIRS
    with tenant(server) as who, who.served(SERVED, UMT_KEPT_ANSWERS_BYTES="0") as url:
        yield [Trial(WAIT.name, lambda: asyncio.run(_waits(who, url, pairs)))]


async def _waits(who: Tenant, url: str, pairs: int) -> Values:
    callers = asyncio.Queue[_Caller]()
    for caller in await asyncio.gather(*(_caller(who, url) for _ in range(CONNECTIONS))):
        callers.put_nowait(caller)
    waits: list[float] = []

    async def pair() -> None:
        caller = await callers.get()
        waits.append(await caller.wait())
        callers.put_nowait(caller)

    begun = time.perf_counter()
    try:
        async with asyncio.TaskGroup() as tasks:
            for number in range(pairs):
                await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
                tasks.create_task(pair())
    except* BenchError as refused:
        raise refused.exceptions[0] from None
    while not callers.empty():
        callers.get_nowait().connection.close()
    return {WAIT: 1000 * quantile(waits, 0.95)}


async def _caller(who: Tenant, url: str) -> _Caller:
    caller = _Caller(await connected(Request.of(url, READ)), url, who.token)
    made = await caller.asks(MAKE, name=f"Brand {uuid4()}")
    caller.brand = made["createBrand"]["brand"]["id"]
    return caller


class _Caller:
    """Somebody with a brand and a connection."""

    def __init__(self, connection: Connection, url: str, token: str) -> None:
        self.connection, self._url, self._token = connection, url, token
        self.brand = ""

    async def asks(self, query: str, **variables: Any) -> Any:
        request = Request.of(self._url, query, variables, self._token)
        return msgspec.json.decode(await self.connection.ask(request))["data"]

    async def wait(self) -> float:
        """How much longer a query took that names the position of a command than the same one without it, in seconds;
        BenchError if its answer is older."""
        name = f"Brand {uuid4()}"
        position = (await self.asks(RENAME, id=self.brand, name=name))["renameBrand"]["position"]
        with_position, answer = await self._timed(position)
        listed = {node["id"]: node["name"] for node in answer["brands"]["nodes"]}
        if (answer["brand"]["name"], listed.get(self.brand)) != (name, name):
            raise BenchError(f"An answer was older than the position that it was asked for: {answer}")
        without, _ = await self._timed(None)
        return with_position - without

    async def _timed(self, position: str | None) -> tuple[float, Any]:
        began = time.perf_counter()
        answer = await self.asks(READ, id=self.brand, position=position)
        return time.perf_counter() - began, answer
