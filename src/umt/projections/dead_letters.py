"""Dead letters: an event that cannot be applied parks its sequencing key, and later events of that key wait behind it.

All else goes on. The rows that the parked events are known to touch are marked as incomplete; if none can be known of a
table, all its rows of the workspace are. After a mend the letters of a key are applied in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import psycopg

from umt.domain.recorded import Envelope, Undecoded
from umt.projections.generations import Generation, StaleWorker, tell
from umt.projections.table import Projection, Table
from umt.projections.writing import Inapplicable, TableWriter, quoted, unapplicable

Connection = psycopg.Connection[Any]

_BATCH: Final = 500
_LONGEST_REASON: Final = 4000
_LONGEST_MARK: Final = 1000
"""Bytes of a row's key that are kept of it, well below what an index takes."""


class Letter(msgspec.Struct, frozen=True):
    """A parked event: why it could not be applied; None for one that waits behind another."""

    event: Envelope | Undecoded
    key: UUID
    error: str | None


class ParkedKey(msgspec.Struct, frozen=True):
    """A sequencing key whose events wait, as operators see it."""

    projection: str
    workspace: UUID
    key: UUID
    letters: int
    first_position: int
    last_position: int
    type: str
    error: str
    attempts: int
    parked_at: datetime


class ParkedEvent(msgspec.Struct, frozen=True):
    """One of them."""

    position: int
    stream: UUID
    version: int
    type: str
    error: str | None
    attempts: int
    parked_at: datetime


class Retried(msgspec.Struct, frozen=True):
    """What a retry did: letters applied, letters that still wait, and why the first of these does."""

    applied: int
    waiting: int
    error: str | None


class StreamSource(Protocol):
    """The log as dead letters read it."""

    def at(self, positions: Sequence[int], *, metadata: bool = True) -> list[Envelope | Undecoded]:
        """The events at these positions, in order."""
        ...

    def earlier(self, identifier: UUID, *, before: int, types: Sequence[str]) -> Iterable[Envelope | Undecoded]:
        """A stream's events of these types before a position, in order."""
        ...


def parked_keys(connection: Connection, generation: Generation) -> set[UUID]:
    """The keys whose events wait."""
    rows = connection.execute(
        "SELECT DISTINCT key FROM umt.dead_letter WHERE (projection, generation) = (%s, %s) AND discarded_at IS NULL",
        (generation.projection, generation.number),
    )
    return {key for (key,) in rows}


def park(
    connection: Connection,
    projection: Projection,
    generation: Generation,
    source: StreamSource,
    letters: Sequence[Letter],
) -> None:
    """Keep the letters and mark what they touch, in the transaction that moves the checkpoint past them."""
    if not letters:
        return
    place = (generation.projection, generation.number)
    connection.execute(
        "INSERT INTO umt.dead_letter (projection, generation, position, workspace, key, stream, version, type, error,"
        " attempts) SELECT %s, %s, l.*, (l.error IS NOT NULL)::integer FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[],"
        " %s::uuid[], %s::integer[], %s::text[], %s::text[])"
        " AS l (position, workspace, key, stream, version, type, error)",
        (
            *place,
            [letter.event.position for letter in letters],
            [letter.event.workspace for letter in letters],
            [letter.key for letter in letters],
            [letter.event.stream for letter in letters],
            [letter.event.version for letter in letters],
            [type_of(letter.event) for letter in letters],
            [letter.error for letter in letters],
        ),
    )
    marks = {
        (table.name, letter.event.workspace, row_key, letter.key)
        for letter in letters
        for table, row_key in touched(projection, source, letter)
    }
    connection.execute(
        "INSERT INTO umt.incomplete_row (projection, generation, view, workspace, row_key, key)"
        " SELECT %s, %s, m.view, m.workspace, m.row_key::text[], m.key"
        " FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::uuid[]) AS m (view, workspace, row_key, key)"
        " ON CONFLICT DO NOTHING",
        (
            *place,
            [view for view, _, _, _ in marks],
            [workspace for _, workspace, _, _ in marks],
            ["{" + ",".join(map(quoted, row_key)) + "}" for _, _, row_key, _ in marks],
            [key for _, _, _, key in marks],
        ),
    )


def touched(projection: Projection, source: StreamSource, letter: Letter) -> set[tuple[Table, tuple[str, ...]]]:
    """The rows that a letter is known to touch, by leading parts of their keys; () where any row may be."""
    event = letter.event
    known = _keys_of(projection, [event])
    if letter.error is not None and projection.sequenced_by == "stream":
        known |= _keys_of(
            projection, source.earlier(event.stream, before=event.position, types=tuple(projection.folds))
        )
    rows: set[tuple[Table, tuple[str, ...]]] = set()
    for table in projection.tables:
        if table.of_stream:
            rows.add((table, (str(event.stream),)))
            continue
        of_table = {(t, key) for t, key in known if t is table}
        rows |= of_table if of_table or letter.error is None else {(table, ())}
    return rows


def _keys_of(projection: Projection, events: Iterable[Envelope | Undecoded]) -> set[tuple[Table, tuple[str, ...]]]:
    known: set[tuple[Table, tuple[str, ...]]] = set()
    for event in events:
        if isinstance(event, Envelope):
            with suppress(Exception):  # that it cannot be applied is why it is here
                for change in projection.changes(event):
                    known.add((change.table, _leading(map(_text, change.key[1:]))))
    return known


def listed(connection: Connection, projections: Iterable[str]) -> list[ParkedKey]:
    """What waits in the live tables, by key."""
    rows = connection.execute(
        "SELECT d.projection, d.workspace, d.key, count(*), min(d.position), max(d.position),"
        " (array_agg(d.type ORDER BY d.position))[1],"
        " coalesce((array_agg(d.error ORDER BY d.position) FILTER (WHERE d.error IS NOT NULL))[1], ''),"
        " max(d.attempts), min(d.parked_at)"
        " FROM umt.dead_letter d JOIN umt.projection_checkpoint c"
        "   ON (c.name, c.generation, c.state) = (d.projection, d.generation, 'live')"
        " WHERE d.discarded_at IS NULL AND d.projection = ANY(%s)"
        " GROUP BY d.projection, d.workspace, d.key ORDER BY min(d.position), d.projection",
        (list(projections),),
    )
    return [ParkedKey(*row) for row in rows]


def shown(connection: Connection, generation: Generation, key: UUID) -> list[ParkedEvent]:
    """The letters of a key, in order."""
    rows = connection.execute(
        "SELECT position, stream, version, type, error, attempts, parked_at FROM umt.dead_letter"
        " WHERE (projection, generation, key) = (%s, %s, %s) AND discarded_at IS NULL ORDER BY position",
        (generation.projection, generation.number, key),
    )
    return [ParkedEvent(*row) for row in rows]


def retry(
    connection: Connection, projection: Projection, generation: Generation, source: StreamSource, key: UUID
) -> Retried:
    """Apply the letters of a key in order until one fails; the rest go on waiting. Each batch is one transaction."""
    writer = TableWriter(projection, generation.relation)
    applied = 0
    while True:
        with connection.transaction():
            _take_over(connection, generation)
            positions = _waiting(connection, generation, key)
            error = None
            for event in source.at(positions[:_BATCH], metadata=projection.with_metadata):
                error = _apply(connection, projection, writer, event)
                _settle(connection, generation, event.position, error)
                if error is not None:
                    break
                applied += 1
                positions.remove(event.position)
            if not positions:
                _unmark(connection, generation, key)
        tell(connection)
        if error is not None or not positions:
            return Retried(applied, len(positions), error)


def discard(connection: Connection, generation: Generation, key: UUID, first_only: bool) -> int:
    """Give up the letters of a key, or the first one alone; how many. They stay known, so that a comparison with
    the log leaves them out."""
    with connection.transaction():
        _take_over(connection, generation)
        positions = _waiting(connection, generation, key)
        given_up = positions[:1] if first_only else positions
        connection.execute(
            "UPDATE umt.dead_letter SET discarded_at = clock_timestamp()"
            " WHERE (projection, generation) = (%s, %s) AND position = ANY(%s)",
            (generation.projection, generation.number, given_up),
        )
        if len(given_up) == len(positions):
            _unmark(connection, generation, key)
    tell(connection)
    return len(given_up)


def left_out(connection: Connection, generation: Generation, workspace: UUID | None) -> dict[int, bool]:
    """Positions of a workspace, or of all, that are not in the tables, and whether they were given up."""
    rows = connection.execute(
        "SELECT position, discarded_at IS NOT NULL FROM umt.dead_letter WHERE (projection, generation) = (%s, %s)"
        " AND workspace = coalesce(%s, workspace)",
        (generation.projection, generation.number, workspace),
    )
    return dict(rows.fetchall())


def type_of(event: Envelope | Undecoded) -> str:
    """The published name of the event's type."""
    return event.type_name if isinstance(event, Undecoded) else event.event.type_name


def _take_over(connection: Connection, generation: Generation) -> None:
    """Lock the checkpoint, as a batch does first, and let its worker look at the dead letters again.

    StaleWorker if the tables were replaced meanwhile.
    """
    taken = connection.execute(
        "UPDATE umt.projection_checkpoint SET revision = revision + 1"
        " WHERE (name, generation) = (%s, %s) AND state <> 'retired'",
        (generation.projection, generation.number),
    )
    if taken.rowcount == 0:
        raise StaleWorker(f"{generation.projection} was rebuilt meanwhile; look at its dead letters again")


def _waiting(connection: Connection, generation: Generation, key: UUID) -> list[int]:
    rows = connection.execute(
        "SELECT position FROM umt.dead_letter WHERE (projection, generation, key) = (%s, %s, %s)"
        " AND discarded_at IS NULL ORDER BY position",
        (generation.projection, generation.number, key),
    )
    return [position for (position,) in rows]


def _apply(
    connection: Connection, projection: Projection, writer: TableWriter, event: Envelope | Undecoded
) -> str | None:
    """None, or why it cannot be applied; then nothing of it is."""
    if isinstance(event, Undecoded):
        return storable(str(event.error))
    try:
        with connection.transaction():
            writer.write(connection, [(event, list(projection.changes(event)))])
    except Exception as error:
        if not unapplicable(error):
            raise
        return reason(error)
    return None


def reason(error: Exception) -> str:
    """What operators read about a failure."""
    return storable(str(error) if isinstance(error, Inapplicable) else f"{type(error).__name__}: {error}".strip())


def storable(text: str) -> str:
    """The text as PostgreSQL can hold it, whatever an event put into it."""
    return text.replace("\0", "\\0").encode("utf-8", "replace").decode()[:_LONGEST_REASON]


def _settle(connection: Connection, generation: Generation, position: int, error: str | None) -> None:
    place = (generation.projection, generation.number, position)
    if error is None:
        connection.execute("DELETE FROM umt.dead_letter WHERE (projection, generation, position) = (%s, %s, %s)", place)
    else:
        connection.execute(
            "UPDATE umt.dead_letter SET error = %s, attempts = attempts + 1"
            " WHERE (projection, generation, position) = (%s, %s, %s)",
            (error, *place),
        )


def _unmark(connection: Connection, generation: Generation, key: UUID) -> None:
    connection.execute(
        "DELETE FROM umt.incomplete_row WHERE (projection, generation, key) = (%s, %s, %s)",
        (generation.projection, generation.number, key),
    )


def _leading(key: Iterable[str]) -> tuple[str, ...]:
    """As much of the key as an index takes for sure."""
    kept: list[str] = []
    room = _LONGEST_MARK
    for part in key:
        room -= len(part.encode())
        if room < 0:
            break
        kept.append(part)
    return tuple(kept)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else storable(str(value))
