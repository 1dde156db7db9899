"""The HTTP server: uvicorn, with what it does not bound by itself.

uvicorn waits for the head of a request for ever, and its own answers, to what is no HTTP, are bare text.
"""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from typing import Any, Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from umt.api.errors import BAD_USER_INPUT, UNAVAILABLE, told
from umt.api.hygiene.head import LARGEST_HEAD, TOO_LARGE
from umt.api.hygiene.headers import HEADERS
from umt.api.hygiene.refusal import refusal

SLOWEST_HEAD: Final = 10.0
"""Seconds within which a request's line and headers must have arrived."""

IDLE_SECONDS: Final = 15
"""Seconds that a connection may wait for its next request."""

MOST_CONNECTIONS: Final = 800
"""Connections at a time; below the 1,024 files that a process may commonly have open."""


def server_config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """How the application is served. Who a request comes from is decided by `umt.api.hygiene.proxies` alone."""
    return uvicorn.Config(
        app,
        http=BoundedHTTP,
        ws="none",  # an upgrade would leave all bounds behind
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        **more,
    )


class BoundedHTTP(H11Protocol):
    """HTTP/1.1 whose connections are bounded in number and whose requests must arrive in time."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503, told("Too many connections are open; try again in a moment.", UNAVAILABLE))
        else:
            self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head is None:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _unsupported_upgrade_warning(self) -> None:
        """Who asks for another protocol gets an answer in this one; uvicorn would log what to install."""

    def send_400_response(self, msg: str) -> None:
        # Called where uvicorn has caught what h11 says of the request; that knows the status better.
        error = sys.exception()
        status = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        said = TOO_LARGE if status == 431 else told("This is no valid HTTP/1.1 request.", BAD_USER_INPUT)
        self._refuse(status, said)

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(SLOWEST_HEAD, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._head:
            self._head.cancel()
        self._head = None

    def _too_slow(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self.transport.close()

    def _refuse(self, status: int, said: dict[str, Any]) -> None:
        """Answer without the application, and end the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            start, body = refusal(status, said, [*HEADERS, (b"connection", b"close")])
            reason = HTTPStatus(status).phrase.encode()
            head = h11.Response(status_code=status, headers=start["headers"], reason=reason)
            events = (head, h11.Data(data=body["body"]), h11.EndOfMessage())
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()
