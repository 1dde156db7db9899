"""The append to the log in PostgreSQL: one call of our own function, under our own lock.

The stored event is the library's; the table, the gapless positions and the append are ours, because the stock insert needs
a table lock and knows neither workspace nor metadata. Followers read by `umt.adapters.postgres.source`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from weakref import WeakSet

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from umt.adapters.postgres.binary_arrays import byteas, integers, smallints, texts, uuids

COLUMNS = "position, stream, version, workspace, type, recorded_at, metadata, body"


@dataclass(frozen=True)
class NewEvent(StoredEvent):
    """An event about to be stored: the library's four fields, its tenant, its metadata and its schema's version."""

    workspace: UUID
    metadata: bytes
    schema_version: int = 1


@dataclass(slots=True)
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
    """Where a batch landed: its events are at ``base`` + 1 and onwards. By the number of its ``transaction``,
    `pg_xact_status` knows later what became of it."""

    base: int
    transaction: str


class AppendRefused(Exception):
    """The log does not take the batch; nothing of it was appended."""


class Raced(AppendRefused):
    """Somebody else appended to the stream in the meantime: the version exists already. Without a stream the server
    did not say which of the batch's it was."""

    def __init__(self, stream: UUID | None = None, version: int = 0) -> None:
        self.stream, self.version = stream, version
        super().__init__(f"stream {stream} has version {version} already" if stream else "a version exists already")


class CommandRepeated(AppendRefused):
    """A command of the batch was accepted before."""


class NameRaced(AppendRefused):
    """Somebody else holds a name that the batch takes."""


class ForeignStream(AppendRefused):
    """The stream belongs to another workspace, or its versions would have a gap before this one."""

    def __init__(self, stream: UUID, version: int) -> None:
        self.stream, self.version = stream, version
        super().__init__(f"stream {stream} cannot be continued at version {version} from this workspace")


class Batch:
    """What is appended together: events column by column, commands, names, and the versions that were read."""

    def __init__(self) -> None:
        self.workspaces: list[UUID] = []
        self.streams: list[UUID] = []
        self.versions: list[int] = []
        self.types: list[str] = []
        self.schema_versions: list[int] = []
        self.metadata: list[bytes] = []
        self.bodies: list[bytes] = []
        self.commands: list[CommandRecord] = []
        self.reads: dict[tuple[UUID, UUID], int] = {}
        """(workspace, stream) → the version at which it was read, which must be its newest."""
        self.names: dict[tuple[UUID, str, UUID], str | None] = {}
        """(workspace, kind, stream) → the name that it holds from now on."""
        self.bound: set[UUID] = set()
        """The workspaces on whose behalf it is appended; the server refuses what is of any other."""

    def __len__(self) -> int:
        return len(self.streams)

    @classmethod
    def of(cls, events: Sequence[NewEvent], commands: Sequence[CommandRecord] = ()) -> Batch:
        """A batch of ready events, of whatever workspaces they are."""
        batch = cls()
        batch.workspaces = [event.workspace for event in events]
        batch.bound = {*batch.workspaces, *(command.workspace for command in commands)}
        batch.streams = [UUID(str(event.originator_id)) for event in events]
        batch.versions = [event.originator_version for event in events]
        batch.types = [event.topic for event in events]
        batch.schema_versions = [event.schema_version for event in events]
        batch.metadata = [event.metadata for event in events]
        batch.bodies = [event.state for event in events]
        batch.commands = list(commands)
        return batch

    def extend(self, other: Batch) -> None:
        """Add the other's events after these, and their workspaces; nothing else of it."""
        self.bound |= other.bound
        self.workspaces += other.workspaces
        self.streams += other.streams
        self.versions += other.versions
        self.types += other.types
        self.schema_versions += other.schema_versions
        self.metadata += other.metadata
        self.bodies += other.bodies

    def parameters(self) -> tuple[bytes, ...]:
        """What `umt.append` takes, in its order, and the workspaces that it is bound to."""
        return (
            uuids(self.workspaces),
            uuids(self.streams),
            integers(self.versions),
            texts(self.types),
            smallints(self.schema_versions),
            byteas(self.metadata),
            byteas(self.bodies),
            *(self._reads() if self.reads else _NO_READS),
            *(self._commands() if self.commands else _NO_COMMANDS),
            *(self._names() if self.names else _NO_NAMES),
            ",".join(map(str, self.bound)).encode(),
        )

    def _reads(self) -> tuple[bytes, ...]:
        return (
            uuids(workspace for workspace, _ in self.reads),
            uuids(stream for _, stream in self.reads),
            integers(self.reads.values()),
        )

    def _commands(self) -> tuple[bytes, ...]:
        return (
            uuids(command.workspace for command in self.commands),
            texts(command.actor for command in self.commands),
            texts(command.command_id for command in self.commands),
            byteas(command.request_hash for command in self.commands),
            uuids(command.subject for command in self.commands),
            integers(command.first for command in self.commands),
            integers(command.count for command in self.commands),
        )

    def _names(self) -> tuple[bytes, ...]:
        return (
            uuids(workspace for workspace, _, _ in self.names),
            texts(kind for _, kind, _ in self.names),
            uuids(stream for _, _, stream in self.names),
            texts(self.names.values()),
        )


_NO_READS = (uuids(()), uuids(()), integers(()))
_NO_COMMANDS = (uuids(()), texts(()), texts(()), byteas(()), uuids(()), integers(()), integers(()))
_NO_NAMES = (uuids(()), texts(()), uuids(()), texts(()))

_APPEND: Final = (
    # That it reads what was bound has the server bind first.
    b"SELECT base, pg_current_xact_id()::text FROM (SELECT set_config('umt.appending', $22, true) AS workspaces) AS bound,"
    b" umt.append(CASE WHEN bound.workspaces IS NOT NULL THEN $1::uuid[] END,"
    b" $2::uuid[], $3::int[], $4::text[], $5::smallint[], $6::bytea[], $7::bytea[],"
    b" $8::uuid[], $9::uuid[], $10::int[],"
    b" $11::uuid[], $12::text[], $13::text[], $14::bytea[], $15::uuid[], $16::int[], $17::int[],"
    b" $18::uuid[], $19::text[], $20::uuid[], $21::text[])"
)
_STATEMENT: Final = b"umt_append"
_BINARY: Final = [Format.BINARY] * 22
_PREPARED: WeakSet[psycopg.Connection[Any]] = WeakSet()
_STREAM_AND_VERSION: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\D+(\d+)")


def append(
    connection: psycopg.Connection[Any], events: Sequence[NewEvent], commands: Sequence[CommandRecord] = ()
) -> Appended:
    """Append in the caller's transaction, in one call. The log's lock is held until that transaction ends."""
    return append_batch(connection, Batch.of(events, commands))


def append_batch(connection: psycopg.Connection[Any], batch: Batch, *, prepared: bool = False) -> Appended:
    """Append in one call; in autocommit mode that is all the transaction. `AppendRefused` says what was in the way.

    The call goes straight to libpq: psycopg's own way to it costs twice the time of the rest. With ``prepared`` the
    statement is kept by the connection, which must then never be rolled back by psycopg: that drops what is prepared.
    """
    if not connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
        connection.execute("SELECT")  # psycopg begins the transaction
    try:
        with connection.lock:
            result = _executed(connection, batch, prepared=prepared)
    except psycopg.errors.UniqueViolation as error:
        match error.diag.constraint_name:
            case "command_pkey":
                raise CommandRepeated from error
            case "reservation_pkey":
                raise NameRaced from error
        # Row security keeps the key out of the server's message.
        only = len(set(batch.streams)) == 1
        raise (Raced(batch.streams[0], batch.versions[0]) if only else Raced()) from error
    except psycopg.DatabaseError as error:
        if error.sqlstate == "UM001":
            raise ForeignStream(*_named(error)) from error
        if error.sqlstate == "UM002":
            stream, read = _named(error)
            raise Raced(stream, read + 1) from error
        raise
    base, transaction = result.get_value(0, 0), result.get_value(0, 1)
    assert base is not None
    assert transaction is not None
    return Appended(int.from_bytes(base, "big"), transaction.decode())


def _named(error: psycopg.Error) -> tuple[UUID, int]:
    """The stream and the version in the message of `umt.append`."""
    named = _STREAM_AND_VERSION.search(error.diag.message_primary or "")
    assert named
    return UUID(named[1]), int(named[2])


def _executed(connection: psycopg.Connection[Any], batch: Batch, *, prepared: bool) -> PGresult:
    server, parameters = connection.pgconn, batch.parameters()
    if not prepared:
        return _checked(connection, server.exec_params(_APPEND, parameters, None, _BINARY, Format.BINARY))
    if connection not in _PREPARED:
        _checked(connection, server.prepare(_STATEMENT, _APPEND))
        _PREPARED.add(connection)
    return _checked(connection, server.exec_prepared(_STATEMENT, parameters, _BINARY, Format.BINARY))


def _checked(connection: psycopg.Connection[Any], result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    if connection.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(f"the connection was lost: {result.get_error_message()}")
    raise psycopg.errors.error_from_result(result)
