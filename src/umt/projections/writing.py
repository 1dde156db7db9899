"""How row changes become SQL: merged per row in memory, then one set-based upsert for each table and set of columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Context, Decimal
from operator import attrgetter
from types import NoneType
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from umt.domain.recorded import Envelope
from umt.projections.table import Change, Column, Key, Projection, Row, Table

Connection = psycopg.Connection[Any]
Effect = tuple[Envelope, Sequence[Change]]
"""An event and what it does to rows."""

Statement = tuple[bytes, list[str]]
"""A query and its values."""

_EXACT: Final = Context(prec=1000)
"""Sums like PostgreSQL's, which rounds nothing away: else they would depend on where a batch ends."""

UNAPPLICABLE: Final = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""What PostgreSQL says of values that a table cannot hold; everything else that it says is no fault of an event."""


class Inapplicable(Exception):
    """A row's update function failed on the row as it stands."""


def unapplicable(error: Exception) -> bool:
    """Whether it is the event that failed, and not the database beneath it."""
    return isinstance(error, UNAPPLICABLE) or not isinstance(error, psycopg.Error)


class TableWriter:
    """Writes the rows of a projection into the relations that ``place`` names for its tables."""

    def __init__(self, projection: Projection, place: Callable[[Table], sql.Identifier]) -> None:
        self._tables = {table.name: _Statements(table, place(table)) for table in projection.tables}

    def write(self, connection: Connection, effects: Iterable[Effect]) -> None:
        """Apply the effects in order, in the caller's transaction."""
        effects = list(effects)
        for query, values in self._statements(effects, self._standing(connection, effects)):
            connection.execute(query, values, prepare=True)

    def prepared(self, effects: Iterable[Effect]) -> list[Statement] | None:
        """The statements that apply the effects, where none has to see the row as it stands; else None."""
        effects = list(effects)
        if any(change.update for _, changes in effects for change in changes):
            return None
        try:
            return list(self._statements(effects, defaultdict(dict)))
        except Exception:
            return None  # `write` fails of it too, in its turn

    def _statements(self, effects: Iterable[Effect], rows: dict[str, dict[Key, Row]]) -> Iterator[Statement]:
        for event, changes in effects:
            for change in changes:
                merge(rows[change.table.name], change, event)
        for name, changed in rows.items():
            yield from self._tables[name].upserts(changed)

    def _standing(self, connection: Connection, effects: Iterable[Effect]) -> dict[str, dict[Key, Row]]:
        """The rows that a change has to see, one query for each table."""
        wanted: dict[str, set[Key]] = defaultdict(set)
        for _, changes in effects:
            for change in changes:
                if change.update:
                    wanted[change.table.name].add(change.key)
        rows: dict[str, dict[Key, Row]] = defaultdict(dict)
        for name, keys in wanted.items():
            rows[name] = self._tables[name].read(connection, keys)
        return rows


def merge(rows: dict[Key, Row], change: Change, event: Envelope) -> None:
    row = rows.get(change.key)
    if row is None:
        row = rows[change.key] = {}
    if change.put:
        row.update(change.put)
    if change.add:
        for name, amount in change.add.items():
            before = row.get(name, 0)
            row[name] = _EXACT.add(before, amount) if type(amount) is Decimal else before + amount
    if change.update:
        try:
            row.update(change.update(row))
        except Exception as error:
            raise Inapplicable(f"{type(error).__name__}: {error}") from error
    row["position"] = event.position
    row["updated_at"] = event.recorded_at


class _Statements:
    """The statements of one table; their texts are composed once."""

    def __init__(self, table: Table, relation: sql.Identifier) -> None:
        self._table, self._relation = table, relation
        self._columns = {column.name: column for column in table.all_columns}
        self._key = [column.name for column in table.all_key]
        self._seen = [c.name for c in table.columns if not c.summed]
        self._upserts: dict[tuple[str, ...], bytes] = {}
        self._select = (
            sql.SQL("SELECT {} FROM {} WHERE ({}) IN (SELECT * FROM {})")
            .format(_names([*self._key, *self._seen]), relation, _names(self._key), self._unnest(self._key))
            .as_bytes()
        )

    def read(self, connection: Connection, keys: set[Key]) -> dict[Key, Row]:
        """The rows that are there, without their sums."""
        ordered = list(keys)
        values = [_array(self._columns[n], [key[i] for key in ordered]) for i, n in enumerate(self._key)]
        found = connection.execute(self._select, values, prepare=True).fetchall()
        width = len(self._key)
        return {tuple(row[:width]): dict(zip(self._seen, row[width:], strict=True)) for row in found}

    def upserts(self, rows: Mapping[Key, Row]) -> Iterator[Statement]:
        """Insert the rows, or add to the sum columns and set the others of those that are there."""
        alike: dict[tuple[str, ...], list[tuple[Key, Row]]] = defaultdict(list)
        for key, row in rows.items():
            if "position" in row:
                alike[tuple(row)].append((key, row))
        for names, group in alike.items():
            if names not in self._upserts:
                self._upserts[names] = self._upsert(names)
            keys = [_array(self._columns[n], [key[i] for key, _ in group]) for i, n in enumerate(self._key)]
            values = [_array(self._columns[n], [row[n] for _, row in group]) for n in names]
            yield self._upserts[names], [*keys, *values]

    def _upsert(self, names: tuple[str, ...]) -> bytes:
        written = [*self._key, *names]
        return (
            sql.SQL("INSERT INTO {} AS t ({}) SELECT {} FROM {} AS n ({}) ON CONFLICT ({}) DO UPDATE SET {}")
            .format(
                self._relation,
                _names(written),
                sql.SQL(", ").join(
                    sql.SQL("{}::jsonb" if self._columns[n].type == "jsonb" else "{}").format(sql.Identifier(n))
                    for n in written
                ),
                self._unnest(written),
                _names(written),
                _names(self._key),
                sql.SQL(", ").join(sql.SQL(self._assignment(n)).format(sql.Identifier(n)) for n in names),
            )
            .as_bytes()
        )

    def _assignment(self, name: str) -> str:
        if name in ("position", "updated_at"):
            # A dead letter that is applied late is not the last change of a row that went on.
            return "{0} = greatest(t.{0}, EXCLUDED.{0})"
        return "{0} = t.{0} + EXCLUDED.{0}" if self._columns[name].summed else "{0} = EXCLUDED.{0}"

    def _unnest(self, names: Iterable[str]) -> sql.Composed:
        kinds = (self._columns[name].sql_type for name in names)
        casts = (f"%s::{'text' if kind == 'jsonb' else kind}[]" for kind in kinds)
        return sql.SQL("unnest({})").format(sql.SQL(", ").join(map(sql.SQL, casts)))


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


# PostgreSQL's text for an array: several times faster to make than psycopg's lists.


def _array(column: Column, values: list[Any]) -> str:
    if column.type == "jsonb":
        cells: Iterable[str] = ["NULL" if value is None else _json(value) for value in values]
    else:
        kinds = set(map(type, values))
        write = _CELLS.get(kinds.pop()) if len(kinds) == 1 else None
        cells = map(write or _cell, values)
    return "{" + ",".join(cells) + "}"


def _cell(value: Any) -> str:
    write = _CELLS.get(type(value))
    return write(value) if write else quoted(str(value))


def quoted(text: str) -> str:
    """A text as an element of an array."""
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _json(value: Any) -> str:
    return quoted(msgspec.json.encode(value, order="sorted").decode())


_CELLS: Final[dict[type, Callable[[Any], str]]] = {
    NoneType: lambda value: "NULL",
    int: str,
    Decimal: str,
    UUID: attrgetter("hex"),
    bool: lambda value: "t" if value else "f",
    date: date.isoformat,
    datetime: datetime.isoformat,
    str: quoted,
}
