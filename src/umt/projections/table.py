"""How a read model is declared: its tables with a comment on every column, and a fold from events to row changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, TypeVar

import msgspec

from umt.domain.event import Event
from umt.domain.recorded import Recorded

Row = dict[str, Any]


class Column(msgspec.Struct, frozen=True):
    """A column: its SQL type and what it means, with the unit.

    A type like ``sum bigint`` marks a column that is only ever added to, so that rows fed by several streams need no
    order between them; all other columns are only ever set.
    """

    name: str
    type: str
    comment: str

    @property
    def summed(self) -> bool:
        return self.type.startswith("sum ")

    @property
    def sql_type(self) -> str:
        return self.type.removeprefix("sum ")


class Change(msgspec.Struct, frozen=True):
    """What an event does to one row: set columns, add to columns, or set what a function of the row says."""

    table: Table
    key: tuple[Any, ...]
    put: Row = {}
    add: Row = {}
    update: Callable[[Row], Row] | None = None


class Table(msgspec.Struct, frozen=True):
    """A table of a read model. The workspace leads its key; ``position`` of the last change ends it."""

    name: str
    comment: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    indexes: tuple[str, ...] = ()

    @property
    def all_key(self) -> tuple[Column, ...]:
        return (Column("workspace", "uuid", "The tenant."), *self.key)

    def put(self, at: Recorded, *key: Any, **values: Any) -> Change:
        """Set columns of the row, which is made if it is not there."""
        return Change(self, _key(at, key), put={name: _simple(value) for name, value in values.items()})

    def add(self, at: Recorded, *key: Any, **amounts: Any) -> Change:
        """Add to sum columns of the row, from zero if it is not there."""
        return Change(self, _key(at, key), add=amounts)

    def update(self, at: Recorded, *key: Any, by: Callable[[Row], Row]) -> Change:
        """Set what ``by`` answers for the row as it stands; its sum columns are not to be read."""
        return Change(self, _key(at, key), update=lambda row: {n: _simple(v) for n, v in by(row).items()})

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and other.name == self.name


Fold = Callable[[Any, Recorded], Iterable[Change] | Change | None]
F = TypeVar("F", bound=Fold)


class Projection:
    """A read model: tables and folds. A change of its meaning is a new ``version``, built from the first event."""

    def __init__(self, name: str, *tables: Table, version: int = 1) -> None:
        self.name, self.tables, self.version = name, tables, version
        self.folds: dict[str, Fold] = {}

    def on(self, *event_types: type[Event]) -> Callable[[F], F]:
        """Register the fold of these event types."""

        def register(fold: F) -> F:
            for event_type in event_types:
                self.folds[event_type.type_name] = fold
            return fold

        return register

    def changes(self, recorded: Recorded) -> Iterable[Change]:
        """What the event does to the rows, in order."""
        outcome = self.folds[recorded.event.type_name](recorded.event, recorded)
        if outcome is None:
            return ()
        return (outcome,) if isinstance(outcome, Change) else outcome


def apply(rows: dict[tuple[Table, tuple[Any, ...]], Row], change: Change, position: int) -> None:
    """Apply a change to rows in memory: the same merge for a batch and for a fold from zero."""
    row = rows.setdefault((change.table, change.key), {})
    row.update(change.put)
    for name, amount in change.add.items():
        row[name] = row.get(name, 0) + amount
    if change.update:
        row.update(change.update(row))
    row["position"] = position


def plain(value: Any) -> Any:
    """A domain value as the plain data that a jsonb column gives back."""
    return msgspec.to_builtins(value)


def _key(at: Recorded, key: tuple[Any, ...]) -> tuple[Any, ...]:
    return (at.workspace, *map(_simple, key))


def _simple(value: Any) -> Any:
    """Structs and collections as plain data, members of enumerations by value."""
    if isinstance(value, Enum):
        return value.value
    return plain(value) if isinstance(value, msgspec.Struct | list | tuple | dict) else value
