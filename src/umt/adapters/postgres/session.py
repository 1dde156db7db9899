"""The writer's connection during one group: a transaction begins when somebody needs it, bound to whoever asks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from umt.adapters.postgres.log import Appended, Batch, append_batch

Connection = psycopg.Connection[tuple[Any, ...]]


class Session:
    """An autocommit connection that opens one transaction at the first need.

    Row security shows the rows of the bound workspace only, so every statement on rows asks for the connection
    `bound` to its own workspace; a group of commands may be of several. With ``locked`` the transaction begins with the
    log's lock, so that nothing moves between its reads and its append.
    """

    def __init__(self, connection: Connection, *, locked: bool = False) -> None:
        self.connection = connection
        self._begin = "BEGIN; SELECT pg_advisory_xact_lock(7311, 1); " if locked else "BEGIN; "
        self._open = False
        self._workspace: UUID | None = None

    def bound(self, workspace: UUID) -> Connection:
        """The connection in the open transaction, bound to the workspace."""
        if workspace != self._workspace:
            begin = "" if self._open else self._begin
            # A UUID has no other text than hexadecimal; parameters would need a round trip of their own after BEGIN.
            # nosemgrep: statement-of-parts
            self.connection.execute(f"{begin}SELECT set_config('umt.workspace', '{workspace}', true)")
            self._open, self._workspace = True, workspace
        return self.connection

    def append(self, batch: Batch) -> Appended:
        """Append, by itself or in what was begun."""
        return append_batch(self.connection, batch, prepared=True)

    def commit(self) -> None:
        """Commit what was begun, if anything was."""
        if self._open:
            ended = self.connection.execute("COMMIT").statusmessage
            self._open, self._workspace = False, None
            if ended != "COMMIT":
                raise psycopg.errors.InFailedSqlTransaction("a statement had failed: nothing was committed")

    def rollback(self) -> None:
        """Give up what was begun, if anything was: afterwards the connection is in no transaction, or closed."""
        self._open, self._workspace = False, None
        connection = self.connection
        if connection.closed or is_idle(connection):
            return
        with connection.lock, suppress(psycopg.Error):
            connection.pgconn.exec_(b"ROLLBACK")  # by psycopg, it would drop the prepared append
        if not is_idle(connection):
            connection.close()


def is_idle(connection: Connection) -> bool:
    """Whether the connection is in no transaction."""
    return connection.info.transaction_status == TransactionStatus.IDLE
