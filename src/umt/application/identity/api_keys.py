"""API keys as credentials: the port."""

from __future__ import annotations

from typing import Final, Protocol

from umt.application.transaction import Context

API_KEY_PREFIX: Final = "umtk_"


class ApiKeys(Protocol):
    """Looks API keys up."""

    async def context_of_key(self, key: str, address: str | None) -> Context:
        """On whose behalf requests with this key are made; Unauthenticated if it opens nothing."""
        ...
