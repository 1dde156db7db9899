"""How large a request's body may be, and how long it may take to arrive."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umt.api.errors import BAD_USER_INPUT, told
from umt.api.hygiene.refusal import refuse

LARGEST_BODY: Final = 1024 * 1024
"""Bytes that a request may have unless it is set otherwise."""

SLOWEST_BODY: Final = 15.0
"""Seconds within which a request's body must have arrived."""

_PATIENCE: Final = 16
"""How many times the limit is read of a body that is too long."""

_CLOSE: Final = ((b"connection", b"close"),)


class BodyLimit:
    """Refuses a body above the limit, whether it says its length or not, and one that does not arrive in time.

    What is too long is read on for a while and dropped, so that the caller is still there to hear why.
    """

    def __init__(self, app: ASGIApp, limit: int = LARGEST_BODY, seconds: float = SLOWEST_BODY) -> None:
        self._app, self._limit, self._seconds = app, limit, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds) as patience:
                body = await self._read(receive)
        except ClientDisconnect:
            return
        except TimeoutError:
            if not patience.expired():
                raise
            why = f"The body did not arrive within {self._seconds:g} seconds."
            await refuse(scope, send, 408, told(why, BAD_USER_INPUT), _CLOSE)
            return
        if body is None:
            await refuse(scope, send, 413, told(f"The body has more than {self._limit} bytes.", BAD_USER_INPUT), _CLOSE)
        else:
            await self._app(scope, _replayed(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body; None if it is too long."""
        chunks, size, more = [], 0, True
        while more and size <= self._limit * _PATIENCE:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= self._limit:
                chunks.append(chunk)
            more = message.get("more_body", False)
        return b"".join(chunks) if size <= self._limit else None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever follows."""
    told_already = False

    async def replay() -> Message:
        nonlocal told_already
        if told_already:
            return await receive()
        told_already = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
