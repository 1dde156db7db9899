"""Who does not read what they are sent: nothing is made for them beyond what fills the buffers, then they are cut off."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.integration.api.client import Caller
from tests.integration.api.following import Socket

from umt.api import sockets
from umt.api.graphql.subscriptions.following import told
from umt.api.sockets import Patience

EVENTS = 40
LARGE = 5000
"""Characters of a description, the most there may be."""
TIMES = 49
"""How often each event tells it: together the events are more than a connection's buffers hold."""
DOCUMENT = f"""subscription($b: ID!) {{
    brandEvents(id: $b) {{ brand {{ {" ".join(f"a{n}: description" for n in range(TIMES))} }} }}
}}"""
SMALL_BUFFER = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


@pytest.fixture
def brand(caller: Caller) -> str:
    """One to which much has happened."""
    made = caller.brand()
    caller.mutates("describeBrand", {"brand": made, "industry": {"name": "Outdoor"}, "description": "x" * LARGE})
    for number in range(EVENTS):
        caller.mutates("renameBrand", {"brand": made, "name": f"Brand {number}"})
    return made


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that are made from now on."""
    found: list[Any] = []

    def watched(*given: Any, **named: Any) -> Any:
        found.append(told(*given, **named))
        return found[-1]

    monkeypatch.setattr("umt.api.graphql.subscriptions.brands.told", watched)
    return found


@pytest.fixture
def waited_for(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.Transport]:
    """The connections whose other side does not read."""
    found: list[asyncio.Transport] = []
    begins = Patience.begins

    def watched(patience: Patience, transport: asyncio.Transport) -> None:
        found.append(transport)
        begins(patience, transport)

    monkeypatch.setattr(Patience, "begins", watched)
    monkeypatch.setattr(sockets, "SLOWEST_READER", 1.0)
    return found


def made_until_cut_off(made: list[Any], waited_for: list[asyncio.Transport]) -> int:
    """How many events had been made when the connection was cut off."""
    deadline, count = time.monotonic() + 30, 0
    while not (waited_for and waited_for[-1].is_closing()):
        assert time.monotonic() < deadline, "it is waited for"
        count = len(made)
        time.sleep(0.05)
    return count


@pytest.fixture
def slow(caller: Caller) -> Iterator[Socket]:
    """A connection whose own side holds little."""
    parts = urlsplit(str(caller.http.base_url))
    plain = socket.socket()
    plain.setsockopt(*SMALL_BUFFER)
    plain.connect((parts.hostname, parts.port))
    speaking = Socket.of(caller, plain)
    yield speaking
    plain.close()


def test_on_a_websocket(slow: Socket, brand: str, made: list[Any], waited_for: list[asyncio.Transport]) -> None:
    slow.subscribes(DOCUMENT, b=brand)
    assert 0 < made_until_cut_off(made, waited_for) < EVENTS


def test_of_server_sent_events(
    caller: Caller, brand: str, made: list[Any], waited_for: list[asyncio.Transport]
) -> None:
    transport = httpx.HTTPTransport(socket_options=[SMALL_BUFFER])
    asked = {"query": DOCUMENT, "variables": {"b": brand}}
    with (
        httpx.Client(base_url=caller.http.base_url, transport=transport, headers=caller.http.headers) as http,
        http.stream("POST", "/graphql", json=asked, headers={"accept": "text/event-stream"}),
    ):
        assert 0 < made_until_cut_off(made, waited_for) < EVENTS


def test_who_reads_slowly_but_reads_is_served(
    slow: Socket, brand: str, waited_for: list[asyncio.Transport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "SLOWEST_READER", 20.0)
    slow.subscribes(DOCUMENT, b=brand)
    while not waited_for:
        time.sleep(0.05)
    lengths = [sum(map(len, slow.next()["brandEvents"]["brand"].values())) for _ in range(EVENTS + 2)]
    assert lengths == [0] + [LARGE * TIMES] * (EVENTS + 1)
