"""What is kept for a time only: results of commands for 30 days, bearer tokens until they expire, some snapshots.

A snapshot of another program is kept for a day, since two versions of the program may run side by side meanwhile.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg

from umt.adapters.postgres.snapshots import KEPT, fingerprint

log = logging.getLogger(__name__)

_EVERY_SECONDS = 3600
_PAGE = 5000
_DUE = (
    ("command", "recorded_at < now() - interval '30 days'"),
    ("token", "expires_at < now()"),
    (
        "snapshot",
        "EXISTS (SELECT FROM umt.snapshot later WHERE (later.workspace, later.stream, later.fingerprint)"
        " = (this.workspace, this.stream, this.fingerprint) AND later.version > this.version"
        f" ORDER BY later.version OFFSET {KEPT - 1} LIMIT 1)",
    ),
)
_FOREIGN_SNAPSHOT = "fingerprint <> %s AND taken_at < now() - interval '1 day'"


class Housekeeping:
    """Deletes what is past its time, a page at a time, once an hour."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    self.tidy(connection)
            except psycopg.Error as error:
                log.warning("housekeeping failed: %s; it is tried again in an hour", error)
            stop.wait(_EVERY_SECONDS)

    @staticmethod
    def tidy(connection: psycopg.Connection[Any]) -> int:
        """Delete all that is due; the answer is how many rows that were."""
        return sum(_delete(connection, table, due) for table, due in _DUE) + _delete(
            connection, "snapshot", _FOREIGN_SNAPSHOT, fingerprint()
        )


def _delete(connection: psycopg.Connection[Any], table: str, due: str, *values: Any) -> int:
    query = f"DELETE FROM umt.{table} WHERE ctid IN (SELECT ctid FROM umt.{table} AS this WHERE {due} LIMIT {_PAGE})"  # noqa: S608
    deleted = 0
    while True:
        page = connection.execute(query, values).rowcount
        deleted += page
        if page < _PAGE:
            return deleted
