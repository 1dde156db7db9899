"""Callers that follow: over graphql-transport-ws, and by server-sent events."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any, Self

import httpx
from tests.integration.api.client import Caller
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

SUBPROTOCOL = "graphql-transport-ws"
LONG = 30.0


class Socket:
    """A connection that speaks graphql-transport-ws."""

    def __init__(
        self,
        url: str,
        subprotocol: str | None = SUBPROTOCOL,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        plain: socket.socket | None = None,
    ) -> None:
        self._open = ExitStack()
        opening = connect(
            f"{url.replace('http', 'ws', 1)}/graphql",
            subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
            additional_headers=headers,
            compression=None,
            max_size=None,
            proxy=None,
            sock=plain,
        )
        self.connection: ClientConnection = self._open.enter_context(opening)

    @classmethod
    def of(cls, caller: Caller, plain: socket.socket | None = None) -> Self:
        """A connection on which the caller may speak; ``plain`` is what it goes over."""
        made = cls(str(caller.http.base_url).rstrip("/"), plain=plain)
        made.says(type="connection_init", payload={"Authorization": caller.http.headers["authorization"]})
        assert made.hears() == {"type": "connection_ack"}
        return made

    def says(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def hears(self, seconds: float = LONG) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.connection.recv(seconds))
        return message

    def subscribes(self, query: str, identifier: str = "1", **variables: Any) -> None:
        self.says(type="subscribe", id=identifier, payload={"query": query, "variables": variables})

    def next(self, identifier: str = "1") -> Any:
        """The data of the next answer, which has no errors."""
        message = self.hears()
        assert (message["type"], message["id"]) == ("next", identifier), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    def fails(self, identifier: str = "1") -> dict[str, Any]:
        """The one error that ends an operation: its extensions and message."""
        message = self.hears()
        assert (message["type"], message["id"]) == ("error", identifier), message
        (error,) = message["payload"]
        return {**error["extensions"], "message": error["message"]}

    def ended(self, seconds: float = LONG) -> tuple[int, str]:
        """With which code and reason the server ended the connection."""
        try:
            while True:
                self.connection.recv(seconds)
        except ConnectionClosed:
            return self.connection.close_code or 0, self.connection.close_reason or ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


class Event(dict[str, str]):
    """The fields of a server-sent event."""

    @property
    def answer(self) -> Any:
        return json.loads(self["data"])

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert self["event"] == "next", self
        assert "errors" not in self.answer, self
        return self.answer["data"]


@contextmanager
def events(caller: Caller, query: str, last_event: str = "", **variables: Any) -> Iterator[Iterator[Event]]:
    """The events of an operation."""
    headers = {"accept": "text/event-stream"} | ({"last-event-id": last_event} if last_event else {})
    asked = {"query": query, "variables": variables}
    with caller.http.stream("POST", "/graphql", json=asked, headers=headers, timeout=LONG) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield parsed(answer)


def parsed(answer: httpx.Response) -> Iterator[Event]:
    """The events of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)."""
    event = Event()
    for line in answer.iter_lines():
        name, _, value = line.partition(":")
        if line == "":
            if "data" in event:
                yield event
            event = Event()
        elif name:
            event[name] = value.removeprefix(" ")


def first_answer(caller: Caller, query: str, variables: Any) -> dict[str, Any]:
    """What a subscription answers first."""
    with events(caller, query, **variables) as found:
        answer: dict[str, Any] = next(found).answer
        return answer
