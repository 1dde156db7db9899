"""Requests that overlap: several at once with one refresh token are one race, not a theft.

A race is over once its outcome is told, at the latest after a second: however many more requests come, the next one asks
for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from umt.application.identity.store import Refresh, Refreshed

_LONGEST_SECONDS: Final = 1.0
"""Whoever breaks its requests off could else keep a race on for ever, with the next one asking."""


class Race:
    """The requests with one token, from the first until one is answered. That one asks; the others share its outcome."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._start = now, now()
        self._turn = asyncio.Lock()
        self._outcome: Refreshed | None = None
        self.runners = 0

    def lasted(self) -> float:
        """For how many seconds it has been on."""
        return self._now() - self._start

    def is_over(self) -> bool:
        """Whether requests that come now are none of it."""
        return self._outcome is not None or self.lasted() >= _LONGEST_SECONDS

    async def run(self, ask: Callable[[], Awaitable[Refreshed]]) -> Refreshed:
        """What becomes of one of the requests: the first one's is what was asked; the others have lost to it."""
        async with self._turn:
            if self._outcome is None:
                self._outcome = await ask()
                return self._outcome
        won = self._outcome.outcome in (Refresh.REFRESHED, Refresh.RACED)
        return Refreshed(Refresh.RACED if won else Refresh.REFUSED)


class Races:
    """The races that are on in this process, by the hash of the token."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._on: dict[bytes, Race] = {}

    @contextmanager
    def joined(self, token_hash: bytes) -> Iterator[Race]:
        """The race that is on with the token, or one that begins now."""
        race = self._on.get(token_hash)
        if race is None or race.is_over():
            race = self._on[token_hash] = Race(self._now)
        race.runners += 1
        try:
            yield race
        finally:
            race.runners -= 1
            if not race.runners and self._on.get(token_hash) is race:
                del self._on[token_hash]
