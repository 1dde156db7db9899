"""What the API needs of a running system; `umt.bootstrap` fills it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from umt.api.graphql.kept import MOST_BYTES
from umt.api.hygiene import Hygiene
from umt.application.dispatch import Dispatcher
from umt.application.identity import Identity
from umt.application.joining import Joining
from umt.application.live import Live
from umt.application.ports import Clock
from umt.application.privacy.erasing import Erasing
from umt.application.queries import Queries
from umt.application.signing import SigningKeys


async def _nothing() -> None:
    """No opening and no closing."""


async def _always() -> bool:
    return True


def _no_info() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Services:
    """``open`` and ``close`` run in the server's event loop, before its first and after its last request."""

    dispatcher: Dispatcher
    queries: Queries
    live: Live
    identity: Identity
    joining: Joining
    erasing: Erasing
    signing_keys: SigningKeys
    clock: Clock
    hygiene: Hygiene = field(default_factory=Hygiene)
    """What requests pass before they come to a route."""
    cookie_secure: bool | None = None
    """Whether cookies are for https only; None: when the request came by https."""
    info: Callable[[], Mapping[str, Any]] = _no_info
    """What /health tells besides, e.g. ``{"sandbox": "http://127.0.0.1:8090"}``."""
    ready: Callable[[], Awaitable[bool]] = _always
    """Whether requests can be served now."""
    graphiql: bool = True
    """Whether a browser is shown GraphiQL at /graphql."""
    introspection: bool = True
    """Whether the schema may be asked for at /graphql."""
    trusted_documents: Mapping[str, str] = field(default_factory=dict)
    """GraphQL documents that clients may name instead of sending, by the SHA-256 of their texts."""
    only_trusted_documents: bool = False
    """Whether no others are executed."""
    kept_answers_bytes: int = MOST_BYTES
    """How much of whole answers is kept to be given again; with 0 none is."""
    open: Callable[[], Awaitable[object]] = _nothing
    close: Callable[[], Awaitable[object]] = _nothing
