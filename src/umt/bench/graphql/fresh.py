"""Reading one's own writes: what a query waits that names the position of a command, while others write and read as well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from umt.bench.figure import Goal, Measure
from umt.bench.graphql.load import CONNECTIONS, Request, connected
from umt.bench.graphql.tenant import SERVED, Tenant, tenant
from umt.bench.log.workload import quantile
from umt.bench.server import BenchError, Server
from umt.bench.trial import Trial, Values

PAIRS: Final = 1_000
QUICK_PAIRS: Final = 80

MAKE: Final = (
    'mutation($name: String!) { createBrand(input: { name: $name, industry: { name: "Outdoor" } }) { brand { id } } }'
)
RENAME: Final = "mutation($id: ID!, $name: String!) { renameBrand(input: { brand: $id, name: $name }) { position } }"
READ: Final = """query($id: ID!, $position: String) {
  brand(id: $id, atLeast: $position) { name } brands(first: 20, atLeast: $position) { nodes { id name } } }"""

WAIT: Final = Measure(
    f"read your write, {CONNECTIONS} callers: wait for it, p95", "ms", Goal(below=10), less_is_better=True
)


@contextmanager
def trials(server: Server, *, quick: bool) -> Iterator[list[Trial]]:
    """Pairs of a mutation and a query that names its position; BenchError if one of the answers is older than that."""
    pairs = QUICK_PAIRS if quick else PAIRS
    with tenant(server) as who, who.served(SERVED, UMT_KEPT_ANSWERS_BYTES="0") as url:
        yield [Trial(WAIT.name, lambda: asyncio.run(_waits(who, url, pairs)))]


async def _waits(who: Tenant, url: str, pairs: int) -> Values:
    callers = await asyncio.gather(*(_waits_of(who, url, pairs // CONNECTIONS) for _ in range(CONNECTIONS)))
    return {WAIT: 1000 * quantile([wait for waits in callers for wait in waits], 0.95)}


async def _waits_of(who: Tenant, url: str, pairs: int) -> list[float]:
    """How much longer each query took than the same one without the position, right after it; in seconds."""
    connection = await connected(Request.of(url, READ))

    async def asks(query: str, **variables: Any) -> Any:
        return msgspec.json.decode(await connection.ask(Request.of(url, query, variables, who.token)))["data"]

    async def timed(**variables: Any) -> tuple[float, Any]:
        began = time.perf_counter()
        answer = await asks(READ, **variables)
        return time.perf_counter() - began, answer

    try:
        brand = (await asks(MAKE, name=f"Brand {id(connection)} {time.time_ns()}"))["createBrand"]["brand"]["id"]
        waits = []
        for number in range(pairs):
            name = f"Brand {brand} {number}"
            position = (await asks(RENAME, id=brand, name=name))["renameBrand"]["position"]
            with_position, answer = await timed(id=brand, position=position)
            listed = {node["id"]: node["name"] for node in answer["brands"]["nodes"]}
            if (answer["brand"]["name"], listed.get(brand, name)) != (name, name):
                raise BenchError(f"An answer was older than the position that it was asked for: {answer}")
            without, _ = await timed(id=brand)
            waits.append(with_position - without)
        return waits
    finally:
        connection.close()
