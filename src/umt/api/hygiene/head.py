"""How large the head of a request may be, and that it says one length only.

The server bounds a head that it has to wait for; one that arrives at once comes to here whatever its size.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from umt.api.errors import BAD_USER_INPUT, told
from umt.api.hygiene.refusal import refuse

LARGEST_HEAD: Final = 16 * 1024
"""Bytes of a request's line and headers."""

MOST_HEADERS: Final = 100

TOO_LARGE: Final = told(
    f"The request's line and headers have more than {LARGEST_HEAD} bytes or {MOST_HEADERS} headers.", BAD_USER_INPUT
)
_TWO_LENGTHS: Final = told(
    "The request has both Content-Length and Transfer-Encoding; send one of them.", BAD_USER_INPUT
)

_ONE_HOST: Final = told("The request must name its host once.", BAD_USER_INPUT)


class HeadLimit:
    """Refuses a head above the limits with 431 (RFC 6585), and with 400 one that a proxy might have read as two requests
    or as another host's (RFC 9112, 3.2 and 6.1)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wrong = _wrong(scope) if scope["type"] == "http" else None
        if wrong is None:
            await self._app(scope, receive, send)
        else:
            await refuse(scope, send, *wrong, [(b"connection", b"close")])


def _wrong(scope: Scope) -> tuple[int, dict[str, Any]] | None:
    headers = scope["headers"]
    line = len(scope["path"]) + len(scope.get("query_string", b""))
    if len(headers) > MOST_HEADERS or line + sum(len(n) + len(v) + 4 for n, v in headers) > LARGEST_HEAD:
        return 431, TOO_LARGE
    names = [name for name, _ in headers]
    if b"content-length" in names and b"transfer-encoding" in names:
        return 400, _TWO_LENGTHS
    if names.count(b"host") != 1 and scope.get("http_version") == "1.1":
        return 400, _ONE_HOST
    return None
