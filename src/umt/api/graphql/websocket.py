"""GraphQL over WebSocket: the subprotocol graphql-transport-ws.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

Who speaks is said by the handshake, as in any request, or by ``Authorization`` in the payload of `connection_init`, since
browsers let pages set no headers of a handshake. One who reads too slowly is waited for, and cut off by
`umt.api.sockets`; meanwhile nothing is made for them.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from typing import Annotated, Any, Final

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from umt.api.credentials import caller_of
from umt.api.errors import BAD_USER_INPUT, problem, told
from umt.api.graphql.answers import Ended, answers
from umt.api.graphql.asked import Asked
from umt.api.graphql.request import Request
from umt.api.graphql.streams import TooManyStreams
from umt.api.hygiene.headers import HEADERS
from umt.api.hygiene.limits import count_on_address
from umt.api.hygiene.refusal import refusal
from umt.api.services import Services
from umt.application.errors import ApplicationError, Throttled, Unavailable
from umt.application.live import RECHECK_SECONDS

SUBPROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 10.0
"""Seconds within which a connection must say who speaks."""
MOST_OPERATIONS: Final = 100
"""Operations at a time on one connection."""

_LONGEST_REASON: Final = 123
"""Bytes that a close frame has room for (RFC 6455, 5.5)."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Payload = dict[str, Any] | None


class ConnectionInit(msgspec.Struct, tag="connection_init"):
    payload: Payload = None


class Ping(msgspec.Struct, tag="ping", omit_defaults=True):
    payload: Payload = None


class Pong(msgspec.Struct, tag="pong", omit_defaults=True):
    payload: Payload = None


class Subscribe(msgspec.Struct, tag="subscribe"):
    id: Id
    payload: Asked


class Complete(msgspec.Struct, tag="complete"):
    id: Id


class ConnectionAck(msgspec.Struct, tag="connection_ack"):
    """It is known who speaks."""


class Next(msgspec.Struct, tag="next"):
    id: str
    payload: dict[str, Any]


class Error(msgspec.Struct, tag="error"):
    id: str
    payload: list[dict[str, Any]]


Heard = ConnectionInit | Ping | Pong | Subscribe | Complete
_HEARD: Final = msgspec.json.Decoder(Heard)
_SAID: Final = msgspec.json.Encoder()


class _Closed(Exception):
    """The connection ends."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(code, reason)


async def serve(socket: WebSocket) -> None:
    """A connection from its handshake to its end."""
    services: Services = socket.app.state.services
    try:
        await count_on_address(socket.scope, services.hygiene.rate_limits, services.hygiene.security_log)
    except Throttled as error:
        await _deny(socket, error)
        return
    if SUBPROTOCOL not in socket.scope["subprotocols"]:
        await socket.accept()
        await socket.close(4406, "Subprotocol not acceptable")
        return
    await socket.accept(SUBPROTOCOL)
    with ExitStack() as held:
        connection = _Connection(socket, services, held)
        try:
            await connection.converse()
        except _Closed as end:
            await socket.close(end.code, end.reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))
        except WebSocketDisconnect:
            pass
        finally:
            await connection.end()


async def _deny(socket: WebSocket, error: Throttled) -> None:
    said = problem(error)
    retry = str(said["extensions"]["retryAfter"]).encode()
    for message in refusal(429, said, [(b"retry-after", retry), *HEADERS], socket.scope["path"]):
        await socket.send({**message, "type": f"websocket.{message['type']}"})


class _Connection:
    def __init__(self, socket: WebSocket, services: Services, held: ExitStack) -> None:
        self._socket, self._services, self._held = socket, services, held
        self._http: HTTPConnection = socket
        self._asked_to_speak = self._speaks = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()

    async def converse(self) -> None:
        """Until the other side goes; `_Closed` when this side ends it."""
        try:
            async with asyncio.timeout(INIT_SECONDS) as patience:
                while (message := await self._receive()) is not None:
                    await self._take(message)
                    if self._speaks:
                        patience.reschedule(None)
        except TimeoutError:
            if not patience.expired():
                raise
            raise _Closed(4408, "Connection initialisation timeout") from None

    async def end(self) -> None:
        """Nothing goes on for a connection that is gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _receive(self) -> Heard | None:
        """The next message; None at the end."""
        while True:
            try:
                async with asyncio.timeout(RECHECK_SECONDS) as patience:
                    message = await self._socket.receive()
                break
            except TimeoutError:
                if not patience.expired():
                    raise
                if self._speaks and not self._operations:  # each of these asks for itself
                    await self._require_speaker()
        if message["type"] == "websocket.disconnect":
            return None
        try:
            heard: Heard = _HEARD.decode(message.get("text") or b"")
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise _Closed(4400, f"Invalid message: {error}") from error
        return heard

    async def _take(self, message: Heard) -> None:
        match message:
            case ConnectionInit():
                await self._initialise(message.payload or {})
            case Ping():
                await self._send(Pong(message.payload))
            case Subscribe():
                await self._begin(message.id, message.payload)
            case Complete():
                if task := self._operations.pop(message.id, None):
                    task.cancel()
            case Pong():
                pass

    async def _initialise(self, payload: dict[str, Any]) -> None:
        if self._asked_to_speak:
            raise _Closed(4429, "Too many initialisation requests")
        self._asked_to_speak = True
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        if isinstance(given, str) and given.isascii() and given.isprintable():
            headers = MutableHeaders(raw=list(self._socket.scope["headers"]))
            headers["authorization"] = given
            self._http = HTTPConnection({**self._socket.scope, "headers": headers.raw})
        actor = await self._require_speaker(counted=True)
        try:
            self._held.enter_context(self._socket.app.state.streams.held_by(actor))
        except TooManyStreams as error:
            raise _Closed(1013, str(error)) from error
        self._speaks = True
        await self._send(ConnectionAck())

    async def _require_speaker(self, *, counted: bool = False) -> str:
        try:
            context = await caller_of(self._http, self._services, counted=counted)
        except (Throttled, Unavailable) as error:
            raise _Closed(1013, str(error)) from error
        except ApplicationError as error:
            raise _Closed(4403, f"Forbidden: {error}") from error
        return str(context.actor)

    async def _begin(self, identifier: str, asked: Asked) -> None:
        if not self._speaks:
            raise _Closed(4401, "Unauthorized")
        if identifier in self._operations:
            raise _Closed(4409, f"Subscriber for {identifier} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            why = f"There are {MOST_OPERATIONS} operations on this connection already; complete some, or open another one."
            await self._send(Error(identifier, [told(why, BAD_USER_INPUT)]))
            return
        task = asyncio.create_task(self._operate(identifier, asked))
        self._operations[identifier] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _operate(self, identifier: str, asked: Asked) -> None:
        scope = dict(self._http.scope)
        try:
            last: Complete | Error = Complete(identifier)
            try:
                hygiene = self._services.hygiene
                await count_on_address(scope, hygiene.rate_limits, hygiene.security_log)
                request = Request(self._services, HTTPConnection(scope))
                async with aclosing(answers(self._socket.app.state.documents, asked, request)) as found:
                    async for answer in found:
                        await self._send(Next(identifier, answer))
            except Ended as end:
                last = Error(identifier, end.errors)
            except Throttled as error:
                last = Error(identifier, [problem(error)])
            if self._ended(identifier):
                await self._send(last)
        except WebSocketDisconnect:
            pass
        finally:
            self._ended(identifier)

    def _ended(self, identifier: str) -> bool:
        """The operation under way is no more; False if the other side had given it up already."""
        if self._operations.get(identifier) is not asyncio.current_task():
            return False
        del self._operations[identifier]
        return True

    async def _send(self, message: msgspec.Struct) -> None:
        """Once the other side has taken what was sent before."""
        async with self._sending:
            await self._socket.send({"type": "websocket.send", "text": _SAID.encode(message).decode()})
