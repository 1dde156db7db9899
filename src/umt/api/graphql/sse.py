"""GraphQL over server-sent events: each operation on a connection of its own.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#distinct-connections-mode

Every event has the position up to which it tells as its id, so a browser's EventSource that lost its connection goes on
where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, aclosing
from typing import Any, Final

import msgspec
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from umt.api.errors import UNAVAILABLE, told
from umt.api.graphql.answers import Ended, answers
from umt.api.graphql.asked import Asked
from umt.api.graphql.execution.documents import Operation
from umt.api.graphql.request import Request
from umt.api.graphql.streams import TooManyStreams
from umt.api.hygiene.refusal import refuse
from umt.api.sockets import ENDING
from umt.application.errors import ApplicationError

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT_SECONDS: Final = 15.0
"""After so long without an event a comment is sent, so that nobody between takes the connection for dead."""

_COMMENT: Final = b":\n\n"
_COMPLETE: Final = b"event: complete\ndata:\n\n"
"""With data, since EventSource drops events without."""


def wants_events(http: HTTPRequest) -> bool:
    """Whether the caller takes server-sent events; only who names them does."""
    accepted = http.headers.get("accept", "").split(",")
    return any(part.partition(";")[0].strip().lower() == MEDIA_TYPE for part in accepted)


class EventStream(Response):
    """The answers to an operation as server-sent events."""

    media_type = MEDIA_TYPE

    def __init__(self, http: HTTPRequest, request: Request, asked: Asked, allow: Callable[[Operation], None]) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._found = answers(http.app.state.documents, asked, request, allow)
        self._request, self._streams = request, http.app.state.streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as held:
            try:
                context = await self._request.caller()
                held.enter_context(self._streams.held_by(str(context.actor)))
            except TooManyStreams as error:
                await refuse(scope, send, 503, told(str(error), UNAVAILABLE), [(b"retry-after", b"1")])
                return
            except ApplicationError:
                pass  # it is for the operation's fields to say so
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sending = asyncio.Lock()

        async def write(chunk: bytes, *, more: bool = True) -> None:
            async with sending:
                await send({"type": "http.response.body", "body": chunk, "more_body": more})

        async def beat() -> None:
            while True:
                await asyncio.sleep(HEARTBEAT_SECONDS)
                await write(_COMMENT)

        async def tell() -> None:
            async with aclosing(self._events()) as events:
                async for event in events:
                    await write(event)
            await write(b"", more=False)

        telling = asyncio.create_task(tell())
        ways = [telling, *(asyncio.create_task(way) for way in (beat(), _gone(receive), _ending(scope)))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        if not telling.cancelled():
            telling.result()

    async def _events(self) -> AsyncGenerator[bytes]:
        try:
            async with aclosing(self._found) as found:
                async for answer in found:
                    yield _event(answer, self._request.told)
        except Ended as end:
            yield _event({"errors": end.errors}, None)
        yield _COMPLETE


def _event(answer: dict[str, Any], identifier: str | None) -> bytes:
    """JSON has no line breaks, so it is one line of data."""
    named = f"id: {identifier}\n".encode() if identifier else b""
    return b"event: next\n" + named + b"data: " + msgspec.json.encode(answer) + b"\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ending(scope: Scope) -> None:
    ending: asyncio.Event = scope.get(ENDING) or asyncio.Event()
    await ending.wait()
