"""The one writer of a process: a thread with one connection that commits what waits, a group of commands at a time.

A group that the database refuses (another process was first, a name is taken, a row is impossible) was not committed:
each of its commands is done again alone, so that only the one at fault fails. A lost connection is made again. What
became of a lost answer to COMMIT is told by the commands' idempotency rows, and for other work by the number of its
transaction.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Final
from uuid import UUID

import psycopg

from umt.adapters.postgres import snapshots
from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.group import Desk, Group, GroupEnds, GroupKeys, Submitted, known_outcome, refusal
from umt.adapters.postgres.log import AppendRefused, CommandRepeated, ForeignStream, Raced
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.session import Session, is_idle
from umt.adapters.postgres.stream_cache import Key, Known, StreamCache
from umt.adapters.postgres.transaction import PostgresTransaction
from umt.adapters.vault import PersonalCipher, Vault
from umt.application.dispatch import CommandKey
from umt.application.errors import Unavailable
from umt.application.ports import Clock
from umt.application.transaction import Context, Outcome, Transaction
from umt.domain.errors import NotFound, VersionConflict
from umt.domain.event import Event

log = logging.getLogger(__name__)

ATTEMPTS: Final = 8
LOCK_SECONDS: Final = 5
"""Longest wait for the log's lock; after the second one the caller is told to try again."""
GROUP: Final = 64
"""Most commands that share a commit."""
_LOCKED_FROM: Final = 3
"""The attempt that takes the log's lock before it reads, so that it cannot lose a race as the earlier ones did."""
_LOCK_WAITS: Final = 2
_MOST_DUE: Final = 100
_STOPPED: Final = "This process is stopping; try again in a moment."


class PostgresWriter:
    """Implements `umt.application.transaction.Writer`."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        vault: Vault,
        cipher: PersonalCipher,
        defer: Callable[..., None],
        capacity: int = 1000,
    ) -> None:
        keys = GroupKeys()
        self._url, self._capacity = url, capacity
        self._cache = StreamCache()
        self._desk = Desk(clock, vault, cipher, EventMapper(cipher, keys), keys, self._cache, defer)
        self._queue: queue.SimpleQueue[Submitted | None] = queue.SimpleQueue()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._due: OrderedDict[Key, Known] = OrderedDict()
        self._due_lock = threading.Lock()
        self._snapshot_keys = snapshots.BoundKeys()
        self._snapshot_mapper = EventMapper(cipher, self._snapshot_keys)
        self._closing = False
        self._open = True
        self._opening = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def execute(self, context: Context, work: Callable[[Transaction], None], key: CommandKey | None) -> Future[Outcome]:
        return self._submit(Submitted(context, work, key, command=True))

    def run(self, context: Context, work: Callable[[Transaction], Any]) -> Future[Any]:
        return self._submit(Submitted(context, work, None, command=False))

    def append(self, context: Context, streams: Iterable[tuple[UUID, int, Sequence[Event]]]) -> Future[Outcome]:
        """Append to many streams in one transaction, without reading or folding them: (stream, newest version, events).

        For imports in bulk. The events are taken as they are; a version that is not the newest is a VersionConflict,
        and a stream that is not this workspace's NotFound.
        """

        def work(tx: Transaction) -> None:
            assert isinstance(tx, PostgresTransaction)
            for stream, version, events in given:
                tx.append(stream, version, events)

        given = list(streams)
        after = {stream: version for stream, version, _ in reversed(given)}
        return self._submit(Submitted(context, work, None, command=True, after=after))

    def forget(self, workspace: UUID | None = None) -> None:
        """Drop what is kept in memory of a workspace's streams, or of all."""
        self._cache.clear(workspace)
        with self._due_lock:
            for key in [key for key in self._due if workspace in (None, key[0])]:
                del self._due[key]

    def close(self) -> None:
        """Finish what was submitted, then stop. What is submitted from now on is refused as Unavailable, and so is
        what waits still when that takes longer than 30 seconds."""
        with self._opening:
            if self._open:
                self._open = False
                self._queue.put(None)
        self._thread.join(timeout=30)
        self._refuse_what_waits(())
        self._queue.put(None)

    def _submit(self, item: Submitted) -> Future[Any]:
        with self._opening:
            if not self._open:
                raise Unavailable(_STOPPED)
            if self._queue.qsize() >= self._capacity:
                raise Unavailable("Too many commands are waiting; try again in a moment.")
            self._queue.put(item)
        return item.result

    def _loop(self) -> None:
        waiting: deque[Submitted] = deque()
        try:
            while not self._closing:
                if self._due and self._queue.empty():
                    self._take_snapshot()
                    continue
                self._fill(waiting)
                while waiting:
                    self._work_off(waiting, GROUP)
        finally:
            with self._opening:
                self._open = False
            self._refuse_what_waits(waiting)
            self._drop_connection()

    def _refuse_what_waits(self, taken: Iterable[Submitted]) -> None:
        """Nobody waits for an answer that never comes."""
        for item in taken:
            item.result.set_exception(Unavailable(_STOPPED))
        while True:
            try:
                waits = self._queue.get_nowait()
            except queue.Empty:
                return
            if waits and waits.result.set_running_or_notify_cancel():
                waits.result.set_exception(Unavailable(_STOPPED))

    def _fill(self, waiting: deque[Submitted]) -> None:
        """Wait for something to do, and take what else is there."""
        item = self._queue.get()
        while item is not None:
            if item.result.set_running_or_notify_cancel():
                waiting.append(item)
            if len(waiting) >= GROUP:
                return
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
        self._closing = True

    def _work_off(self, waiting: deque[Submitted], most: int, *, sure: bool = False) -> None:
        """Do the first of what waits, at most so many, and tell their results."""
        answers: list[tuple[Submitted, Any]] = []
        waits = 0
        for attempt in range(1, ATTEMPTS + 1):
            taken = [waiting[0]]
            try:
                answers = self._once(waiting, most, taken, sure=sure, locked=sure and attempt >= _LOCKED_FROM)
                break
            except BaseException as error:
                passes = _may_pass(error)
                if passes:
                    self._drop_connection()
                elif len(taken) > 1:
                    for _ in taken:
                        self._work_off(waiting, 1, sure=True)
                    return
                waits += isinstance(error, psycopg.errors.LockNotAvailable)
                last = attempt == ATTEMPTS or waits == _LOCK_WAITS
                if last or not (passes or isinstance(error, AppendRefused)):
                    told = _told(error, passes)
                    answers = [(item, told) for item in taken]
                    break
                if passes:
                    time.sleep(min(0.05 * 2**attempt, 2))
                else:
                    sure = True
        for item, answer in answers:
            waiting.popleft()
            if isinstance(answer, BaseException):
                item.result.set_exception(answer)
            else:
                item.result.set_result(answer)

    def _once(
        self, waiting: Sequence[Submitted], most: int, taken: list[Submitted], *, sure: bool, locked: bool
    ) -> list[tuple[Submitted, Any]]:
        session = Session(self._connected(), locked=locked)
        if self._was_committed(waiting[0]):
            return [(waiting[0], waiting[0].answer)]
        group = Group(session, self._desk, sure=sure)
        try:
            group.take(waiting[0])
            for item in list(waiting)[1:most]:
                if item.number is not None:
                    break  # it may be done already, which is asked when its turn comes
                taken.append(item)
                try:
                    group.take(item)
                except GroupEnds:
                    taken.pop()
                    break
            answers = group.commit()
        except BaseException as error:
            group.abandon()
            session.rollback()
            item = waiting[0]
            if len(taken) == 1 and isinstance(error, CommandRepeated) and item.key:
                known = known_outcome(session, item.context, item.key)
                if known:
                    return [(item, known)]
            if item.after is not None and isinstance(error, (Raced, ForeignStream)):
                raise refusal(session, item.context, item.after, error) from error
            raise
        finally:
            session.rollback()
            self._desk.keys.group = None  # nothing of what it decided on stays in memory
        with self._due_lock:
            for key, known_stream in group.long_streams(snapshots.EVERY):
                self._due[key] = known_stream
                if len(self._due) > _MOST_DUE:
                    self._due.popitem(last=False)
        return answers

    def _was_committed(self, item: Submitted) -> bool:
        """Whether an earlier attempt at work without a key was committed and only its answer was lost."""
        if item.number is None:
            return False
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            row = self._connected().execute("SELECT pg_xact_status(%s::text::xid8)", (item.number,)).fetchone()
            status = row[0] if row else None
            if status != "in progress":
                return status == "committed"
            if time.monotonic() > deadline:
                raise psycopg.OperationalError("the server still works on a transaction whose connection was lost")
            time.sleep(0.01)

    def _take_snapshot(self) -> None:
        """Keep the state of one long stream, while nobody waits. It is only a cache: a failure costs nothing."""
        with self._due_lock:
            if not self._due:
                return
            key, known = self._due.popitem()
        workspace, stream = key
        try:
            self._snapshot_keys.connection = self._connected()
            snapshots.keep(self._snapshot_keys.connection, self._snapshot_mapper, workspace, stream, known)
        except Exception as error:
            log.warning("no snapshot of stream %s at version %d: %s", stream, known.version, error)
            self._drop_connection()
        # Also after a failure the next one is tried only as many events later.
        cached = self._cache.get(key)
        if cached:
            self._cache.put(key, cached._replace(snapshot=known.version))

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection and not self._connection.closed and not is_idle(self._connection):
            log.error("a transaction was left open on the writer's connection; it is dropped")
            self._drop_connection()
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, APP)
            self._connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            # Plans are kept for the session, and may be made while the log is empty: they look up, whatever its size.
            self._connection.execute("SET enable_seqscan = off")
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _may_pass(error: BaseException) -> bool:
    """Whether it was the connection, the server's state or a race; not what was asked of it."""
    if isinstance(error, psycopg.errors.InvalidSqlStatementName):
        return True  # the server, or a pooler before it, has forgotten what was prepared
    if not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return False
    return error.sqlstate is None or error.sqlstate[:2] in ("08", "25", "40", "53", "55", "57")


def _told(error: BaseException, passes: bool) -> BaseException:
    """What the caller hears after the last attempt."""
    told: BaseException = error
    if isinstance(error, psycopg.errors.LockNotAvailable):
        told = Unavailable("Others hold the log; try again in a moment.")
    elif passes:
        told = Unavailable("The database cannot be reached; try again in a moment.")
    elif isinstance(error, Raced) and error.stream:
        told = VersionConflict(error.stream, expected=error.version - 1, actual=error.version)
    elif isinstance(error, ForeignStream):
        told = NotFound("stream", error.stream)
    elif isinstance(error, AppendRefused):
        told = Unavailable("Others changed the same things again and again; try again in a moment.")
    told.__cause__ = None if told is error else error
    return told
