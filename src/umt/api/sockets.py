"""Connections that last, bounded: who does not read what they are sent is cut off, and WebSockets answer in our form.

uvicorn waits for ever for who does not read; asyncio keeps what it could not send for as long.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from http import HTTPStatus
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.server import ServerProtocol

from umt.api.errors import BAD_USER_INPUT, INTERNAL, told
from umt.api.hygiene.headers import HEADERS
from umt.api.hygiene.refusal import refusal

ENDING: Final = "umt.ending"
"""Where a request's scope holds the event that the server is about to stop."""
PATH: Final = "/graphql"
"""Where a WebSocket may be opened."""
SLOWEST_READER: Final = 30.0
"""Seconds for which the other side may leave unread what it was sent, once that fills the buffers."""
LINGER: Final = 5.0
"""Seconds for which the end of a connection is waited for."""
PING_SECONDS: Final = 25.0
"""How often the other side of a WebSocket is asked whether it lives, and how long it may take to answer."""


class Patience:
    """With those who do not read what they are sent."""

    def __init__(self) -> None:
        self._over: asyncio.TimerHandle | None = None

    def begins(self, transport: asyncio.Transport) -> None:
        self._over = asyncio.get_running_loop().call_later(SLOWEST_READER, transport.abort)

    def ends(self) -> None:
        if self._over:
            self._over.cancel()
        self._over = None


def opens_socket(scope: Scope, target: bytes) -> bool:
    """Whether a request for this target (RFC 9112, 3.2) is a well-formed handshake (RFC 6455, 4.2.1) where there are
    WebSockets; any other is a request like all others."""
    headers = dict(scope["headers"])
    try:
        key = base64.b64decode(headers.get(b"sec-websocket-key", b""), validate=True)
    except binascii.Error:
        return False
    return (
        scope["method"] == "GET"
        and target.partition(b"?")[0] == PATH.encode()
        and scope["http_version"] == "1.1"
        and headers.get(b"sec-websocket-version") == b"13"
        and len(key) == 16
    )


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """RFC 6455 without extensions."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn = _Handshake(max_size=self.config.ws_max_size, logger=self.logger)
        self._patience = Patience()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._patience.begins(self.transport)
        self.transport.pause_reading()  # what comes would be answered, be it by a pong

    def resume_writing(self) -> None:
        super().resume_writing()
        self._patience.ends()
        if not self.read_paused:
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.ends()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self.loop.call_later(LINGER, self.transport.abort)


class _Handshake(ServerProtocol):
    """Refuses in the form of all errors."""

    def reject(self, status: Any, text: str) -> Response:
        said = told("This is no valid WebSocket handshake.", BAD_USER_INPUT)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            said = told("Something went wrong on our side.", INTERNAL)
        start, body = refusal(status, said, [*HEADERS, (b"connection", b"close")], PATH)
        headers = Headers([(name.decode(), value.decode()) for name, value in start["headers"]])
        return Response(status, HTTPStatus(status).phrase, headers, body["body"])
