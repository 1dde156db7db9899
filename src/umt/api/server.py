"""The HTTP server: uvicorn, with what it does not bound by itself.

uvicorn waits for the head of a request for ever and takes one of any length, and its own answers, to what is no HTTP, are
bare text.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any, Final

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from umt.api.errors import BAD_USER_INPUT, UNAVAILABLE, told
from umt.api.hygiene.body import LARGEST_BODY
from umt.api.hygiene.head import LARGEST_HEAD, TOO_LARGE
from umt.api.hygiene.headers import HEADERS
from umt.api.hygiene.refusal import refusal
from umt.api.sockets import ENDING, PING_SECONDS, BoundedWebSocket, Patience, opens_socket

SLOWEST_HEAD: Final = 10.0
"""Seconds within which a request's line and headers must have arrived."""

IDLE_SECONDS: Final = 15
"""Seconds that a connection may wait for its next request."""

MOST_CONNECTIONS: Final = 2000
"""Connections at a time, if the process may have so many files open."""

OTHER_FILES: Final = 224
"""Files that are open besides."""

_NO_HTTP: Final = told("This is no valid HTTP/1.1 request.", BAD_USER_INPUT)


def make_room() -> None:
    """Let the process have as many files open as `MOST_CONNECTIONS` need, or as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def most_connections() -> int:
    """Connections at a time."""
    return min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OTHER_FILES)


def server_config(app: ASGIApp, *, largest_message: int = LARGEST_BODY, **more: Any) -> uvicorn.Config:
    """How the application is served. Who a request comes from is decided by `umt.api.hygiene.proxies` alone.
    ``largest_message`` is for WebSockets, in bytes."""
    return uvicorn.Config(
        app,
        http=BoundedHTTP,
        ws=BoundedWebSocket,
        ws_max_size=largest_message,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,
        loop="uvloop",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        **more,
    )


class Joined:
    """A transport that joins what is written to it in pairs: the head of an answer goes out with its body, by one call of
    the system instead of two. What has no other piece goes out alone, once whoever wrote it has to wait for something."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held: bytes | None = None
        self._soon: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        if self._held is None:
            self._held, self._soon = data, self._loop.call_soon(self.flush)
        else:
            self._transport.writelines((self._held, data))
            self._forget()

    def flush(self) -> None:
        if self._held is not None:
            self._transport.write(self._held)
            self._forget()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def _forget(self) -> None:
        self._held = None
        if self._soon:
            self._soon.cancel()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedHTTP(HttpToolsProtocol):
    """HTTP/1.1 whose connections are bounded in number and whose requests' heads are in length and in time."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._in_head, self._head_bytes = True, 0
        self._patience, self._ending = Patience(), asyncio.Event()
        self._joined: Joined | None = None
        app = self.app

        async def with_ending(scope: Any, receive: Any, send: Any) -> None:
            scope[ENDING] = self._ending
            await app(scope, receive, send)

        self.app = with_ending

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            self._refuse(503, told("Too many connections are open; try again in a moment.", UNAVAILABLE))
        else:
            self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        if self.parser is None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if self._in_head:
            self._head_bytes += len(data)
            if self._timer is None:
                self._wait_for_head()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._go_on(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")
        else:
            if self._in_head and self._head_bytes > LARGEST_HEAD:
                self._refuse(431, TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LARGEST_HEAD:
            raise ValueError("The address is too long.")

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._stop_waiting()
        super().on_headers_complete()
        if self.cycle is not None:  # else another protocol is asked for
            self.cycle.transport = self._joined = Joined(self.transport, self.loop)  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._patience.ends()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._patience.begins(self.transport)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._patience.ends()

    def shutdown(self) -> None:
        """What goes on for ever, ends."""
        if self._joined:
            self._joined.flush()
        super().shutdown()
        self._ending.set()

    def _should_upgrade(self) -> bool:
        return super()._should_upgrade() and opens_socket(dict(self.scope), self.url)

    def _go_on(self, rest: bytes) -> None:
        """Who asks for another protocol gets an answer in this one, and so do their next requests."""
        self.parser = httptools.HttpRequestParser(self)
        if rest:
            self.data_received(rest)

    def send_400_response(self, msg: str) -> None:
        if self._in_head and self._head_bytes > LARGEST_HEAD:
            self._refuse(431, TOO_LARGE)
        else:
            self._refuse(400, _NO_HTTP)

    def _wait_for_head(self) -> None:
        self._timer = self.loop.call_later(SLOWEST_HEAD, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _too_slow(self) -> None:
        if self._in_head:
            self.transport.close()

    def _refuse(self, status: int, said: dict[str, Any]) -> None:
        """Answer without the application, and end the connection."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            start, body = refusal(status, said, [*HEADERS, (b"connection", b"close")])
            head = b"".join(b"%s: %s\r\n" % header for header in start["headers"])
            self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body["body"])
        self.transport.close()
