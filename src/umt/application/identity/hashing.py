"""Whose passwords are hashed, and when: it costs more than all else that strangers may ask for.

Each place has a queue of its own, of which few at a time come to the hashing. So a flood from one place makes that place
wait, and another one only for the few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from umt.application.errors import Throttled
from umt.application.identity.passwords import Passwords
from umt.application.places import place_of

MOST_OF_A_PLACE: Final = 64
"""Requests of one place that hash or wait for it: a company behind one address that comes to work; some seconds' work."""
MOST: Final = 400
"""Requests of all places together."""
_AT_ONCE: Final = 2
"""Hashes of one place that are at work: as many as there are threads, so one place alone has all of them."""
_RETRY_SECONDS: Final = 1


class Queue:
    """The passwords, for the requests of one place; implements `Passwords`."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords, self._turns = passwords, asyncio.Semaphore(_AT_ONCE)
        self.length = 0

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await self._passwords.hash(password)

    async def verify(self, hashed: str, password: str) -> bool:
        async with self._turns:
            return await self._passwords.verify(hashed, password)

    def outdated(self, hashed: str) -> bool:
        return self._passwords.outdated(hashed)


class Hashing:
    """The queues of this process, by place."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._queues: dict[str, Queue] = {}

    @contextmanager
    def queued(self, client_address: str | None) -> Iterator[Passwords]:
        """The passwords for one request, which hashes one after the other; Throttled if too many are before it."""
        place = place_of(client_address)
        queue = self._queues.get(place) or Queue(self._passwords)
        if queue.length >= MOST_OF_A_PLACE or sum(each.length for each in self._queues.values()) >= MOST:
            raise Throttled("Too many are signing in at this moment; try again.", _RETRY_SECONDS)
        self._queues[place] = queue
        queue.length += 1
        try:
            yield queue
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[place]
