"""What the parts of a transaction share: the connection, on whose behalf it works, and what is written at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from umt.adapters.vault import Vault
from umt.application.transaction import Context

Connection = psycopg.Connection[tuple[Any, ...]]


class Statements:
    """A part of a transaction. Rows that belong to events are written ``_afterwards``, when the log's lock is held."""

    context: Context
    _connection: Connection
    _vault: Vault
    _afterwards: list[Callable[[], None]]

    def _do(self, query: str, *values: Any) -> None:
        self._connection.execute(query, values)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def _value(self, query: str, *values: Any) -> Any:
        row = self._connection.execute(query, values).fetchone()
        return row[0] if row else None
