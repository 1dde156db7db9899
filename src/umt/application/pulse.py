"""How far the read models have come with what happens in a workspace, known without asking the database."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """What some views show of a workspace.

    ``position``: every event of the workspace up to here is in them, or parked. ``changed``: the newest event of the
    workspace that concerns them; at times an older one of others, never one that is too old. ``epoch`` changes when
    their tables were built anew or dead letters were dealt with, which changes rows without an event.
    """

    position: int
    changed: int
    epoch: int

    @property
    def settled(self) -> bool:
        """Whether they show all that concerns them: until ``changed`` or ``epoch`` is another, they stay as they are."""
        return self.position >= self.changed


class StreamWatch(Protocol):
    """Waits for events of streams; one task at a time."""

    def begin(self) -> None:
        """What happens from now on wakes. To be called before the streams are read."""
        ...

    async def woken(self, seconds: float) -> bool:
        """Until something may have happened since `begin`; False when the time is over before."""
        ...


class ViewWatch(Protocol):
    """Waits for changes of what views show of a workspace; one task at a time."""

    changed: bool
    """Whether the views may have shown something else at the last `begin` than at the one before."""

    async def begin(self, views: Collection[str]) -> Shown:
        """What these views show at least; whatever they show beyond that wakes. To be called before they are read.
        Unavailable while the database is away."""
        ...

    def follow(self, views: Collection[str]) -> None:
        """It is these views that were read since `begin`."""
        ...

    async def woken(self, seconds: float) -> bool:
        """Until the views may show something else than at `begin`, or what members may was changed; False when the time is
        over before."""
        ...


class Pulse(Protocol):
    """Implemented by adapters/postgres/pulse.py for one event loop. No wait holds a connection."""

    async def wait_for(self, workspace: UUID, position: int, views: Collection[str], seconds: float) -> int:
        """Until the views (none: all) show every event of the workspace up to the position; how far their projections
        have come altogether. StaleRead when the time is over before, Unavailable while the database is away."""
        ...

    def shown(self, workspace: UUID, views: Collection[str] = ()) -> Shown | None:
        """What the views (none: all) show now; None while that is not known for sure."""
        ...

    def expect(self, workspace: UUID, position: int) -> None:
        """A command of this process has been accepted: nothing is known for sure of the workspace until the pulse has come
        to that position. Safe to call from any thread."""
        ...

    def watch_streams(self, streams: Collection[UUID]) -> AbstractContextManager[StreamWatch]: ...

    def watch_views(self, workspace: UUID) -> AbstractContextManager[ViewWatch]: ...
