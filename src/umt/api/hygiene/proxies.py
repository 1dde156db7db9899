"""Where a request really comes from, behind proxies that are trusted.

A proxy appends whom it heard from to ``X-Forwarded-For``, so the list is read from its right end: the first address
that is no trusted proxy is the client's; what stands left of it is hearsay. From anybody else the headers count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address


class Proxies:
    """Puts the client's address and scheme into the scope."""

    def __init__(self, app: ASGIApp, trusted: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._app, self._trusted = app, trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = _address(scope["client"][0]) if scope.get("client") else None
        if peer is not None:
            scope["client"] = (str(peer), scope["client"][1])
            if self._trusts(peer):
                self._believe(scope, peer)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope, peer: Address) -> None:
        client = peer
        for said in reversed(list(_listed(scope, b"x-forwarded-for"))):
            before = _address(said)
            if before is None:
                break
            client = before
            if not self._trusts(client):
                break
        if client != peer:
            scope["client"] = (str(client), 0)
        schemes = list(_listed(scope, b"x-forwarded-proto"))
        if schemes and schemes[-1].lower() in ("http", "https"):
            secure = schemes[-1].lower() == "https"
            scope["scheme"] = {"http": ("http", "https"), "websocket": ("ws", "wss")}[scope["type"]][secure]

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _listed(scope: Scope, name: bytes) -> Iterator[str]:
    """The members of a header that is a list, which may be given in several lines."""
    for key, value in scope["headers"]:
        if key == name:
            yield from (part.strip() for part in value.decode("latin-1").split(","))


@lru_cache(maxsize=1_000)
def _address(text: str) -> Address | None:
    """An address as peers and proxies write it: with or without a port, IPv6 perhaps in brackets."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
