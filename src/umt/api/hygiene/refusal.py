"""An answer that is given before any route is asked, in the form of all errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.types import Message, Send

Header = tuple[bytes, bytes]


async def refuse(send: Send, status: int, said: Mapping[str, Any], headers: Iterable[Header] = ()) -> None:
    """Answer with one error, as `umt.api.errors.told` makes it."""
    for message in refusal(status, said, headers):
        await send(message)


def refusal(status: int, said: Mapping[str, Any], headers: Iterable[Header] = ()) -> tuple[Message, Message]:
    """The two messages of such an answer."""
    body = msgspec.json.encode({"errors": [said]})
    length = str(len(body)).encode()
    given = [(b"content-type", b"application/json"), (b"content-length", length), *headers]
    start = {"type": "http.response.start", "status": status, "headers": given}
    return start, {"type": "http.response.body", "body": body}
