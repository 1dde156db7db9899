"""Many who follow and to whom nothing happens: they cost no connection and no look at the database, and are not woken."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.conftest import Statements
from tests.integration.api.following import SUBPROTOCOL
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from umt.api.graphql.streams import MOST_OF_ONE
from umt.bootstrap import System

EVENTS = "subscription($b: ID!) { brandEvents(id: $b) { entry { eventType } } }"
CHANGES = "subscription { campaignsChanged { campaigns(first: 1) { nodes { name } } } }"


class Subscriber:
    """Follows a brand and the list of campaigns."""

    def __init__(self, caller: Caller, brand: str) -> None:
        self.caller, self.brand = caller, brand
        self.connection: ClientConnection

    async def begins(self) -> None:
        address = str(self.caller.http.base_url).rstrip("/").replace("http", "ws", 1)
        self.connection = await connect(
            f"{address}/graphql", subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None, proxy=None, open_timeout=60
        )
        credential = {"Authorization": self.caller.http.headers["authorization"]}
        await self.says(type="connection_init", payload=credential)
        assert (await self.hears())["type"] == "connection_ack"
        await self.says(type="subscribe", id="events", payload={"query": EVENTS, "variables": {"b": self.brand}})
        await self.says(type="subscribe", id="changes", payload={"query": CHANGES})
        assert {(await self.hears())["id"], (await self.hears())["id"]} == {"events", "changes"}

    async def says(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hears(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            message: dict[str, Any] = json.loads(await self.connection.recv())
            return message

    async def heard_nothing(self) -> bool:
        """Whether the answer to a ping is all that there is to hear."""
        await self.says(type="ping")
        return await self.hears() == {"type": "pong"}


def sessions(wired: System) -> list[str]:
    """What the sessions of the database call themselves."""
    with wired.as_owner() as owner:
        rows = owner.execute("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()")
        return [name for (name,) in rows]


@pytest.mark.parametrize("number", [200, pytest.param(1000, marks=pytest.mark.soak)])
async def test_idle_subscribers_cost_nothing_and_are_woken_alone(
    url: str, wired: System, statements: Statements, number: int
) -> None:
    callers = [Caller(url).registers() for _ in range(-(-number // MOST_OF_ONE))]
    brands = [caller.brand() for caller in callers]
    others = [[caller.brand() for _ in range(3)] for caller in callers]
    everybody = [
        Subscriber(caller, brand if n else others[place][0])
        for place, (caller, brand) in enumerate(zip(callers, brands, strict=True))
        for n in range(number // len(callers))
    ]
    before = sessions(wired)
    for start in range(0, number, 20):
        await asyncio.gather(*(each.begins() for each in everybody[start : start + 20]))
    assert sessions(wired).count("umt pulse") == 1
    assert len(sessions(wired)) <= len(before) + wired.settings.read_connections + 1

    statements.asked.clear()
    assert all(await asyncio.gather(*(each.heard_nothing() for each in everybody)))
    assert statements.asked == []

    await asyncio.to_thread(callers[0].mutates, "renameBrand", {"brand": others[0][0], "name": "Other"})
    alone, *rest = everybody
    assert (await alone.hears())["payload"]["data"] == {"brandEvents": {"entry": {"eventType": "brand.renamed"}}}
    assert all(await asyncio.gather(*(each.heard_nothing() for each in rest)))
    assert not any("read_v1" in query for query in statements.asked)

    await asyncio.to_thread(callers[0].campaign, brands[0], name="Spring")
    told = [each for each in everybody if each.caller is callers[0]]
    for answer in await asyncio.gather(*(each.hears() for each in told)):
        assert answer["payload"]["data"] == {"campaignsChanged": {"campaigns": {"nodes": [{"name": "Spring"}]}}}
    assert all(await asyncio.gather(*(each.heard_nothing() for each in everybody)))
    await asyncio.gather(*(each.connection.close() for each in everybody))
