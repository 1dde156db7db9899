"""Which views the work under way has read: what its answer depends on.

Noted for the asyncio task that asks and for the tasks that it starts.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

_READ: Final[ContextVar[set[str] | None]] = ContextVar("views read", default=None)


def note_views() -> set[str]:
    """The views of read_v1 that are read from now on; the set grows with them."""
    read: set[str] = set()
    _READ.set(read)
    return read


def reads(view: str) -> None:
    """The view is read."""
    if (read := _READ.get()) is not None:
        read.add(view)
