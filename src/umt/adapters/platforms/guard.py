"""Addresses that users give: only the open internet may be called, or what is allowed by name.

``guard`` tells a user early and clearly; ``guarded_client`` checks the very address that is connected to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore
import httpx

from umt.application.ports import Refused, Transient


async def guard(url: str, allowed_origins: Collection[str] = ()) -> None:
    """Refuse an address that is not a public https one, unless its origin is allowed.

    Over plain http the credential would travel for everybody on the way to read, so only an allowed origin may use it.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused("the address is not a web address like https://example.com") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise Refused("only an http or https address without credentials can be used")
    if parsed.scheme == "http" and _origin(parsed) not in {_origin(httpx.URL(one)) for one in allowed_origins}:
        raise Refused("the address begins with http://, which carries the credential unencrypted: use https")
    await _permitted(parsed.host, _port(parsed), _places(allowed_origins))


def guarded_client(allowed_origins: Collection[str] = (), *, pool: int = 20) -> httpx.AsyncClient:
    """A client that connects to public addresses and allowed origins only.

    The name is resolved once, and the very address that was checked is connected to, so a name that changes its
    address in between gains nothing. No proxy of the environment is used: it would connect on our behalf.
    """
    transport = httpx.AsyncHTTPTransport(trust_env=False)
    # httpx takes no network backend of its own, httpcore does; the contract tests fail should this attribute move.
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        max_connections=pool,
        keepalive_expiry=5.0,
        network_backend=_CheckedNetwork(_places(allowed_origins)),
    )
    return httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to what ``_permitted`` lets through, by number."""

    def __init__(self, allowed: frozenset[tuple[str, int]]) -> None:
        self._allowed = allowed
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's protocol
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await _permitted(host, port, self._allowed)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _permitted(host: str, port: int, allowed: frozenset[tuple[str, int]]) -> list[str]:
    """The host's addresses, all of them public unless the host is allowed. Raises ``Refused`` or ``Transient``."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Transient(f"{host} has no address") from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if (host.lower(), port) not in allowed and not all(_is_public(a) for a in addresses):
        raise Refused(f"{host} is not a public address")
    return addresses


_NAT64 = IPv6Network("64:ff9b::/96")


def _is_public(address: str) -> bool:
    """Whether an address is one of the open internet, also where an IPv6 address carries an IPv4 one."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            carried = IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = carried or ip
    return ip.is_global and not ip.is_multicast


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host.lower(), _port(url)


def _places(origins: Collection[str]) -> frozenset[tuple[str, int]]:
    parsed = [httpx.URL(origin) for origin in origins]
    return frozenset((url.host.lower(), _port(url)) for url in parsed)
