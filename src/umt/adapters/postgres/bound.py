"""Statements that see one workspace alone, each in one round trip."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from itertools import repeat
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg.abc import Params
from psycopg.abc import QueryNoTemplate as Statement
from psycopg.rows import dict_row, tuple_row

from umt.application.lists import Rows
from umt.application.queries import Row

T = TypeVar("T")
Ask: TypeAlias = Callable[[Statement, Params], Awaitable[list[Row]]]
"""Asks a statement with its values and gives its rows."""

_BIND: Final = "SELECT set_config('umt.workspace', %s, true)"


class Bound:
    """A connection, bound to a workspace: row security shows nothing of any other.

    Each statement is sent together with what binds it, and both are one transaction: nothing stays bound behind it, and
    nobody waits for a BEGIN or a COMMIT.

    :param connection: one that commits by itself.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any], workspace: UUID) -> None:
        self._connection, self._workspace = connection, str(workspace)

    async def execute(
        self, query: Statement, values: Params = (), *, binary: bool = False
    ) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        """What came of a statement; its results are there already."""
        return await self._executed(self._connection.cursor(row_factory=tuple_row, binary=binary), query, values)

    async def rows(self, query: Statement, values: Params = ()) -> list[Row]:
        """The rows of a query by the names of its columns."""
        return await (await self._executed(self._connection.cursor(row_factory=dict_row), query, values)).fetchall()

    async def columns(self, names: Sequence[str], documents: Collection[str], query: Statement, values: Params) -> Rows:
        """The columns of a query, whose names these are. ``documents`` are those with JSON, which the query gives as text:
        they are decoded all at once."""
        rows = await (await self.execute(query, values)).fetchall()
        columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else repeat(())
        found = dict(zip(names, columns, strict=False))
        for name in documents:
            found[name] = msgspec.json.decode(f"[{','.join([text or 'null' for text in found[name]])}]")
        return Rows(found, len(rows))

    async def _executed(
        self, cursor: psycopg.AsyncCursor[T], query: Statement, values: Params
    ) -> psycopg.AsyncCursor[T]:
        async with self._connection.pipeline():
            await self._connection.execute(_BIND, (self._workspace,))
            await cursor.execute(query, values)
        return cursor
