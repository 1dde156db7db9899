"""The one writer of a process: a thread with one connection that runs work in transactions, one after another.

A conflict (another process appended to the same stream first) or a lost connection runs the work again; a lost answer
to COMMIT is settled by the command's idempotency row, which the repeated work finds.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.log import ForeignStream, Raced
from umt.adapters.postgres.transaction import PostgresTransaction
from umt.adapters.vault import PersonalCipher, Vault
from umt.application.dispatch import CommandKey, IdempotencyConflict, Unavailable
from umt.application.ports import Clock
from umt.application.transaction import Context, Outcome, Transaction
from umt.domain.errors import DomainError, NotFound, VersionConflict

ATTEMPTS = 8
LOCK_SECONDS = 5
"""Longest wait for the log's lock; then the caller is told to try again."""


@dataclass
class _Item:
    context: Context
    work: Callable[[Transaction], Any]
    command: bool
    key: CommandKey | None
    result: Future[Any]


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
        self._url, self._clock, self._vault, self._cipher, self._defer = url, clock, vault, cipher, defer
        self._queue: queue.Queue[_Item | None] = queue.Queue(capacity)
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def execute(self, context: Context, work: Callable[[Transaction], None], key: CommandKey | None) -> Future[Outcome]:
        return self._submit(_Item(context, work, True, key, Future()))

    def run(self, context: Context, work: Callable[[Transaction], Any]) -> Future[Any]:
        return self._submit(_Item(context, work, False, None, Future()))

    def close(self) -> None:
        """Finish what was submitted, then stop."""
        self._queue.put(None)
        self._thread.join(timeout=30)

    def _submit(self, item: _Item) -> Future[Any]:
        try:
            self._queue.put_nowait(item)
        except queue.Full as error:
            raise Unavailable("Too many commands are waiting; try again in a moment.") from error
        return item.result

    def _loop(self) -> None:
        while (item := self._queue.get()) is not None:
            if not item.result.set_running_or_notify_cancel():
                continue
            try:
                item.result.set_result(self._attempted(item))
            except BaseException as error:
                item.result.set_exception(error)
        if self._connection:
            self._connection.close()

    def _attempted(self, item: _Item) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(item)
            except Raced as error:
                if attempt == ATTEMPTS:
                    raise VersionConflict(
                        UUID(str(error.stream)), expected=error.version - 1, actual=error.version
                    ) from error
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if not _may_pass(error):
                    raise
                self._drop_connection()
                if attempt == ATTEMPTS:
                    raise Unavailable("The database cannot be reached; try again in a moment.") from error
                time.sleep(min(0.05 * 2**attempt, 2))
        raise AssertionError("unreachable")

    def _once(self, item: _Item) -> Any:
        connection = self._connected()
        try:
            with connection.transaction():
                transaction = PostgresTransaction(
                    connection, item.context, self._clock.now(), self._vault, self._cipher, self._defer
                )
                if item.key and (known := self._known_outcome(connection, item.context, item.key)):
                    return known
                try:
                    result = item.work(transaction)
                except DomainError:
                    # Perhaps refused only because the same command was accepted elsewhere a moment ago.
                    if item.key and (known := self._known_outcome(connection, item.context, item.key)):
                        return known
                    raise
                if not item.command and transaction.wrote_nothing:
                    return result
                appended, events = transaction.flush((item.key.id, item.key.request_hash) if item.key else None)
        except ForeignStream as error:
            raise NotFound("stream", str(error)) from error
        return Outcome(transaction.subject, appended.base + events, events) if item.command else result

    @staticmethod
    def _known_outcome(
        connection: psycopg.Connection[tuple[Any, ...]], context: Context, key: CommandKey
    ) -> Outcome | None:
        row = connection.execute(
            "SELECT request_hash, subject, first_position, last_position FROM umt.command"
            " WHERE workspace = %s AND actor = %s AND command_id = %s",
            (context.workspace, str(context.actor), key.id),
        ).fetchone()
        if row is None:
            return None
        request_hash, subject, first, last = row
        if bytes(request_hash) != key.request_hash:
            raise IdempotencyConflict(key.id)
        return Outcome(subject, last, last - first + 1, repeated=True)

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, APP)
            self._connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _may_pass(error: psycopg.Error) -> bool:
    """Whether it was the connection, the server's state or a race; not what was asked of it."""
    return error.sqlstate is None or error.sqlstate[:2] in ("08", "25", "40", "53", "55", "57")
