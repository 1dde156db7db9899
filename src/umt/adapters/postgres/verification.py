"""Are the read models what the log says? The events are folded anew into temporary tables and compared in the database.

Rows, checkpoint and dead letters are read in one snapshot; events up to the checkpoint never change. Memory stays flat
however many there are, and the work of the projections goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from umt.application.queries import Difference, Verification
from umt.domain.recorded import Envelope, Undecoded
from umt.domain.values import unique_key
from umt.projections import dead_letters
from umt.projections.batches import CATCHING_UP, EventSource
from umt.projections.brands import BRANDS
from umt.projections.generations import Generation, live
from umt.projections.table import Projection, Table
from umt.projections.writing import Inapplicable, TableWriter, unapplicable

Connection = psycopg.Connection[Any]
Progress = Callable[[int, int], None]
"""Told the position folded and the one to reach."""

MOST_DIFFERENCES: Final = 1000
"""How many differing rows of a table are named; the rest is counted."""


class Verifier:
    """Compares the live tables of projections with a fold of the log. ``connect`` opens a connection in the worker's role."""

    def __init__(self, connect: Callable[[], Connection], source: EventSource) -> None:
        self._connect, self._source = connect, source

    def verify(
        self,
        projection: Projection,
        *,
        workspace: UUID | None = None,
        sample: int | None = None,
        progress: Progress = lambda folded, target: None,
    ) -> Verification:
        """One projection in one workspace, or in all. With ``sample``, so many streams chosen at random, if each row of
        the projection is of one stream; else everything."""
        with self._connect() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.transaction(force_rollback=True):
                return _Comparison(connection, self._source, projection, workspace, sample).run(progress)


class _Comparison:
    def __init__(
        self,
        connection: Connection,
        source: EventSource,
        projection: Projection,
        workspace: UUID | None,
        sample: int | None,
    ) -> None:
        generation = live(connection, projection.name)
        if generation is None or generation.version != projection.version:
            raise LookupError(
                f"version {projection.version} of {projection.name} is not live; verify what is, with its program"
            )
        self._connection, self._source, self._projection = connection, source, projection
        self._generation: Generation = generation
        self._workspace = workspace
        self._left_out = dead_letters.left_out(connection, generation, workspace)
        self._writer = TableWriter(projection, lambda table: sql.Identifier("pg_temp", table.name))
        self._unexpected: list[Difference] = []
        self._streams = self._chosen(sample) if sample and all(t.of_stream for t in projection.tables) else None

    def run(self, progress: Progress) -> Verification:
        for table in self._projection.tables:
            self._make(table)
        folded = 0
        for events in self._batches():
            self._fold(events)
            folded += len(events)
            progress(events[-1].position, self._generation.position)
        progress(self._generation.position, self._generation.position)
        differences = list(self._unexpected)
        rows = more = 0
        for table in self._projection.tables:
            counted, found, missed = self._compared(table)
            rows, more = rows + counted, more + missed
            differences.extend(found)
        if BRANDS in self._projection.tables and self._streams is None:
            differences.extend(self._reservations())
        parked = [discarded for discarded in self._left_out.values() if not discarded]
        return Verification(
            projection=self._projection.name,
            position=self._generation.position,
            events=folded,
            rows=rows,
            differences=tuple(differences),
            more=more,
            parked=len(parked),
            discarded=len(self._left_out) - len(parked),
            sampled=None if self._streams is None else len(self._streams),
        )

    def _chosen(self, sample: int) -> list[UUID]:
        table = self._projection.tables[0]
        rows = self._connection.execute(
            sql.SQL("SELECT k FROM (SELECT DISTINCT {} AS k FROM {} WHERE {}) s ORDER BY random() LIMIT %s").format(
                sql.Identifier(table.key[0].name), self._generation.relation(table), self._here()
            ),
            (sample,),
        )
        return [stream for (stream,) in rows]

    def _here(self) -> sql.Composable:
        if self._workspace is None:
            return sql.SQL("true")
        return sql.SQL("workspace = {}").format(sql.Literal(self._workspace))

    def _make(self, table: Table) -> None:
        temporary = sql.Identifier("pg_temp", table.name)
        self._connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING DEFAULTS)").format(
                sql.Identifier(table.name), self._generation.relation(table)
            )
        )
        key = sql.SQL(", ").join(sql.Identifier(c.name) for c in table.all_key)
        self._connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(temporary, key))

    def _batches(self) -> Iterator[list[Envelope | Undecoded]]:
        types, up_to = tuple(self._projection.folds), self._generation.position
        if self._streams is not None:
            for stream in self._streams:
                events = iter(self._source.earlier(stream, before=up_to + 1, types=types))
                while batch := list(islice(events, CATCHING_UP)):
                    yield batch
            return
        position = 0
        while position < up_to:
            page = self._source.page(
                position,
                CATCHING_UP,
                types=types,
                up_to=up_to,
                workspace=self._workspace,
                metadata=self._projection.with_metadata,
            )
            if page.events:
                yield page.events
            position = page.position

    def _fold(self, events: Sequence[Envelope | Undecoded]) -> None:
        wanted = [event for event in events if event.position not in self._left_out]
        try:
            effects = []
            for event in wanted:
                if isinstance(event, Undecoded):
                    raise Inapplicable(str(event.error))
                effects.append((event, list(self._projection.changes(event))))
            with self._connection.transaction():
                self._writer.write(self._connection, effects)
        except Exception as error:
            if not unapplicable(error):
                raise
            for event in wanted:
                self._fold_one(event)

    def _fold_one(self, event: Envelope | Undecoded) -> None:
        """An event that the tables hold and that cannot be applied now is a difference of its own."""
        try:
            if isinstance(event, Undecoded):
                raise Inapplicable(str(event.error))
            with self._connection.transaction():
                self._writer.write(self._connection, [(event, list(self._projection.changes(event)))])
        except Exception as error:
            if not unapplicable(error):
                raise
            self._cannot(event, error)

    def _cannot(self, event: Envelope | Undecoded, error: Exception) -> None:
        self._unexpected.append(
            Difference("log", str(event.position), dead_letters.type_of(event), "applied", dead_letters.reason(error))
        )

    def _compared(self, table: Table) -> tuple[int, list[Difference], int]:
        """How many rows the fold gives, those that differ, and how many more do."""
        key = [c.name for c in table.all_key]
        here = self._here()
        if self._streams is not None:
            here = sql.SQL("{} AND {} = ANY({}::uuid[])").format(
                here, sql.Identifier(table.key[0].name), sql.Literal([str(s) for s in self._streams])
            )
        row = self._connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("pg_temp", table.name))
        ).fetchone()
        found = self._connection.execute(
            sql.SQL(
                "SELECT to_jsonb(s)::text, to_jsonb(f)::text, count(*) OVER ()"
                " FROM (SELECT * FROM {} WHERE {}) s FULL JOIN {} f USING ({})"
                " WHERE s.position IS NULL OR f.position IS NULL OR s IS DISTINCT FROM f"
                " ORDER BY coalesce(f.position, s.position) LIMIT %s"
            ).format(
                self._generation.relation(table),
                here,
                sql.Identifier("pg_temp", table.name),
                sql.SQL(", ").join(map(sql.Identifier, key)),
            ),
            (MOST_DIFFERENCES,),
        ).fetchall()
        named = [d for stored, folded, _ in found for d in _differences(table, _plain(stored), _plain(folded))]
        return (row[0] if row else 0), named, (found[0][2] - len(found) if found else 0)

    def _reservations(self) -> Iterable[Difference]:
        """The reserved names of brands are those of the brands that are there."""
        letters = dead_letters.parked_keys(self._connection, self._generation)
        rows = self._connection.execute(
            sql.SQL(
                "SELECT coalesce(b.workspace, r.workspace), coalesce(b.brand, r.stream), b.name, r.key"
                " FROM (SELECT * FROM {} WHERE {} AND NOT archived) b"
                " FULL JOIN (SELECT * FROM umt.reservation WHERE {} AND kind = 'brand') r"
                "   ON (r.workspace, r.stream) = (b.workspace, b.brand)"
            ).format(sql.Identifier("pg_temp", BRANDS.name), sql.SQL("true"), self._here())
        )
        for _, brand, name, key in rows:
            wanted = None if name is None else unique_key(name)
            if wanted != key and brand not in letters and not self._moved_on(brand):
                yield Difference("reservation", str(brand), "key", str(key), str(wanted))

    def _moved_on(self, stream: UUID) -> bool:
        """Whether the stream has events that the read model has not reached."""
        row = self._connection.execute(
            "SELECT EXISTS (SELECT FROM umt.event WHERE stream = %s AND position > %s)",
            (stream, self._generation.position),
        ).fetchone()
        return bool(row and row[0])


def _plain(row: str | None) -> dict[str, Any] | None:
    return None if row is None else json.loads(row, parse_float=Decimal)


def _differences(table: Table, stored: dict[str, Any] | None, folded: dict[str, Any] | None) -> Iterator[Difference]:
    present = stored or folded or {}
    key = ", ".join(str(present[c.name]) for c in table.key)
    if stored is None or folded is None:
        yield Difference(table.name, key, "", "a row" if stored else "no row", "a row" if folded else "no row")
        return
    for column in table.all_columns:
        if stored[column.name] != folded[column.name]:
            yield Difference(table.name, key, column.name, str(stored[column.name]), str(folded[column.name]))
