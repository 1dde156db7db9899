"""One listening connection for each event loop: what it hears wakes in memory whoever waits, be they one or a thousand.

What a notification says is not believed, for any login may send one; and one may be lost. It only says when to look: one
statement then tells of the events and the checkpoints that are new. A poll is the safety net.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg

from umt.adapters.postgres.database import WORKER, conninfo
from umt.adapters.postgres.progress import Places, Progress, Standing
from umt.application.errors import Unavailable
from umt.application.pulse import Shown
from umt.application.queries import StaleRead
from umt.projections.catalogue import sources
from umt.projections.table import Projection

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
"""How long it is at most until a look whose notification was lost."""
SURE_SECONDS: Final = 3.0
"""How old a look may be for `Pulse.shown`: a connection may be dead without a sign."""
SLOWEST_LOOK: Final = 5.0
"""Seconds after which a look is given up and the connection with it."""

_BREATH_SECONDS: Final = 0.005
"""Pause after a look, so that a burst of notifications makes a few of them."""
_SHORT_BREATH_SECONDS: Final = 0.001
"""The same while somebody waits for an answer."""
_AT_ONCE: Final = 10_000
"""Most events that are taken at a time."""

_LOOK: Final = (
    b"SELECT workspace, stream, type, position, 0 FROM"
    b" (SELECT workspace, stream, type, position FROM umt.event WHERE position > %s ORDER BY position LIMIT %s) e"
    b" UNION ALL SELECT NULL, NULL, name, position, generation::bigint * 1000000 + revision"
    b" FROM umt.projection_checkpoint WHERE state = 'live'"
)

_KNOWN: Final = (
    b"SELECT greatest(0, head - %s, least(head, shown))"
    b" FROM (SELECT coalesce(max(position), 0) AS head FROM umt.event) e,"
    b" (SELECT min(position) AS shown FROM umt.projection_checkpoint WHERE state = 'live') c"
)
"""The position up to which all projections show everything: nothing before it needs to be looked at. One that is far
behind is not gone back to."""

Connection = psycopg.AsyncConnection[Any]


class Pulse:
    """Implements `umt.application.pulse.Pulse`. It listens from the first need on, in the event loop of that need."""

    def __init__(self, url: str, projections: Mapping[str, Projection]) -> None:
        self._given = url, projections
        self._url = conninfo(url, WORKER, "umt pulse")
        self.progress = Progress(projections)
        """How far everything is, as far as heard of."""
        self._names, self._sources = frozenset(projections), sources(projections.values())
        self._task: asyncio.Task[None] | None = None
        self._looked_at: float | None = None
        self._waiting: dict[asyncio.Future[None], Callable[[], bool]] = {}
        self._hurry = asyncio.Event()
        self._by_stream: dict[UUID, set[_StreamWatch]] = defaultdict(set)
        self._by_workspace: dict[UUID, set[_ViewWatch]] = defaultdict(set)
        self.unsettled: set[UUID] = set()
        """Watched workspaces of which not everything is shown."""
        self._expected: dict[UUID, int] = {}
        self._expecting = threading.Lock()

    def another(self) -> Pulse:
        """One for another event loop."""
        return Pulse(*self._given)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    # What is asked

    async def wait_for(self, workspace: UUID, position: int, views: Collection[str], seconds: float) -> int:
        places = self.places(views)
        self._listen()
        try:
            await self._until(lambda: self.progress.shows(workspace, position, places), seconds)
        except TimeoutError:
            raise StaleRead(position, self.progress.slowest(places)) from None
        return max(position, self.progress.slowest(places))

    def shown(self, workspace: UUID, views: Collection[str] = ()) -> Shown | None:
        self._listen()
        if self._looked_at is None or time.monotonic() - self._looked_at > SURE_SECONDS:
            return None
        if self._expected:
            with self._expecting:
                if self._expected.get(workspace, 0) > self.progress.head:
                    return None
        return self.progress.shown(workspace, self.places(views))

    def expect(self, workspace: UUID, position: int) -> None:
        if self._task is None:
            return  # the first look of all will see it
        with self._expecting:
            self._expected[workspace] = max(position, self._expected.get(workspace, 0))

    @contextmanager
    def watch_streams(self, streams: Collection[UUID]) -> Iterator[_StreamWatch]:
        watch = _StreamWatch()
        self._listen()
        for stream in streams:
            self._by_stream[stream].add(watch)
        try:
            yield watch
        finally:
            for stream in streams:
                _leave(self._by_stream, stream, watch)

    @contextmanager
    def watch_views(self, workspace: UUID) -> Iterator[_ViewWatch]:
        watch = _ViewWatch(self, workspace)
        self._listen()
        self._by_workspace[workspace].add(watch)
        try:
            yield watch
        finally:
            _leave(self._by_workspace, workspace, watch)

    def places(self, views: Collection[str]) -> Places:
        """The projections behind the views; of no views, all."""
        return self.progress.places({name for view in views for name in self._sources[view]} if views else self._names)

    async def known(self) -> Progress:
        """How far everything is, once that is known; Unavailable if that takes too long."""
        self._listen()
        with suppress(TimeoutError):
            await self._until(lambda: self._looked_at is not None, SLOWEST_LOOK)
        return self.progress

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Until it holds; TimeoutError when it does not in time, Unavailable when that is not even known."""
        if holds():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = holds
        self._hurry.set()
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            if self._looked_at is None:
                raise Unavailable("The database cannot be reached; try again in a moment.") from None
            raise
        finally:
            self._waiting.pop(future, None)

    # What is heard

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.get_loop() is not loop:
            self._looked_at, self._hurry = None, asyncio.Event()
            self._task = loop.create_task(self._follow(), name="umt pulse")

    async def _follow(self) -> None:
        """Look and listen, again with growing pauses while the database is away."""
        pause = 0.05
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await self._begin(connection)
                    pause = 0.05
                    while True:
                        await self._look(connection)
                        await self._breathe()
                        async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                            pass
            except Exception as error:
                log.warning("the pulse of the log is lost: %s; listening again in %.2f s", type(error).__name__, pause)
            self._looked_at = None
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def _begin(self, connection: Connection) -> None:
        async with asyncio.timeout(SLOWEST_LOOK):
            await connection.execute("LISTEN umt_log")
            await connection.execute("LISTEN umt_projection")
            row = await (await connection.execute(_KNOWN, (_AT_ONCE,))).fetchone()
        assert row
        self.progress.begin(row[0])
        self._wake_all()  # whatever happened while nobody listened

    async def _look(self, connection: Connection) -> None:
        """Take what is new, and wake whom it concerns."""
        more = True
        while more:
            async with asyncio.timeout(SLOWEST_LOOK), connection.cursor(binary=True) as cursor:
                await cursor.execute(_LOOK, (self.progress.head, _AT_ONCE), prepare=True)
                rows = await cursor.fetchall()
            self._looked_at = time.monotonic()
            more = self._take(rows) == _AT_ONCE

    def _take(self, rows: list[tuple[Any, ...]]) -> int:
        """How many events there were."""
        progress, events, rebuilt = self.progress, 0, False
        for workspace, stream, name, position, epoch in rows:
            if workspace is None:
                rebuilt |= progress.reached(name, position, epoch)
                continue
            events += 1
            progress.happened(workspace, name, position)
            for watch in self._by_stream.get(stream, ()):
                watch.wake()
            if watches := self._by_workspace.get(workspace):
                self.unsettled.add(workspace)
                if stream == workspace:  # members and their roles
                    for view_watch in watches:
                        view_watch.wake()
        if self._expected:
            with self._expecting:
                self._expected = {w: p for w, p in self._expected.items() if p > progress.head}
        self._wake_views(self._by_workspace if rebuilt else self.unsettled)
        self.unsettled = {w for w in self.unsettled if w in self._by_workspace and not progress.settled(w)}
        for future, holds in list(self._waiting.items()):
            if not future.done() and holds():
                future.set_result(None)
        return events

    async def _breathe(self) -> None:
        """Before the next look; shorter when somebody comes to wait."""
        await asyncio.sleep(_SHORT_BREATH_SECONDS)
        self._hurry.clear()
        if not self._waiting:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), _BREATH_SECONDS - _SHORT_BREATH_SECONDS)

    def _wake_views(self, workspaces: Collection[UUID]) -> None:
        for workspace in workspaces:
            for watch in self._by_workspace.get(workspace, ()):
                watch.look()

    def _wake_all(self) -> None:
        for watches in self._by_stream.values():
            for watch in watches:
                watch.wake()
        for workspace in self._by_workspace:
            for view_watch in self._by_workspace[workspace]:
                view_watch.wake()


class _Flag:
    """Raised by the pulse, lowered by the one task that waits for it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def woken(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._event.wait()
        except TimeoutError:
            return False


class _StreamWatch(_Flag):
    """Implements `umt.application.pulse.StreamWatch`."""

    def begin(self) -> None:
        self._event.clear()


class _ViewWatch(_Flag):
    """Implements `umt.application.pulse.ViewWatch`."""

    def __init__(self, pulse: Pulse, workspace: UUID) -> None:
        super().__init__()
        self._pulse, self._workspace = pulse, workspace
        self._places: Places = ()
        self._seen: Standing = {}
        self.changed = False

    async def begin(self, views: Collection[str]) -> Shown:
        progress = await self._pulse.known()
        self._places = self._pulse.places(views)
        self._pulse.unsettled.add(self._workspace)
        before, self._seen = self._seen, progress.standing(self._workspace, progress.every)
        self.changed = self._differ(before)
        self._event.clear()
        return progress.shown(self._workspace, self._places)

    def follow(self, views: Collection[str]) -> None:
        self._places = self._pulse.places(views)
        self.look()

    def look(self) -> None:
        """Wake if the views may show something else than they did."""
        if self._differ(self._pulse.progress.standing(self._workspace, self._places)):
            self.wake()

    def _differ(self, other: Standing) -> bool:
        return any(self._seen.get(place) != other.get(place) for place in self._places)


T = TypeVar("T")


def _leave(watched: dict[UUID, set[T]], key: UUID, watch: T) -> None:
    watched[key].discard(watch)
    if not watched[key]:
        del watched[key]
