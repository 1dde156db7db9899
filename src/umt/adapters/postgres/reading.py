"""Reading in one workspace: read models, history and past states, by the application's role under row security."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row, tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from umt.adapters.postgres.database import bind
from umt.adapters.postgres.log import COLUMNS
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.vault import Vault
from umt.application.dispatch import Unavailable
from umt.application.identity import SignIn
from umt.application.queries import (
    A,
    AgentActivity,
    Difference,
    Freshness,
    Moment,
    Row,
    StaleRead,
    Verification,
)
from umt.domain.event import fold
from umt.domain.recorded import Recorded
from umt.domain.values import unique_key
from umt.domain.workspace import Role
from umt.projections.agents import agent_runs
from umt.projections.engine import comparable, fold_from_zero
from umt.projections.figures import COUNTS
from umt.projections.schema import table_name
from umt.projections.table import Projection, Table

_PAGE = 2000


class PostgresReader:
    """Implements `umt.application.queries.Reader` and `umt.application.identity.Accounts`."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        mapper: EventMapper,
        vault: Vault,
        projections: Mapping[str, Projection],
        timeout: float,
    ) -> None:
        self._pool, self._mapper, self._vault = pool, mapper, vault
        self._projections, self._timeout = projections, timeout
        self._keys = [(p.name, p.version) for p in projections.values()]

    def on(self, pool: AsyncConnectionPool[Any]) -> PostgresReader:
        """The same reader on other connections; a pool belongs to one event loop."""
        return PostgresReader(pool, self._mapper, self._vault, self._projections, self._timeout)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection, or Unavailable while the database is away."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise Unavailable("The database cannot be reached; try again in a moment.") from error

    @asynccontextmanager
    async def _bound(self, workspace: UUID) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with self._connection() as connection, connection.transaction():
            await bind(connection, workspace)
            yield connection

    # Read models

    async def rows(
        self,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        order: Sequence[str],
        limit: int,
        after: Sequence[Any] | None = None,
    ) -> list[Row]:
        conditions: list[sql.Composable] = [sql.SQL("workspace = %s")]
        values: list[Any] = [workspace]
        for name, value in where.items():
            comparison = "{} = ANY(%s)" if isinstance(value, list) else "{} = %s"
            conditions.append(sql.SQL(comparison).format(sql.Identifier(name)))
            values.append(value)
        columns = [name.removeprefix("-") for name in order]
        if after:
            descending = bool(order) and order[0].startswith("-")
            conditions.append(
                sql.SQL("({}) {} ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.SQL("<" if descending else ">"),
                    sql.SQL(", ").join([sql.Placeholder()] * len(after)),
                )
            )
            values.extend(after)
        query = sql.SQL("SELECT * FROM {} WHERE {}").format(
            sql.Identifier("read_v1", view), sql.SQL(" AND ").join(conditions)
        )
        if order:
            query += sql.SQL(" ORDER BY ") + sql.SQL(", ").join(
                sql.SQL("{} DESC" if n.startswith("-") else "{}").format(sql.Identifier(n.removeprefix("-")))
                for n in order
            )
        async with self._bound(workspace) as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query + sql.SQL(" LIMIT %s"), [*values, limit])
            return [_with_counts(row) for row in await cursor.fetchall()]

    async def wait_for(self, position: int) -> int:
        deadline = time.monotonic() + self._timeout
        while True:
            reached = min((f.position for f in await self.freshness()), default=0)
            if reached >= position:
                return reached
            if time.monotonic() > deadline:
                raise StaleRead(position, reached)
            await asyncio.sleep(0.01)

    async def freshness(self) -> list[Freshness]:
        async with self._connection() as connection:
            cursor = await connection.execute(
                "SELECT c.name, c.version, c.position, umt.head(), c.beat_at FROM umt.projection_checkpoint c"
                " WHERE (c.name, c.version) IN (SELECT * FROM unnest(%s::text[], %s::int[])) ORDER BY c.name",
                ([name for name, _ in self._keys], [version for _, version in self._keys]),
            )
            return [Freshness(*row) for row in await cursor.fetchall()]

    # History

    async def history(self, workspace: UUID, streams: Sequence[UUID], after: int, limit: int) -> list[Recorded]:
        return await self._events(
            workspace,
            "stream = ANY(%s) AND position > %s",
            (list(streams), after),
            "ORDER BY position LIMIT %s",
            limit,
        )

    async def state(self, workspace: UUID, kind: type[A], stream: UUID, at: Moment | None) -> tuple[A | None, int]:
        at = at or Moment()
        events = await self._events(
            workspace,
            "stream = %s AND version <= %s AND position <= %s",
            (stream, at.version if at.version is not None else 2**31 - 1, _or_last(at.position)),
            "ORDER BY version",
        )
        if at.time is not None:
            moment = at.time
            events = list(itertools.takewhile(lambda e: e.metadata.effective_at <= moment, events))
        state = fold(e.event for e in events)
        return (state, len(events)) if isinstance(state, kind) else (None, 0)

    async def _events(
        self, workspace: UUID, where: str, values: Sequence[Any], tail: str, *more: Any
    ) -> list[Recorded]:
        query = f"SELECT {COLUMNS} FROM umt.event WHERE workspace = %s AND {where} {tail}"  # noqa: S608
        async with self._bound(workspace) as connection, connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(query, (workspace, *values, *more))
            return [self._mapper.recorded(row) for row in await cursor.fetchall()]

    # Self-checks

    async def workspaces(self) -> list[UUID]:
        """Every workspace there is; for the operator of the installation."""
        async with self._connection() as connection:
            cursor = await connection.execute("SELECT * FROM umt.workspaces()")
            return [row[0] for row in await cursor.fetchall()]

    async def verify(self, workspace: UUID) -> list[Verification]:
        """Compares at one moment: rows, checkpoints and events are read in one snapshot."""
        async with self._connection() as connection:
            await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            try:
                async with connection.transaction():
                    await bind(connection, workspace)
                    return [await self._verified(connection, workspace, p) for p in self._projections.values()]
            finally:
                await connection.set_isolation_level(None)

    async def _verified(
        self, connection: psycopg.AsyncConnection[Any], workspace: UUID, projection: Projection
    ) -> Verification:
        cursor = await connection.execute(
            "SELECT position FROM umt.projection_checkpoint WHERE (name, version) = (%s, %s)",
            (projection.name, projection.version),
        )
        row = await cursor.fetchone()
        checkpoint = row[0] if row else 0
        events = [e async for e in self._all(connection, workspace, projection, checkpoint)]
        folded = fold_from_zero(projection, events)
        differences: list[Difference] = []
        for table in projection.tables:
            expected = {key: comparable(table, r) for (t, key), r in folded.items() if t == table}
            stored = {key: r async for key, r in self._stored(connection, workspace, projection, table)}
            differences.extend(_differences(table, expected, stored))
        return Verification(projection.name, len(events), len(folded), tuple(differences))

    async def _all(
        self, connection: psycopg.AsyncConnection[Any], workspace: UUID, projection: Projection, up_to: int
    ) -> AsyncIterator[Recorded]:
        async with connection.cursor("verify", row_factory=tuple_row) as cursor:
            cursor.itersize = _PAGE
            await cursor.execute(
                f"SELECT {COLUMNS} FROM umt.event WHERE workspace = %s AND position <= %s AND type = ANY(%s)"  # noqa: S608
                " ORDER BY position",
                (workspace, up_to, list(projection.folds)),
            )
            async for row in cursor:
                yield self._mapper.recorded(row)

    async def _stored(
        self, connection: psycopg.AsyncConnection[Any], workspace: UUID, projection: Projection, table: Table
    ) -> AsyncIterator[tuple[tuple[Any, ...], Row]]:
        async with connection.cursor("stored", row_factory=dict_row) as cursor:
            cursor.itersize = _PAGE
            query = sql.SQL("SELECT * FROM {} WHERE workspace = %s").format(table_name(projection, table))
            await cursor.execute(query, (workspace,))
            async for row in cursor:
                yield tuple(row[c.name] for c in table.all_key), comparable(table, row)

    async def agent_activity(self, workspace: UUID, now: datetime) -> AgentActivity:
        async with self._bound(workspace) as connection:
            # Open runs are read from their read model, so its own lag counts as events unread.
            cursor = await connection.execute(
                "SELECT head, head - least(coalesce((SELECT min(position) FROM umt.agent_checkpoint), 0),"
                "   (SELECT position FROM umt.projection_checkpoint WHERE (name, version) = (%(runs)s, %(version)s))),"
                " (SELECT count(*) FROM read_v1.agent_runs WHERE workspace = %(workspace)s AND status = 'running'),"
                " (SELECT count(*) FROM umt.timer WHERE workspace = %(workspace)s AND NOT fired AND due_at <= %(now)s)"
                " FROM umt.head() AS head",
                {
                    "runs": agent_runs.name,
                    "version": agent_runs.version,
                    "workspace": workspace,
                    "now": now,
                },
            )
            row = await cursor.fetchone()
            assert row
            return AgentActivity(*row)

    async def event_count(self, workspace: UUID) -> int:
        async with self._bound(workspace) as connection:
            row = await (await connection.execute("SELECT count(*) FROM umt.event")).fetchone()
            assert row
            return int(row[0])

    # Accounts

    async def authenticate(self, token_hash: bytes) -> tuple[UUID, UUID, Role] | None:
        async with self._connection() as connection:
            cursor = await connection.execute("SELECT * FROM umt.authenticate(%s)", (token_hash,))
            row = await cursor.fetchone()
        return (row[0], row[1], Role(row[2])) if row else None

    async def sign_ins(self, email: str) -> list[SignIn]:
        async with self._connection() as connection:
            cursor = await connection.execute("SELECT * FROM umt.sign_in(%s)", (self._vault.index(unique_key(email)),))
            return [SignIn(user, hashed, workspace, Role(role)) async for user, hashed, workspace, role in cursor]


def _with_counts(row: Row) -> Row:
    for name in COUNTS & row.keys():
        row[name] = int(row[name])
    return row


def _or_last(position: int | None) -> int:
    return position if position is not None else 2**63 - 1


def _differences(
    table: Table, expected: Mapping[tuple[Any, ...], Row], stored: Mapping[tuple[Any, ...], Row]
) -> Iterable[Difference]:
    for key in expected.keys() | stored.keys():
        left, right = stored.get(key), expected.get(key)
        name = ", ".join(map(str, key[1:]))
        if left is None or right is None:
            yield Difference(table.name, name, "", "a row" if left else "no row", "a row" if right else "no row")
            continue
        for column in left:
            if left[column] != right[column]:
                yield Difference(table.name, name, column, str(left[column]), str(right[column]))
