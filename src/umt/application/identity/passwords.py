"""Hashing passwords: the port."""

from __future__ import annotations

from typing import Protocol


class Passwords(Protocol):
    """Hashes passwords, slowly, few at a time."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, hashed: str, password: str) -> bool: ...

    def outdated(self, hashed: str) -> bool:
        """Whether the hash is of an older kind or cost than those made now."""
        ...
