"""How many requests a caller may make: what the API asks of whatever counts them."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

WINDOW_SECONDS: Final = 60
"""Limits are for the minute that slides along."""


class Standing(msgspec.Struct, frozen=True):
    """Where a caller stands with one limit after a request was counted, or refused.

    ``policy`` names the limit, ``quota`` is what it allows in `WINDOW_SECONDS`, ``remaining`` what is left of it now, and
    ``reset`` the seconds until there is more.
    """

    policy: str
    quota: int
    remaining: int
    reset: float
    allowed: bool


class RateLimits(Protocol):
    """Counts requests."""

    async def of_address(self, address: str) -> Standing:
        """Count a request on where it comes from."""
        ...

    async def of_probe(self, address: str) -> Standing:
        """Count a request that only asks how the process is doing."""
        ...

    async def of_actor(self, actor: str) -> Standing:
        """Count a request on the user or the API key that makes it."""
        ...
