"""Rows of a read model as events make them, in memory: what a table would hold that has seen these events and no more."""

from __future__ import annotations

from collections.abc import Iterable

from umt.domain.recorded import Envelope
from umt.projections.table import INCOMPLETE, Key, Projection, Row, Table
from umt.projections.writing import merge


def rows_after(projection: Projection, table: Table, events: Iterable[Envelope]) -> dict[Key, Row]:
    """The table's rows by their key behind the workspace, each with all that its view in read_v1 shows.

    The events are given in order, at least those of each sequencing key; those that do not concern the projection may be
    among them.
    """
    rows: dict[Key, Row] = {}
    for event in events:
        if event.event.type_name in projection.folds:
            for change in projection.changes(event):
                if change.table is table:
                    merge(rows, change, event)
    blank: Row = {column.name: 0 if column.summed else None for column in table.published} | {INCOMPLETE.name: False}
    names = [column.name for column in table.all_key]
    return {key[1:]: {**blank, **dict(zip(names, key, strict=True)), **row} for key, row in rows.items()}
