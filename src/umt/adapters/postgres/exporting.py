"""One consistent view of the read models and the log, read by server-side cursors: memory stays flat at any size."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from umt.adapters.postgres.database import WORKER, connect
from umt.application.contracts import PublishedView
from umt.application.contracts.published import PublishedColumn
from umt.application.exporting.export import Batch, Standing

ROWS_AT_ONCE: Final = 256
"""An event of an import has some 100 kB, and so many of them are in memory."""
_AS_TEXT: Final = frozenset({"uuid", "jsonb"})


class ExportSnapshot:
    """Implements `umt.application.exporting.export.Snapshot` in one REPEATABLE READ transaction."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        row = connection.execute("SELECT coalesce(max(position), 0) FROM umt.event").fetchone()
        assert row
        self.head: int = row[0]
        query = "SELECT projection, generation, position, dead_letters > 0 FROM read_v1.projection_status WHERE live"
        self.standings = {name: Standing(*standing) for name, *standing in connection.execute(query)}

    def event_digest(self, position: int) -> str | None:
        query = "SELECT metadata, body FROM umt.event WHERE position = %s"
        row = self._connection.execute(query, (position,), binary=True).fetchone()
        return hashlib.sha256(row[0] + row[1]).hexdigest() if row else None

    def knows(self, workspace: UUID) -> bool:
        query = "SELECT FROM umt.event WHERE workspace = %s LIMIT 1"
        return self._connection.execute(query, (workspace,)).rowcount == 1

    def count(self, view: PublishedView, after: int, workspace: UUID | None) -> int:
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(_name(view), _condition(workspace))
        row = self._connection.execute(query, {"after": after, "workspace": workspace}).fetchone()
        assert row
        return int(row[0])

    def rows(self, view: PublishedView, after: int, workspace: UUID | None) -> Iterator[Batch]:
        query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            sql.SQL(", ").join(map(_selected, view.columns)),
            _name(view),
            _condition(workspace),
            sql.SQL(", ").join(map(sql.Identifier, view.key)),
        )
        with self._connection.cursor(f"export_{view.name}", binary=True) as cursor:
            cursor.execute(query, {"after": after, "workspace": workspace}, binary=True)
            while batch := cursor.fetchmany(ROWS_AT_ONCE):
                yield batch


@contextlib.contextmanager
def snapshot(url: str) -> Iterator[ExportSnapshot]:
    """The database as it is now, for as long as this takes.

    The views are locked before the snapshot begins, so that none of them is switched to tables that it does not see.
    """
    with connect(url, WORKER, autocommit=False) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        views = connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'read_v1'").fetchall()
        connection.commit()
        connection.execute(
            sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(
                sql.SQL(", ").join(sql.Identifier("read_v1", name) for (name,) in views)
            )
        )
        yield ExportSnapshot(connection)
        connection.rollback()


def _name(view: PublishedView) -> sql.Identifier:
    return sql.Identifier("read_v1", view.name)


def _condition(workspace: UUID | None) -> sql.SQL:
    return sql.SQL("position > %(after)s AND workspace = %(workspace)s" if workspace else "position > %(after)s")


def _selected(column: PublishedColumn) -> sql.Composable:
    name = sql.Identifier(column.name)
    return sql.SQL("{}::text").format(name) if column.sql_type in _AS_TEXT else name
