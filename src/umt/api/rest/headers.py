"""Headers of answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

Headers = dict[str, dict[str, Any]]


def _header(description: str, example: str, *, always: bool = True, of: str = "string") -> dict[str, Any]:
    return {"description": description, "required": always, "schema": {"type": of}, "example": example}


ETAG: Final = {"ETag": _header("The campaign's version; send it as `If-Match` with the next change.", '"v12"')}
_POSITION: Final = {
    "UMT-Position": _header("The log's position after the change: `atLeast` of what must show it.", "dW10OjE6NDI")
}
_REPLAYED: Final = {
    "Idempotent-Replayed": _header(
        "`true` if it was done before, under the same `Idempotency-Key`; absent otherwise.", "true", always=False
    )
}
_PLACE: Final = {
    "Content-Location": _header(
        "The campaign's address: the body is what is there.", "/api/v1/campaigns/2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"
    )
}

RECORDED: Final[Headers] = {**_POSITION, **_REPLAYED}
"""Of a change that answers no campaign."""

REGISTERED: Final[Headers] = {
    "UMT-Position": _header(
        "The log's position after the change; absent where nothing changed.", "dW10OjE6NDI", always=False
    )
}
CHANGED: Final[Headers] = {**ETAG, **_PLACE, **RECORDED}
CREATED: Final[Headers] = {
    "Location": _header("The campaign's address.", "/api/v1/campaigns/2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"),
    **CHANGED,
}
ACCEPTED: Final[Headers] = {
    "Link": _header(
        "Where what comes of it is told.",
        '</api/v1/campaigns/2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d/decisions>; rel="monitor"',
    ),
    **CHANGED,
}
SEEN: Final[Headers] = {
    **ETAG,
    "Cache-Control": _header("Nobody else keeps it, and it is asked for before it is used again.", "private, no-cache"),
}
LISTED: Final[Headers] = {
    "Link": _header(
        "The next page (RFC 8288); absent on the last one.",
        '</api/v1/campaigns?cursor=WyJjYW1wYWlnbnM>; rel="next"',
        always=False,
    )
}

LIMITS: Final[Headers] = {
    "RateLimit-Limit": _header("Requests that may be made in a minute.", "100", of="integer", always=False),
    "RateLimit-Remaining": _header("How many of them are left.", "99", of="integer", always=False),
    "RateLimit-Reset": _header("Seconds until there are all of them again.", "30", of="integer", always=False),
}
"""Of every answer of a server that counts requests."""

OF_PROBLEMS: Final[dict[str, Headers]] = {
    "401": {"WWW-Authenticate": _header("`Bearer`.", "Bearer")},
    "412": ETAG,
    "415": {
        "Accept": _header("What is taken instead.", "application/json", always=False),
        "Accept-Patch": _header("The same for PATCH (RFC 5789).", "application/merge-patch+json", always=False),
    },
    "429": {"Retry-After": _header("Seconds after which to go on.", "30", of="integer")},
    "503": {"Retry-After": _header("Seconds after which to ask again.", "1", of="integer", always=False)},
}
"""Of problems, by status."""
