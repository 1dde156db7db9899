"""Requests that overlap: several at once with one refresh token are one race, not a theft."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from umt.application.identity.store import Refresh, Refreshed


class Race:
    """The requests with one token, from the first until none is left. One of them asks; the others share its outcome."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._start = now, now()
        self._turn = asyncio.Lock()
        self._outcome: Refreshed | None = None
        self.runners = 0

    def lasted(self) -> float:
        """For how many seconds it has been on."""
        return self._now() - self._start

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
        race = self._on.setdefault(token_hash, Race(self._now))
        race.runners += 1
        try:
            yield race
        finally:
            race.runners -= 1
            if not race.runners:
                del self._on[token_hash]
