"""Errors as everything but GraphQL tells them: problem details (RFC 9457, ``application/problem+json``).

``type`` is a place of this API that says what kind of problem it is. ``code`` and the members after it are those that
GraphQL gives in ``extensions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from umt.api.errors import STATUS

MEDIA_TYPE: Final = "application/problem+json"

KINDS_AT: Final = "/problems"
"""Where each kind of problem says what it is."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of problem: its title, and what it means for who gets it."""

    title: str
    meaning: str


KINDS: Final[dict[str, Kind]] = {
    "UNAUTHENTICATED": Kind(
        "You are not signed in",
        "There is no valid token or API key, or address and password do not fit. Sign in and send the token as"
        " `Authorization: Bearer …`.",
    ),
    "FORBIDDEN": Kind(
        "You may not do this",
        "Your role or your API key's scopes do not allow it, or a request with cookies lacks `X-CSRF-Token`.",
    ),
    "BAD_USER_INPUT": Kind(
        "The request is wrong",
        "It is not well-formed, or a value in it is wrong: `detail` says which one and `errors` where each is. Sent again"
        " as it is, it fails again.",
    ),
    "NOT_FOUND": Kind(
        "There is no such thing", "Not here, or not in your workspace; of another workspace's things it is said, too."
    ),
    "CONFLICT": Kind(
        "It cannot be done as things stand",
        "The request is right, but something is in its way; `domainCode` says what.",
    ),
    "PRECONDITION_FAILED": Kind(
        "It has changed since you saw it",
        "The version in `If-Match` is not the present one, which is `currentVersion` and in `ETag`. Read it again.",
    ),
    "THROTTLED": Kind(
        "Too many requests", "Or too many attempts to sign in. Go on in `retryAfter` seconds, as `Retry-After` says."
    ),
    "OUT_OF_RANGE": Kind(
        "A sum is too large",
        "A sum of counts is above 2^53 - 1, which many readers of JSON would round. Ask for a shorter time.",
    ),
    "STALE_READ": Kind(
        "The read models are not that far yet",
        "They did not reach the position that `atLeast` names in time: ask again. With `reason` PARKED they wait for an"
        " operator; ask without `atLeast` to see them as they are.",
    ),
    "UNAVAILABLE": Kind(
        "It cannot be answered now",
        "The database cannot be reached, or the request took too long. Ask again in a moment; with the same"
        " `Idempotency-Key` nothing is done twice.",
    ),
    "INTERNAL": Kind(
        "Something went wrong on our side", "Nothing is told of it but a `reference`, by which an operator finds it."
    ),
}
"""The kinds of problems by code."""


def place_of(code: str) -> str:
    """The ``type`` of a problem with this code."""
    return f"{KINDS_AT}/{code.lower().replace('_', '-')}"


def details_of(said: Mapping[str, Any], status: int | None = None, **more: Any) -> dict[str, Any]:
    """The problem details of an error as `umt.api.errors.told` makes it; without a status the code's own."""
    code: str = said["extensions"]["code"]
    return {
        "type": place_of(code),
        "title": KINDS[code].title,
        "status": status or STATUS[code],
        "detail": said["message"],
        **said["extensions"],
        **more,
    }


def is_graphql(path: str) -> bool:
    """Whether what is at this path answers in GraphQL's form."""
    return path == "/graphql" or path.startswith("/graphql/")
