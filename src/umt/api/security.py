"""What guards every request."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umt.api.errors import BAD_USER_INPUT, told

LARGEST_BODY: Final = 1024 * 1024
"""Bytes that a request may have."""

SLOWEST_BODY: Final = 15.0
"""Seconds within which a request's body must have arrived."""

_PATIENCE: Final = 16
"""How many times the limit is read of a body that is too long."""

HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""On every answer that does not say otherwise itself."""


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


class Headers:
    """Adds `HEADERS`: answers hold tokens and a company's own figures, so nobody between keeps them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}
                message["headers"] = [*given, *(header for header in HEADERS if header[0] not in names)]
            await send(message)

        await self._app(scope, receive, add)


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
            async with asyncio.timeout(self._seconds):
                body = await self._read(receive)
        except ClientDisconnect:
            return
        except TimeoutError:
            await _refuse(send, 408, f"The body did not arrive within {self._seconds:g} seconds.")
            return
        if body is None:
            await _refuse(send, 413, f"The body has more than {self._limit} bytes.")
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


async def _refuse(send: Send, status: int, why: str) -> None:
    body = msgspec.json.encode({"errors": [told(why, BAD_USER_INPUT)]})
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
