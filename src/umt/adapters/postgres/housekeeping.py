"""What is kept for a time only: results of commands for 30 days, bearer tokens until they expire."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg

log = logging.getLogger(__name__)

_EVERY_SECONDS = 3600
_PAGE = 5000


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
        deleted = 0
        for table, due in (("command", "recorded_at < now() - interval '30 days'"), ("token", "expires_at < now()")):
            while True:
                page = connection.execute(
                    f"DELETE FROM umt.{table} WHERE ctid IN (SELECT ctid FROM umt.{table} WHERE {due} LIMIT {_PAGE})"  # noqa: S608
                ).rowcount
                deleted += page
                if page < _PAGE:
                    break
        return deleted
