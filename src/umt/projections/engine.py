"""The projection engine: reads the log in batches and keeps each read model's rows and checkpoint in one transaction.

One worker at a time holds a projection (a session's advisory lock). The checkpoint is moved by compare-and-set: a worker
that lost its turn is refused, its batch undone.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import psycopg
from psycopg import sql

from umt.domain.recorded import Recorded
from umt.projections.schema import table_name
from umt.projections.table import Change, Column, Projection, Row, Table, apply

log = logging.getLogger(__name__)

BATCH = 500
_POLL_SECONDS = 1.0
_LEASE = 7312
_POSITION = Column("position", "bigint", "The event that last changed this row.")


class EventSource(Protocol):
    """The log as a projection reads it."""

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Recorded], int]:
        """Events of these types after a position, and the position up to which that is everything."""
        ...

    def wait(self, after: int, timeout: float) -> None:
        """Until the log has an event after the position, or the time is over."""
        ...


class StaleWorker(Exception):
    """Somebody else moved the checkpoint: this worker is not the projection's any more."""


class Projector:
    """Keeps one projection up to date. ``connect`` opens a connection in the worker's role."""

    def __init__(
        self, projection: Projection, source: EventSource, connect: Callable[[], psycopg.Connection[Any]]
    ) -> None:
        self.projection, self._source, self._connect = projection, source, connect
        self.error: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Follow the log until told to stop; any failure is reported, waited out and begun again."""
        wait = 0.1
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    self._follow(connection, stop)
                    wait = 0.1
            except Exception as error:
                self.error = f"{type(error).__name__}: {error}"
                log.warning("projection %s stopped: %s; trying again in %.1f s", self.projection.name, self.error, wait)
                stop.wait(wait)
                wait = min(wait * 2, 5)

    def _follow(self, connection: psycopg.Connection[Any], stop: threading.Event) -> None:
        while not stop.is_set() and not self._take_lease(connection):
            stop.wait(0.5)
        while not stop.is_set():
            position = self.step(connection)
            self.error = None
            if position is None:
                self._source.wait(self.checkpoint(connection), _POLL_SECONDS)

    def catch_up(self, connection: psycopg.Connection[Any], target: int, timeout: float = 60) -> None:
        """Process batches until the checkpoint reaches the target, as the only worker; waits for another one's."""
        deadline = time.monotonic() + timeout
        holds = self._take_lease(connection)
        while self.checkpoint(connection) < target:
            if not holds:
                holds = self._take_lease(connection)
                time.sleep(0.02)
            elif self.step(connection) is None and self.checkpoint(connection) < target:
                time.sleep(0.02)
            if time.monotonic() > deadline:
                raise TimeoutError(f"projection {self.projection.name} did not reach position {target} in {timeout} s")

    def reach(self, target: int, timeout: float) -> None:
        """`catch_up` on a connection of its own."""
        with self._connect() as connection:
            self.catch_up(connection, target, timeout)

    def checkpoint(self, connection: psycopg.Connection[Any]) -> int:
        row = connection.execute(
            "SELECT position FROM umt.projection_checkpoint WHERE (name, version) = (%s, %s)",
            (self.projection.name, self.projection.version),
        ).fetchone()
        return int(row[0]) if row else 0

    def step(self, connection: psycopg.Connection[Any]) -> int | None:
        """Process one batch; None when there was nothing new."""
        before = self.checkpoint(connection)
        events, position = self._source.read(before, BATCH, tuple(self.projection.folds))
        if position <= before:
            self._beat(connection)
            return None
        with connection.transaction():
            self._apply(connection, events)
            moved = connection.execute(
                "UPDATE umt.projection_checkpoint SET position = %s, beat_at = now()"
                " WHERE (name, version, position) = (%s, %s, %s) RETURNING 1",
                (position, self.projection.name, self.projection.version, before),
            ).fetchone()
            if moved is None:
                raise StaleWorker(f"the checkpoint of {self.projection.name} is no longer {before}")
            connection.execute("SELECT pg_notify('umt_projection', %s)", (f"{self.projection.name}:{position}",))
        return position

    def _beat(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "UPDATE umt.projection_checkpoint SET beat_at = now() WHERE (name, version) = (%s, %s)",
            (self.projection.name, self.projection.version),
        )

    def _take_lease(self, connection: psycopg.Connection[Any]) -> bool:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(%s, hashtext(%s))",
            (_LEASE, f"{self.projection.name}/{self.projection.version}"),
        ).fetchone()
        return bool(row and row[0])

    def _apply(self, connection: psycopg.Connection[Any], events: Iterable[Recorded]) -> None:
        changes = [(change, recorded.position) for recorded in events for change in self.projection.changes(recorded)]
        rows = self._standing(connection, [change for change, _ in changes if change.update])
        for change, position in changes:
            apply(rows, change, position)
        alike: dict[tuple[Table, tuple[str, ...]], list[tuple[tuple[Any, ...], Row]]] = defaultdict(list)
        for (table, key), row in rows.items():
            if "position" in row:
                alike[table, tuple(sorted(row))].append((key, row))
        for (table, names), group in alike.items():
            self._upsert(connection, table, names, group)

    def _standing(
        self, connection: psycopg.Connection[Any], changes: Iterable[Change]
    ) -> dict[tuple[Table, tuple[Any, ...]], Row]:
        """The rows that a change has to see, one query for each table."""
        wanted: dict[Table, set[tuple[Any, ...]]] = defaultdict(set)
        for change in changes:
            wanted[change.table].add(change.key)
        return {(t, key): row for t, keys in wanted.items() for key, row in self._read(connection, t, keys).items()}

    def _read(
        self, connection: psycopg.Connection[Any], table: Table, keys: set[tuple[Any, ...]]
    ) -> dict[tuple[Any, ...], Row]:
        key, columns = table.all_key, [c for c in table.columns if not c.summed]
        query = sql.SQL("SELECT {} FROM {} WHERE ({}) IN (SELECT * FROM {})").format(
            _names(c.name for c in (*key, *columns)),
            table_name(self.projection, table),
            _names(c.name for c in key),
            _unnest(c.type for c in key),
        )
        found = connection.execute(query, [list(column) for column in zip(*keys, strict=True)]).fetchall()
        names = [c.name for c in columns]
        return {tuple(r[: len(key)]): dict(zip(names, r[len(key) :], strict=True)) for r in found}

    def _upsert(
        self,
        connection: psycopg.Connection[Any],
        table: Table,
        names: tuple[str, ...],
        group: list[tuple[tuple[Any, ...], Row]],
    ) -> None:
        """Insert the rows, or add to the sum columns and set the others of those that are there."""
        columns = {c.name: c for c in (*table.columns, _POSITION)}
        key = [c.name for c in table.all_key]
        query = sql.SQL(
            "INSERT INTO {} AS t ({}) SELECT {} FROM {} AS n ({}) ON CONFLICT ({}) DO UPDATE SET {}"
        ).format(
            table_name(self.projection, table),
            _names((*key, *names)),
            sql.SQL(", ").join(
                sql.SQL("{}::jsonb" if n in columns and columns[n].type == "jsonb" else "{}").format(sql.Identifier(n))
                for n in (*key, *names)
            ),
            _unnest([*(c.type for c in table.all_key), *(columns[n].sql_type for n in names)]),
            _names((*key, *names)),
            _names(key),
            sql.SQL(", ").join(
                sql.SQL("{0} = t.{0} + EXCLUDED.{0}" if columns[n].summed else "{0} = EXCLUDED.{0}").format(
                    sql.Identifier(n)
                )
                for n in names
            ),
        )
        values: list[list[Any]] = [list(column) for column in zip(*(k for k, _ in group), strict=True)]
        for name in names:
            column = [row[name] for _, row in group]
            values.append([_json(v) for v in column] if columns[name].type == "jsonb" else column)
        connection.execute(query, values)


def fold_from_zero(projection: Projection, events: Iterable[Recorded]) -> dict[tuple[Table, tuple[Any, ...]], Row]:
    """The rows that the events lead to, folded in memory one by one: what the tables must equal."""
    rows: dict[tuple[Table, tuple[Any, ...]], Row] = {}
    for recorded in events:
        if recorded.event.type_name in projection.folds:
            for change in projection.changes(recorded):
                apply(rows, change, recorded.position)
    return rows


def comparable(table: Table, row: Row) -> Row:
    """A row with its columns' defaults, as plain values that compare equal whichever way they came."""
    return {c.name: _plain(c.type, row.get(c.name)) for c in (*table.columns, _POSITION)}


def _plain(kind: str, value: Any) -> Any:
    if value is None:
        return 0 if kind.startswith("sum ") else None
    if kind == "jsonb":
        return json.loads(_json(value) or "null")
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def _unnest(types: Iterable[str]) -> sql.Composed:
    casts = (f"%s::{'text' if kind == 'jsonb' else kind}[]" for kind in types)
    return sql.SQL("unnest({})").format(sql.SQL(", ").join(sql.SQL(cast) for cast in casts))


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value, order="sorted").decode()
