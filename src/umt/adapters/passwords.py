"""Passwords by argon2id with the library's recommended cost; those that came with bcrypt are verified, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

R = TypeVar("R")

_AT_ONCE: Final = 2
"""Hashes that are computed at once: each takes 64 MiB, so a flood of attempts cannot take the memory."""
_BCRYPT: Final = ("$2a$", "$2b$", "$2y$")
_BCRYPT_BYTES: Final = 72
"""All that bcrypt ever looked at."""


class Argon2Passwords:
    """Implements `umt.application.identity.Passwords`."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        return await self._apart(lambda: self._hasher.hash(password))

    async def verify(self, hashed: str, password: str) -> bool:
        return await self._apart(lambda: self._fits(hashed, password))

    def outdated(self, hashed: str) -> bool:
        return hashed.startswith(_BCRYPT) or self._hasher.check_needs_rehash(hashed)

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            if hashed.startswith(_BCRYPT):
                return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], hashed.encode())
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError, ValueError):
            return False

    async def _apart(self, work: Callable[[], R]) -> R:
        """The work's answer, from a thread of our own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
