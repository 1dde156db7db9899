"""The log in PostgreSQL: the library's recorder on our table, our append function and our lock.

The library gives the contract (stored events, notifications in one order, subscription); the table, the gapless positions
and the append are ours, because the stock insert needs a table lock and knows neither workspace nor metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import InterfaceError, Notification, OperationalError, StoredEvent
from eventsourcing.postgres import ConnectionPool, PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import retry
from psycopg.rows import dict_row, tuple_row

from umt.adapters.postgres.database import conninfo

T = TypeVar("T")

COLUMNS = "position, stream, version, workspace, type, recorded_at, metadata, body"


@dataclass(frozen=True)
class NewEvent(StoredEvent):
    """An event about to be stored: the library's four fields, its tenant and its metadata."""

    workspace: UUID
    metadata: bytes


@dataclass(frozen=True)
class LoggedEvent(Notification):
    """A stored event with its position, its tenant and its metadata."""

    workspace: UUID
    recorded_at: datetime
    metadata: bytes


@dataclass(frozen=True)
class CommandRecord:
    """A command's idempotency row. ``first`` is the place of its first event in the batch, from 0."""

    workspace: UUID
    actor: str
    command_id: str
    request_hash: bytes
    subject: UUID | None
    first: int
    count: int


@dataclass(frozen=True)
class Appended:
    """Where a batch landed: its events are at ``base`` + 1 and onwards."""

    base: int
    recorded_at: datetime


class Raced(Exception):
    """Somebody else appended to the stream, or accepted the same command, in the meantime."""

    def __init__(self, stream: UUID | str, version: int) -> None:
        self.stream, self.version = stream, version
        super().__init__(f"stream {stream} has version {version} already")


class ForeignStream(Exception):
    """The stream belongs to another workspace, or its versions would have a gap."""


def append(
    connection: psycopg.Connection[Any], events: Sequence[NewEvent], commands: Sequence[CommandRecord] = ()
) -> Appended:
    """Append in the caller's transaction, in one call. The log's lock is held until that transaction ends."""
    try:
        row = (
            connection.cursor(row_factory=tuple_row)
            .execute(
                "SELECT base, appended_at FROM umt.append(%b::uuid[], %b::uuid[], %b::int[], %b::text[], %b::bytea[],"
                " %b::bytea[], %b::uuid[], %b::text[], %b::text[], %b::bytea[], %b::uuid[], %b::int[], %b::int[])",
                (
                    [e.workspace for e in events],
                    [e.originator_id for e in events],
                    [e.originator_version for e in events],
                    [e.topic for e in events],
                    [e.metadata for e in events],
                    [e.state for e in events],
                    [c.workspace for c in commands],
                    [c.actor for c in commands],
                    [c.command_id for c in commands],
                    [c.request_hash for c in commands],
                    [c.subject for c in commands],
                    [c.first for c in commands],
                    [c.count for c in commands],
                ),
                prepare=True,
            )
            .fetchone()
        )
    except psycopg.errors.UniqueViolation as error:
        first = events[0] if events else None
        raise Raced(first.originator_id if first else UUID(int=0), first.originator_version if first else 0) from error
    except psycopg.DatabaseError as error:
        if error.sqlstate == "UM001":
            raise ForeignStream(error.diag.message_primary) from error
        raise
    assert row is not None
    return Appended(base=row[0], recorded_at=row[1])


def _patiently(read: Callable[[], T]) -> T:
    """A read again after a connection was lost, as the library's recorders do."""
    again: Callable[[Callable[[], T]], Callable[[], T]] = retry(
        (InterfaceError, OperationalError), max_attempts=10, wait=0.2
    )
    return again(read)()


class LogDatastore(PostgresDatastore):
    """The library's datastore for a libpq URL and a role."""

    def __init__(self, url: str, role: str, *, size: int) -> None:
        super().__init__("", "", "", "", "", schema="umt", pool_size=1)
        self.pool = ConnectionPool(
            conninfo(url, role),
            kwargs={"row_factory": dict_row},
            min_size=1,
            max_size=size,
            open=False,
            configure=self.after_connect_func(),
            timeout=10,
        )
        # Opened once here: the library opens it at first use, which several threads do at the same moment.
        self.pool.open()


class EventLog(PostgresApplicationRecorder):
    """Reads the log in its global order and by stream; appends in a transaction of its own."""

    def __init__(self, datastore: LogDatastore) -> None:
        super().__init__(datastore, events_table_name="event")
        self.channel_name = "umt_log"
        self.sql_create_statements = []

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append `NewEvent`\\ s; the answer is their positions."""
        events = [event for event in stored_events if isinstance(event, NewEvent)]
        if len(events) < len(stored_events):
            raise TypeError("an event of this log has a workspace and metadata: give NewEvent")
        with self.datastore.get_connection() as connection, connection.transaction():
            base = append(connection, events).base
        return range(base + 1, base + 1 + len(events))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[LoggedEvent]:
        """A stream's events by version."""
        return self._select(
            "stream = %s AND version > %s AND version <= %s",
            (originator_id, gt or 0, lte if lte is not None else 2**31 - 1),
            "version DESC" if desc else "version",
            limit,
        )

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[LoggedEvent]:
        """The log's events by position, from ``start``."""
        after = (start or 0) - (1 if inclusive_of_start else 0)
        return self._select(
            "position > %s AND position <= %s AND (%s::text[] = '{}' OR type = ANY(%s::text[]))",
            (after, stop if stop is not None else 2**63 - 1, list(topics), list(topics)),
            "position",
            limit,
        )

    def max_notification_id(self) -> int | None:
        """The position of the newest event; None while there is none."""
        return _patiently(self._newest)

    def _newest(self) -> int | None:
        with self.datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute("SELECT max(position) FROM umt.event").fetchone()
            return row[0] if row else None

    def _select(self, where: str, values: Sequence[Any], order: str, limit: int | None) -> list[LoggedEvent]:
        return _patiently(lambda: self._selected(where, values, order, limit))

    def _selected(self, where: str, values: Sequence[Any], order: str, limit: int | None) -> list[LoggedEvent]:
        query = f"SELECT {COLUMNS} FROM umt.event WHERE {where} ORDER BY {order} LIMIT %s"  # noqa: S608
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            cursor.execute(query, (*values, limit), prepare=True)
            return [
                LoggedEvent(
                    originator_id=stream,
                    originator_version=version,
                    topic=type_name,
                    state=body,
                    id=position,
                    workspace=workspace,
                    recorded_at=recorded_at,
                    metadata=metadata,
                )
                for position, stream, version, workspace, type_name, recorded_at, metadata, body in cursor
            ]
