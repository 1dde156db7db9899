"""What the API needs of a running system; `bootstrap.py` fills it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from umt.application.dispatch import Dispatcher
from umt.application.identity import Identity
from umt.application.ports import Clock
from umt.application.queries import Queries


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
    identity: Identity
    clock: Clock
    info: Callable[[], Mapping[str, Any]] = _no_info
    """What /health tells besides, e.g. ``{"sandbox": "http://127.0.0.1:8090"}``."""
    ready: Callable[[], Awaitable[bool]] = _always
    """Whether requests can be served now."""
    graphiql: bool = True
    """Whether a browser is shown GraphiQL at /graphql."""
    open: Callable[[], Awaitable[object]] = _nothing
    close: Callable[[], Awaitable[object]] = _nothing
