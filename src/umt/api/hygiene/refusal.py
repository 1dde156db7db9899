"""An answer that is given before any route is asked, in the form of the face that was spoken to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.types import Message, Scope, Send

from umt.api.problems import MEDIA_TYPE, details_of, is_graphql

Header = tuple[bytes, bytes]


async def refuse(
    scope: Scope, send: Send, status: int, said: Mapping[str, Any], headers: Iterable[Header] = ()
) -> None:
    """Answer with one error, as `umt.api.errors.told` makes it."""
    for message in refusal(status, said, headers, scope.get("path", "")):
        await send(message)


def refusal(
    status: int, said: Mapping[str, Any], headers: Iterable[Header] = (), path: str = ""
) -> tuple[Message, Message]:
    """The two messages of such an answer to a request for this path."""
    graphql = is_graphql(path)
    body = msgspec.json.encode({"errors": [said]} if graphql else details_of(said, status))
    media_type = "application/json" if graphql else MEDIA_TYPE
    length = str(len(body)).encode()
    given = [(b"content-type", media_type.encode()), (b"content-length", length), *headers]
    start = {"type": "http.response.start", "status": status, "headers": given}
    return start, {"type": "http.response.body", "body": body}
