"""The log as projections and agents follow it: pages of decoded events, and a wait that a notification ends early.

Rows come in PostgreSQL's binary format and are decoded at once. Positions have no gaps and are visible in order, so a
page is everything up to its position, whatever filter it was read with.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import accumulate, takewhile
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from umt.adapters.postgres.database import WORKER, connect, conninfo
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.recent import RecentEvents
from umt.adapters.vault import PersonalCipher
from umt.domain.event import EVENT_TYPES, Event
from umt.domain.recorded import Envelope, Metadata, Recorded, Undecoded, Unreadable
from umt.projections.batches import Page

log = logging.getLogger(__name__)

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]

_PAGE: Final = 2000
_PAGE_BYTES: Final = 8_000_000
"""Stored bytes that are decoded at once; decoded they take several times as much."""
_NARROW: Final = "position, stream, version, workspace, recorded_at, type, schema_version, body"
_FULL: Final = f"{_NARROW}, metadata"
_BREATH_SECONDS: Final = 0.001
"""Pause after each wake-up, so that a burst of appends makes a few of them."""
_OTHERS_SECONDS: Final = 0.1
"""How much later those are woken whom nothing of what happened concerns."""
_OTHERS_PAUSE_SECONDS: Final = 0.02
"""Pause between two of them: all at once would be in the way of those whom something does concern."""
AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
"""What is raised while the database is away."""
_PATIENCE_SECONDS: Final = 10.0
"""How long a read is tried again while the database is away; then its caller decides."""


def source_pool(url: str, *, size: int) -> ConnectionPool[Connection]:
    """Connections for reading the log of every workspace; closed by its user."""
    return ConnectionPool(
        conninfo(url, WORKER), kwargs={"autocommit": True}, min_size=1, max_size=size, open=True, timeout=10
    )


class PooledKeys:
    """Subject keys as a reader of the log sees them: of every workspace, never written."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def wrapped(self, subject: UUID) -> bytes | None:
        def read(connection: Connection) -> bytes | None:
            row = connection.execute("SELECT sealed FROM umt.subject_key WHERE subject = %s", (subject,)).fetchone()
            return bytes(row[0]) if row else None

        return patiently(self._pool, read)

    def store(self, subject: UUID, sealed: bytes) -> None:
        raise PermissionError("a reader of the log makes no keys")


class LogSource:
    """Implements `umt.projections.batches.EventSource` for any number of followers in one process."""

    def __init__(self, pool: ConnectionPool[Connection], cipher: PersonalCipher) -> None:
        self._pool = pool
        self._mapper = EventMapper(cipher, PooledKeys(pool))
        self._decoders = _Decoders(self._mapper)
        self._metadata = msgspec.json.Decoder(Metadata)
        self._recent = RecentEvents(self._newer)

    def borrow(self) -> AbstractContextManager[Connection]:
        """A connection in the worker's role for a moment."""
        return self._pool.connection()

    def forget(self) -> None:
        """Drop the events that are kept in memory."""
        self._recent.clear()

    def head(self) -> int:
        """The newest position; 0 while the log is empty."""
        return patiently(self._pool, _head)

    def page(
        self,
        after: int,
        limit: int,
        *,
        types: Sequence[str] = (),
        up_to: int | None = None,
        workspace: UUID | None = None,
        metadata: bool = True,
    ) -> Page:
        """At most ``limit`` events after a position: of these types, up to a position, of a workspace."""
        if up_to is None and workspace is None and (recent := self._recent.page(after, limit)):
            found, reached = recent
            wanted = frozenset(types)
            events = [e for e in found if _type(e) in wanted] if wanted else found
            return Page(events, reached, more=len(found) == limit)
        conditions, values = ["position > %s"], list[Any]([after])
        for condition, value in (
            ("type = ANY(%s)", list(types) or None),
            ("position <= %s", up_to),
            ("workspace = %s", workspace),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        query = _select(metadata, " AND ".join(conditions), limited=True)

        def full_page(connection: Connection) -> list[tuple[Any, ...]]:
            return connection.execute(query, (*values, limit), prepare=True, binary=True).fetchall()

        def last_page(connection: Connection) -> tuple[int, list[tuple[Any, ...]]]:
            # The head is read first: what is at or below it is visible to the statement after it.
            return _head(connection), full_page(connection)

        rows, head = patiently(self._pool, full_page), after
        if len(rows) < limit:
            head, rows = patiently(self._pool, last_page)
        more = len(rows) == limit
        if (fitting := _fitting(rows)) < len(rows):
            rows, more = rows[:fitting], True
        last = rows[-1][0] if rows else after
        reached = last if more else max(last, head if up_to is None else min(head, up_to))
        if not more and up_to is None and workspace is None:
            self._recent.begin(reached)
        return Page(self._decoded(rows), reached, more)

    def at(self, positions: Sequence[int], *, metadata: bool = True) -> list[Envelope | Undecoded]:
        """The events at these positions, in order."""
        query = _select(metadata, "position = ANY(%s)", limited=False)
        return self._decoded(self._rows(query, (list(positions),)))

    def earlier(
        self, identifier: UUID, *, before: int | None = None, types: Sequence[str] = ()
    ) -> Iterator[Envelope | Undecoded]:
        """A stream's events, of these types, before a position, in order."""
        query = _select(
            True,
            "stream = %s AND version > %s AND (%s::bigint IS NULL OR position < %s)"
            " AND (%s::text[] = '{}' OR type = ANY(%s))",
            limited=True,
            order="version",
        )
        version = 0
        while rows := self._rows(query, (identifier, version, before, before, list(types), list(types), _PAGE)):
            yield from self._decoded(rows)
            version = rows[-1][2]

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Recorded], int]:
        """A page for a follower that cannot go on without reading everything: `Unreadable` if it cannot."""
        page = self.page(after, limit, types=types)
        return [_readable(event) for event in page.events], page.position

    def stream(self, identifier: UUID) -> list[Recorded]:
        """All of a stream in order; `Unreadable` if one of its events is."""
        return [_readable(event) for event in self.earlier(identifier)]

    def _newer(self, after: int, limit: int) -> tuple[list[Envelope | Undecoded], int, bool]:
        query = _select(True, "position > %s", limited=True)
        rows = self._rows(query, (after, limit))
        if len(rows) == limit or _fitting(rows) < len(rows):
            return [], after, True
        events = self._decoded(rows)
        return events, events[-1].position if events else after, False

    def _rows(self, query: bytes, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return patiently(
            self._pool, lambda connection: connection.execute(query, values, prepare=True, binary=True).fetchall()
        )

    def _decoded(self, rows: list[tuple[Any, ...]]) -> list[Envelope | Undecoded]:
        try:
            return self._all_decoded(rows)
        except AWAY:
            raise
        except Exception:
            return [self._one_decoded(row) for row in rows]

    def _all_decoded(self, rows: list[tuple[Any, ...]]) -> list[Envelope | Undecoded]:
        decoders, metadata_of = self._decoders, self._metadata.decode
        if rows and len(rows[0]) == 8:
            return [
                Envelope(position, stream, version, workspace, recorded_at, decoders[name, schema](body))
                for position, stream, version, workspace, recorded_at, name, schema, body in rows
            ]
        return [
            Recorded(
                position,
                stream,
                version,
                workspace,
                recorded_at,
                decoders[name, schema](body),
                metadata_of(metadata),
            )
            for position, stream, version, workspace, recorded_at, name, schema, body, metadata in rows
        ]

    def _one_decoded(self, row: tuple[Any, ...]) -> Envelope | Undecoded:
        try:
            return self._all_decoded([row])[0]
        except AWAY:
            raise
        except Unreadable as error:
            reason = error
        except Exception as error:  # of an upcaster, or a rule that a value of today breaks
            reason = Unreadable(row[0], row[5], f"{type(error).__name__}: {error}")
        position, stream, version, workspace, recorded_at, type_name, *_ = row
        return Undecoded(position, stream, version, workspace, recorded_at, type_name, reason)


class _Decoders(dict[tuple[str, int], Callable[[bytes], Event]]):
    """How the body of a type's schema version is decoded."""

    def __init__(self, mapper: EventMapper) -> None:
        super().__init__()
        self._mapper = mapper

    def __missing__(self, key: tuple[str, int]) -> Callable[[bytes], Event]:
        decode = self._mapper.decoder(*key)
        if key[1] == EVENT_TYPES[key[0]].schema_version:
            self[key] = decode  # an upcast one is looked up each time: upcasters may be registered late
        return decode


class LogSignal:
    """Listens for appends on one connection and wakes whom they concern, and some time later everybody else; a poll is
    everybody's safety net.

    It listens from the first wait on: a process where nobody waits has no cost of it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._newest, self._since = 0, 0
        """The newest event that was heard of, and the one from which on their types are known."""
        self._newest_of: dict[str, int] = {}
        """The newest event of each type, of those since the listening began."""
        self._waiters: set[_Waiter] = set()
        self._others_at: float | None = None
        """When the next one is woken whom nothing of what happened concerns: its checkpoint passes it."""
        self._thread = threading.Thread(target=self._listen, name="log-signal", daemon=True)
        self._listens = False

    def wait(self, after: int, timeout: float, types: Collection[str] | None = None) -> bool:
        """Until an append past the position is heard of, of one of these types (None: of any), or of another one a while
        ago; False when the time is over before."""
        waiter = _Waiter(after, types, threading.Event())
        with self._lock:
            if not self._listens:
                self._listens = True
                self._thread.start()
            if self._stop.is_set() or self._concerns(waiter):
                return True
            self._waiters.add(waiter)
            if self._newest > after:
                self._others_at = self._others_at or time.monotonic() + _OTHERS_SECONDS
        try:
            waiter.woken.wait(timeout)
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        return self._stop.is_set() or self._newest > after

    def close(self) -> None:
        self._stop.set()
        with self._lock:
            for waiter in self._waiters:
                waiter.woken.set()
            listened, self._listens = self._listens, True
        if listened:
            self._thread.join(timeout=5)

    def _listen(self) -> None:
        pause = 0.1
        while not self._stop.is_set():
            try:
                with connect(self._url, WORKER, application="umt log signal") as connection:
                    connection.execute("LISTEN umt_log")
                    self._begin(_head(connection))  # what was appended while nobody listened
                    pause = 0.1
                    while not self._stop.is_set():
                        # What a notification says is not believed: any login may send one. The log is asked.
                        # (All are taken first: the connection is locked while its notifications are read.)
                        if list(connection.notifies(timeout=self._patience(), stop_after=1)):
                            self._tell(connection.execute(_NEWEST, (self._newest,)).fetchall())
                            self._stop.wait(_BREATH_SECONDS)
                        self._wake_another()
            except Exception as error:
                log.warning("listening for appends stopped: %s; trying again in %.1f s", error, pause)
                self._stop.wait(pause)
                pause = min(pause * 2, 5)

    def _begin(self, newest: int) -> None:
        with self._lock:
            self._newest = self._since = newest
            self._newest_of.clear()
            self._wake()

    def _tell(self, newest_of: Iterable[tuple[str, int]]) -> None:
        with self._lock:
            for type_name, position in newest_of:
                self._newest_of[type_name] = position
                self._newest = max(self._newest, position)
            self._others_at = self._others_at or time.monotonic() + _OTHERS_SECONDS
            self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if self._concerns(waiter):
                waiter.woken.set()

    def _patience(self) -> float:
        """Seconds that are left until another one is woken whom nothing of what happened concerns."""
        return 0.5 if self._others_at is None else max(0.0, self._others_at - time.monotonic())

    def _wake_another(self) -> None:
        """One of those whom nothing of what happened concerns: who has waited for the longest part of the log."""
        with self._lock:
            if self._others_at is None or time.monotonic() < self._others_at:
                return
            behind = [each for each in self._waiters if each.after < self._newest and not each.woken.is_set()]
            if behind:
                min(behind, key=lambda each: each.after).woken.set()
            self._others_at = time.monotonic() + _OTHERS_PAUSE_SECONDS if len(behind) > 1 else None

    def _concerns(self, waiter: _Waiter) -> bool:
        after = waiter.after
        if self._newest <= after:
            return False
        types = waiter.types
        return types is None or self._since > after or any(self._newest_of.get(each, 0) > after for each in types)


class _Waiter(NamedTuple):
    """Who waits for events past a position, of some types or of any."""

    after: int
    types: Collection[str] | None
    woken: threading.Event


def patiently(pool: ConnectionPool[Connection], read: Callable[[Connection], T]) -> T:
    """Read on a connection of the pool, again with growing pauses while the database is away."""
    pause, deadline = 0.05, time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with pool.connection() as connection:
                return read(connection)
        except AWAY:
            if time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


_NEWEST: Final = "SELECT type, max(position) FROM umt.event WHERE position > %s GROUP BY type"


def _head(connection: Connection) -> int:
    row = connection.execute("SELECT max(position) FROM umt.event").fetchone()
    return (row and row[0]) or 0


def _select(metadata: bool, where: str, *, limited: bool, order: str = "position") -> bytes:
    columns = _FULL if metadata else _NARROW
    tail = " LIMIT %s" if limited else ""
    return f"SELECT {columns} FROM umt.event WHERE {where} ORDER BY {order}{tail}".encode()  # noqa: S608


def _fitting(rows: Sequence[tuple[Any, ...]]) -> int:
    """How many of the rows a page holds: at least one."""
    if sum([len(row[7]) for row in rows]) <= _PAGE_BYTES:
        return len(rows)
    sizes = accumulate(len(row[7]) for row in rows)
    return max(1, sum(1 for _ in takewhile(lambda total: total <= _PAGE_BYTES, sizes)))


def _type(event: Envelope | Undecoded) -> str:
    return event.type_name if isinstance(event, Undecoded) else event.event.type_name


def _readable(event: Envelope | Undecoded) -> Recorded:
    if isinstance(event, Undecoded):
        raise event.error
    assert isinstance(event, Recorded)
    return event
