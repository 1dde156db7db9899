"""One HTTP exchange, free of any framework: what a platform is asked (`Call`) and what it answers (`Reply`).

A platform refuses by raising `Refusal` with the reply in its own error form; whatever it changed before is rolled back.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl

import msgspec

Json: TypeAlias = dict[str, Any]

encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a call changed, for the ledger.

    `reference` is the name or slug the client gave; `keys` are what must not be created twice with one meaning.
    """

    action: str
    kind: str
    account: str
    reference: str
    id: str
    keys: tuple[str, ...]


@dataclass(slots=True)
class Call:
    """A request as received. `query` holds the last value of each name, decoded; `raw_query` is as sent."""

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    base: str
    params: Mapping[str, str] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    kind: str = ""
    account: str = ""
    reference: str = ""
    _query: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, str]:
        if self._query is None:
            self._query = dict(parse_qsl(self.raw_query, keep_blank_values=True, errors="replace"))
        return self._query

    @property
    def bearer(self) -> str:
        """The token of `Authorization: Bearer`, or an empty string."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError` (msgspec's errors are ValueErrors) when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except RecursionError as error:
            raise ValueError("JSON is nested too deeply") from error

    def form(self) -> Json:
        """The body's parameters from JSON, URL-encoded or multipart form. Raises `ValueError` when malformed."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.body:
            return {}
        if kind == "application/json":
            document = self.json()
            if not isinstance(document, dict):
                raise ValueError("the JSON body is not an object")
            return document
        if kind == "multipart/form-data":
            return _multipart(self.headers["content-type"], self.body)
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))

    def changed(self, effect: Effect) -> None:
        self.effects.append(effect)


def _multipart(content_type: str, body: bytes) -> Json:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields: Json = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode("utf-8", "replace")
    return fields


@dataclass(slots=True)
class Reply:
    """An answer. `body` is a JSON document, raw text for `content_type` other than JSON, or None for no body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=UTF-8"

    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body.encode() if isinstance(self.body, str) else encode(self.body)


class Refusal(Exception):
    """The platform says no, in its own error form."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


Handler: TypeAlias = Callable[[Call], Reply]


class Route:
    """A method set and a path pattern whose named groups become `Call.params`."""

    def __init__(self, methods: str, pattern: str, handler: Handler) -> None:
        self.methods = frozenset(methods.split("|"))
        self.pattern = re.compile(pattern)
        self.handler = handler


class Platform(Protocol):
    """One outside platform: where it lives, what it serves, and its own ways of failing."""

    name: str
    routes: list[Route]

    def owns(self, path: str) -> bool: ...
    def unknown(self, call: Call) -> Reply: ...
    def rate_limited(self, call: Call) -> Reply: ...
    def unavailable(self, call: Call, status: int) -> Reply: ...
    def finish(self, call: Call, reply: Reply) -> None: ...


def route(platform: Platform, call: Call) -> Handler | None:
    """The handler of the first route that fits; the call learns its parameters and whose account it is about."""
    for candidate in platform.routes:
        if call.method in candidate.methods and (match := candidate.pattern.fullmatch(call.path)):
            call.params = {name: value or "" for name, value in match.groupdict().items()}
            call.account = call.params.get("account", "")
            return candidate.handler
    return None


def dispatch(platform: Platform, call: Call) -> Reply:
    """Let the platform answer. Raises `Refusal`, with its own 404 where it serves nothing."""
    handler = route(platform, call)
    if handler is None:
        raise Refusal(platform.unknown(call))
    return handler(call)
