"""Rest.li 2.0 on the wire: structured query parameters, and errors ("LinkedIn API: Protocol Versions, Error Handling").

`search=(name:(values:List(Spring%2C%20one)),test:false)` is read before percent-decoding, so that only literal
parentheses, commas and colons are structure.
"""

from typing import Any
from urllib.parse import unquote_plus

from umt.sandbox.wire import Call, Refusal, Reply


def error(status: int, code: str, message: str, service_error_code: int | None = None) -> Reply:
    body: dict[str, Any] = {"status": status, "code": code, "message": message}
    if service_error_code is not None:
        body["serviceErrorCode"] = service_error_code
    return Reply(status, body, content_type="application/json")


def refuse(status: int, code: str, message: str, service_error_code: int | None = None) -> Refusal:
    return Refusal(error(status, code, message, service_error_code))


def bad_parameter(name: str) -> Refusal:
    return refuse(400, "ILLEGAL_ARGUMENT", f"Invalid query parameters passed to request: {name[:60]}")


def parameters(call: Call) -> dict[str, Any]:
    """The query's parameters as text, lists and records. Raises `Refusal`."""
    found: dict[str, Any] = {}
    for pair in filter(None, call.raw_query.split("&")):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        found[name] = _Reader(value, name).whole() if value.startswith(("(", "List(")) else unquote_plus(value)
    return found


class _Reader:
    """A recursive reader of `(key:value,...)`, `List(value,...)` and plain values."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name, self.at = text, name, 0

    def whole(self) -> Any:
        value = self.value(0)
        if self.at != len(self.text):
            raise bad_parameter(self.name)
        return value

    def value(self, depth: int) -> Any:
        if depth > 10:
            raise bad_parameter(self.name)
        if self.text.startswith("List(", self.at):
            self.at += 4
            return list(self.items(depth, keyed=False))
        if self.text.startswith("(", self.at):
            return dict(self.items(depth, keyed=True))
        return self.plain()

    def items(self, depth: int, *, keyed: bool) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while not self.text.startswith(")", self.at):
            if found:
                self.literal(",")
            if keyed:
                key = self.plain()
                self.literal(":")
                found.append((key, self.value(depth + 1)))
            else:
                found.append(self.value(depth + 1))
        self.at += 1
        return found

    def literal(self, sign: str) -> None:
        if not self.text.startswith(sign, self.at):
            raise bad_parameter(self.name)
        self.at += 1

    def plain(self) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in "(),:":
            self.at += 1
        if start == self.at:
            raise bad_parameter(self.name)
        return unquote_plus(self.text[start : self.at])
