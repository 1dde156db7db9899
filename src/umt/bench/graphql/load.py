"""A load of HTTP requests from as few instructions as possible, so that the server is what is measured.

Each connection sends the same request again as soon as it has the answer; or, at a rate, all of them share a timetable
that does not wait for the server (an open loop, so that a slow answer is not followed by a pause of mercy).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from umt.bench.server import BenchError

CONNECTIONS: Final = 8
LONGEST: Final = 30.0
"""Seconds that an answer may take."""


class Request(msgspec.Struct, frozen=True):
    """A GraphQL request, ready to be sent."""

    address: tuple[str, int]
    content: bytes

    @classmethod
    def of(cls, url: str, query: str, variables: Mapping[str, Any] | None = None, token: str | None = None) -> Request:
        parts = urlsplit(url)
        assert parts.hostname
        body = msgspec.json.encode({"query": query, "variables": variables or {}})
        head = [
            f"POST /graphql HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json",
            f"Content-Length: {len(body)}",
            *([f"Authorization: Bearer {token}"] if token else []),
            "\r\n",
        ]
        return cls((parts.hostname, parts.port or 80), "\r\n".join(head).encode() + body)


class Connection(asyncio.Protocol):
    """One connection that asks and is answered, again and again."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            answer, self._received = self._received, b""
            if self._answer and not self._answer.done():
                self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(BenchError("The server ended a connection."))

    async def ask(self, request: Request) -> bytes:
        """The body of a good answer; BenchError for any other one."""
        assert self._transport
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request.content)
        async with asyncio.timeout(LONGEST):
            answer = await self._answer
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0] or b'"errors"' in body[:2000]:
            raise BenchError(f"The server did not answer but said: {body[:500].decode(errors='replace')}")
        return body

    def close(self) -> None:
        if self._transport:
            self._transport.close()


async def connected(request: Request) -> Connection:
    """An open connection to where the request goes."""
    _, made = await asyncio.get_running_loop().create_connection(Connection, *request.address)
    return made


async def throughput(request: Request, seconds: float, connections: int = CONNECTIONS) -> float:
    """Answers a second, over so many connections."""
    open_ones = [await connected(request) for _ in range(connections)]
    try:
        for each in open_ones:
            await each.ask(request)
        until, answered, started = time.perf_counter() + seconds, 0, time.perf_counter()

        async def go_on(connection: Connection) -> None:
            nonlocal answered
            while time.perf_counter() < until:
                await connection.ask(request)
                answered += 1

        await asyncio.gather(*map(go_on, open_ones))
        return answered / (time.perf_counter() - started)
    finally:
        for each in open_ones:
            each.close()


async def latencies(
    requests: Sequence[Request], per_second: float, seconds: float, connections: int = CONNECTIONS
) -> list[float]:
    """How long each answer took, in seconds from when it was due, at a rate; the requests take turns."""
    idle = asyncio.Queue[Connection]()
    for _ in range(connections):
        idle.put_nowait(await connected(requests[0]))
    taken: list[float] = []

    async def one(request: Request, due: float) -> None:
        connection = await idle.get()
        try:
            await connection.ask(request)
            taken.append(time.perf_counter() - due)
        finally:
            idle.put_nowait(connection)

    begun = time.perf_counter() + 0.1
    try:
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(per_second * seconds)):
                due = begun + number / per_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(one(requests[number % len(requests)], due))
    except* BenchError as refused:
        raise refused.exceptions[0] from None
    while not idle.empty():
        idle.get_nowait().close()
    return taken


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    raise BenchError("The server did not say how long its answer is.")
