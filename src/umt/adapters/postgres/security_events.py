"""Security events on their way into the database: noted at once, written soon, never waited for.

Alike events (kind, workspace, actor, address, detail) of one minute are one row with a count, whichever process saw them,
so a flood of refusals is a few rows. (A count is one too high when the answer to a commit was lost.) What waits is bounded: while the database is away it is kept up to `MOST_WAITING`
rows; what does not fit is counted, and said as an event of its own and in the process's log.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from msgspec.structs import replace
from psycopg import sql

from umt.adapters.postgres.listing import Listing
from umt.application.lists import Between, Order
from umt.application.security_events import NotedEvent, SecurityEvent, SecurityEventKind, Wanted

log = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000
"""Rows that wait to be written at most."""

LONGEST_TEXT: Final = 200
"""Characters of a text that are kept."""

_EVERY_SECONDS: Final = 0.2
_AWAY_SECONDS: Final = 2.0
_PAGE: Final = 1000

_NOTED: Final = sql.Identifier("umt", "security_event")
_SHOWN: Final = sql.SQL("id, workspace, kind, actor, address, detail, count, first_at, last_at")
_NOTE: Final = (
    "SELECT umt.note_security_events(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],"
    " %s::bigint[], %s::timestamptz[], %s::timestamptz[])"
)


class _Alike(NamedTuple):
    minute: int
    event: SecurityEvent


class _Times(msgspec.Struct):
    count: int
    first: datetime
    last: datetime


class PostgresSecurityLog:
    """Implements `umt.application.security_events.SecurityLog`.

    ``connect`` gives a connection in the application's role, ``fingerprint`` a keyed hash.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        fingerprint: Callable[[str], bytes],
        most_waiting: int = MOST_WAITING,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._connect, self._fingerprint, self._most, self._now = connect, fingerprint, most_waiting, now
        self._lock = threading.Lock()
        self._waiting: dict[_Alike, _Times] = {}
        self._dropped = 0
        self._away = False
        self._connection: psycopg.Connection[Any] | None = None
        self._writing = threading.Lock()
        self._closing = threading.Event()
        self._some = threading.Event()
        self._thread = threading.Thread(target=self._run, name="security events", daemon=True)
        self._thread.start()

    def record(self, event: SecurityEvent) -> None:
        now = self._now()
        with self._lock:
            self._add(_alike(now, event), 1, now, now)
        self._some.set()

    def flush(self) -> None:
        """Write what waits now; psycopg.Error, and nothing is lost, when that cannot be."""
        with self._writing:
            self._write()

    def close(self) -> None:
        """Write what waits, once more, and stop."""
        self._closing.set()
        self._some.set()
        self._thread.join(timeout=10)
        try:
            self.flush()
        except psycopg.Error as error:
            log.error("%d security events could not be written: %s", len(self._waiting), type(error).__name__)
        with self._writing:
            self._disconnect()

    def _add(self, alike: _Alike, count: int, first: datetime, last: datetime) -> None:
        known = self._waiting.get(alike)
        if known:
            known.count += count
            known.first, known.last = min(known.first, first), max(known.last, last)
        elif len(self._waiting) < self._most:
            self._waiting[alike] = _Times(count, first, last)
        else:
            self._dropped += count

    def _run(self) -> None:
        while not self._closing.is_set():
            self._some.wait()
            self._closing.wait(_EVERY_SECONDS)
            self._some.clear()
            try:
                self.flush()
                self._away = False
            except Exception as error:
                if not self._away:
                    log.warning("security events wait for the database: %s", type(error).__name__)
                self._away = True
                self._some.set()
                self._closing.wait(_AWAY_SECONDS)

    def _write(self) -> None:
        with self._lock:
            taken, self._waiting = self._waiting, {}
            dropped, self._dropped = self._dropped, 0
        if dropped:
            now = self._now()
            said = SecurityEvent(kind=SecurityEventKind.EVENTS_DROPPED)
            taken[_alike(now, said)] = _Times(dropped, now, now)
            log.error("%d security events came faster than they could be written, and are only counted", dropped)
        rows = list(taken.items())
        try:
            while rows:
                self._note(rows[:_PAGE])
                del rows[:_PAGE]
        except BaseException:
            self._disconnect()
            with self._lock:
                for alike, times in rows:
                    self._add(alike, times.count, times.first, times.last)
            raise

    def _note(self, rows: Sequence[tuple[_Alike, _Times]]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        columns = zip(*(self._row(alike, times) for alike, times in rows), strict=True)
        self._connection.execute(_NOTE, [list(column) for column in columns])

    def _row(self, alike: _Alike, times: _Times) -> tuple[Any, ...]:
        event = alike.event
        return (
            UUID(bytes=self._fingerprint(f"security event {msgspec.json.encode(alike).decode()}")[:16]),
            event.workspace,
            event.kind.value,
            event.actor,
            event.address,
            event.detail,
            times.count,
            times.first,
            times.last,
        )

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _alike(now: datetime, event: SecurityEvent) -> _Alike:
    held = {name: _held(getattr(event, name)) for name in ("actor", "address", "detail")}
    return _Alike(int(now.timestamp() // 60), replace(event, **held))


def _held(text: str | None) -> str | None:
    """What the database can hold of a text."""
    return text and text[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()


def noted_events(wanted: Wanted, workspace: UUID | None = None) -> Listing:
    """Those that are wanted, newest first; of one workspace, or of all and of none."""
    where = {
        "workspace": workspace,
        "kind": wanted.kind and wanted.kind.value,
        "actor": wanted.actor if wanted.actors is None else list(wanted.actors),
        "first_at": Between(wanted.since, wanted.until, last_included=False),
    }
    given = {name: value for name, value in where.items() if value is not None}
    return Listing.of(_NOTED, given, Order(("first_at", "id"), descending=True), shown=_SHOWN)


def noted_event(row: Mapping[str, Any]) -> NotedEvent:
    """From a row of `noted_events`."""
    return NotedEvent(**{**row, "kind": SecurityEventKind(row["kind"])})
