"""Statements that see one workspace alone; those that are asked at the same moment share a round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from itertools import repeat
from typing import Any, Final, LiteralString, TypeAlias
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql
from psycopg.abc import Params
from psycopg.rows import RowFactory, dict_row, tuple_row
from psycopg_pool import AsyncConnectionPool

from umt.adapters.postgres.borrowing import borrowed
from umt.adapters.postgres.database import bind
from umt.adapters.postgres.round_trips import round_trip
from umt.application.errors import Unavailable
from umt.application.lists import Rows
from umt.application.queries import Row

Statement: TypeAlias = LiteralString | bytes | sql.SQL | sql.Composed
Ask: TypeAlias = Callable[[Statement, Params], Awaitable[list[Row]]]
"""Asks a statement with its values and gives its rows."""
Cursor: TypeAlias = psycopg.AsyncCursor[Any]

MOST_AT_ONCE: Final = 16
"""Statements that share a round trip."""


_Turn: TypeAlias = tuple[asyncio.AbstractEventLoop, UUID]


class Question(msgspec.Struct, frozen=True):
    """A statement with its values, how its rows are made, and who waits for it."""

    statement: Statement
    values: Params
    rows: RowFactory[Any]
    binary: bool
    answer: asyncio.Future[Cursor]


class Bindings:
    """Reads in workspaces, on the connections of a pool that commit by themselves.

    What is asked of a workspace in the same turn of the event loop, as the fields of a query ask for what they need, goes
    to the database together with what binds it to the workspace: as one transaction, in one round trip, on one connection.
    Nothing stays bound behind it.
    """

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._asked: dict[_Turn, list[Question]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def of(self, workspace: UUID) -> Bound:
        return Bound(self, workspace)

    async def ask(
        self, workspace: UUID, statement: Statement, values: Params, rows: RowFactory[Any], *, binary: bool
    ) -> Cursor:
        """The cursor that holds what came of the statement."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Cursor] = loop.create_future()
        turn = loop, workspace  # a loop that ended before its turn did takes nobody along
        asked = self._asked.get(turn)
        if asked is None:
            asked = self._asked[turn] = []
            loop.call_soon(self._begin, turn)
        asked.append(Question(statement, values, rows, binary, answer))
        return await answer

    def _begin(self, turn: _Turn) -> None:
        asked, (_, workspace) = self._asked.pop(turn), turn
        for first in range(0, len(asked), MOST_AT_ONCE):
            part = asked[first : first + MOST_AT_ONCE]
            task = asyncio.create_task(self._answer(workspace, part))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

            def given_up(_: object, part: Sequence[Question] = part, task: asyncio.Task[None] = task) -> None:
                if all(each.answer.cancelled() for each in part):
                    task.cancel()

            for each in part:
                each.answer.add_done_callback(given_up)

    async def _answer(self, workspace: UUID, asked: Sequence[Question]) -> None:
        try:
            cursors = await self._together(workspace, asked)
        except Exception as error:
            stopped = isinstance(error.__cause__, psycopg.errors.QueryCanceled)  # by a time limit of the server
            if len(asked) == 1 or (isinstance(error, Unavailable) and not stopped):
                for each in asked:
                    _fail(each, error)
            else:
                for each in asked:  # whose fault it is
                    await self._answer(workspace, [each])
            return
        for each, cursor in zip(asked, cursors, strict=True):
            if not each.answer.done():
                each.answer.set_result(cursor)

    async def _together(self, workspace: UUID, asked: Sequence[Question]) -> list[Cursor]:
        cursors: list[Cursor] = []
        with round_trip("read", lambda: [_text(each.statement) for each in asked]):
            async with borrowed(self._pool) as connection, connection.pipeline():
                await bind(connection, workspace)
                for each in asked:
                    cursor = connection.cursor(row_factory=each.rows, binary=each.binary)
                    cursors.append(await cursor.execute(each.statement, each.values))
        return cursors


def _text(statement: Statement) -> str:
    if isinstance(statement, bytes):
        return statement.decode()
    return statement if isinstance(statement, str) else statement.as_string()


class Bound:
    """What is asked of one workspace: row security shows nothing of any other."""

    __slots__ = ("_bindings", "_workspace")

    def __init__(self, bindings: Bindings, workspace: UUID) -> None:
        self._bindings, self._workspace = bindings, workspace

    async def execute(
        self, query: Statement, values: Params = (), *, binary: bool = False
    ) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        """What came of a statement; its rows are there already."""
        return await self._bindings.ask(self._workspace, query, values, tuple_row, binary=binary)

    async def rows(self, query: Statement, values: Params = ()) -> list[Row]:
        """The rows of a query by the names of its columns."""
        return await (await self._bindings.ask(self._workspace, query, values, dict_row, binary=False)).fetchall()

    async def columns(self, names: Sequence[str], documents: Collection[str], query: Statement, values: Params) -> Rows:
        """The columns of a query, whose names these are. ``documents`` are those with JSON, which the query gives as text:
        they are decoded all at once."""
        rows = await (await self.execute(query, values)).fetchall()
        columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else repeat(())
        found = dict(zip(names, columns, strict=False))
        for name in documents:
            found[name] = msgspec.json.decode(f"[{','.join([text or 'null' for text in found[name]])}]")
        return Rows(found, len(rows))


def _fail(question: Question, error: Exception) -> None:
    if not question.answer.done():
        question.answer.set_exception(error)
