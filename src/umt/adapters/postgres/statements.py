"""What the parts of a transaction share: on whose behalf it works, and what is written at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from umt.adapters.postgres.session import Connection
from umt.adapters.vault import Vault
from umt.application.transaction import Context


class Statements:
    """A part of a transaction. Rows that belong to events are written ``_afterwards``, when the log's lock is held."""

    context: Context
    _vault: Vault
    _afterwards: list[Callable[[], None]]

    def _reading(self) -> Connection:
        """The connection, bound to the workspace, once all that earlier commands wrote is to be seen on it."""
        raise NotImplementedError

    def _writing(self) -> Connection:
        """The connection, bound to the workspace."""
        raise NotImplementedError

    def _changing(self) -> Connection:
        """The connection for a change that cannot wait for the end: nobody else's work is in the transaction."""
        raise NotImplementedError

    def _do(self, query: str, *values: Any) -> None:
        self._writing().execute(query, values)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._reading().execute(query, values).fetchall()

    def _value(self, query: str, *values: Any) -> Any:
        row = self._reading().execute(query, values).fetchone()
        return row[0] if row else None
