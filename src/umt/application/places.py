"""Where requests come from, as far as they are counted together."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


def place_of(address: str | None) -> str:
    """What counts as one place: an IPv4 address, or of IPv6 the /64 that one site has whole (RFC 6177)."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
