"""How many connections may be held for subscriptions: they last, and ordinary requests must find room beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOST: Final = 1500
"""Connections with subscriptions, of one process."""
MOST_OF_ONE: Final = 100
"""Connections with subscriptions of one user or API key."""


class TooManyStreams(Exception):
    """Another connection for subscriptions would be one too many; try again later."""


class Streams:
    """The connections that are held, of as many as there is room for."""

    def __init__(self, room: int) -> None:
        self._room = room * 3 // 4
        self._of: Counter[str] = Counter()

    @contextmanager
    def held_by(self, actor: str) -> Iterator[None]:
        """One more, while it lasts; TooManyStreams if there are too many."""
        if self._of[actor] >= MOST_OF_ONE:
            raise TooManyStreams(f"You hold {MOST_OF_ONE} connections for subscriptions; share one among several.")
        if self._of.total() >= min(MOST, self._room):
            raise TooManyStreams("Too many connections for subscriptions are open; try again in a moment.")
        self._of[actor] += 1
        try:
            yield
        finally:
            self._of[actor] -= 1
            if not self._of[actor]:
                del self._of[actor]
