"""The newest events of the log in memory, for all followers of a process: the log never changes, so once is enough.

Of the followers that wake at an append, the first one asks the database; the others find what it read.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from umt.domain.recorded import Envelope, Undecoded

CAPACITY: Final = 200
"""Events that are kept; who is further behind reads for itself."""

Read = Callable[[int, int], tuple[list[Envelope | Undecoded], int, bool]]
"""(after, limit) → events of every type, the position up to which that is everything, and whether there are more."""


class RecentEvents:
    """A window of the log that moves with its head: every event after ``_start`` up to ``_end``."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._events: deque[Envelope | Undecoded] = deque(maxlen=CAPACITY)
        self._start = self._end = -1

    def page(self, after: int, limit: int) -> tuple[list[Envelope | Undecoded], int] | None:
        """At most ``limit`` events after a position and the position reached; None to a follower that is further behind
        than the window reaches."""
        with self._lock:
            if not self._start <= after <= self._end:
                return None
            if after == self._end:
                found, end, more = self._read(after, CAPACITY)
                if more:
                    return None
                self._keep(found, end)
            passed = after - self._start
            events = list(islice(self._events, passed, passed + limit))
            return events, events[-1].position if len(events) == limit else self._end

    def begin(self, after: int) -> None:
        """A follower is at the head: the window begins there, unless it is there already."""
        with self._lock:
            if after > self._end:
                self._events.clear()
                self._start = self._end = after

    def clear(self) -> None:
        """Forget the events; who follows reads for itself until the window begins again."""
        with self._lock:
            self._events.clear()
            self._start = self._end = -1

    def _keep(self, found: Sequence[Envelope | Undecoded], end: int) -> None:
        overflow = len(self._events) + len(found) - CAPACITY
        self._events.extend(found)
        self._start += max(overflow, 0)
        self._end = end
