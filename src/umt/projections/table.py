"""How a read model is declared: its tables with a comment on every column, and a fold from events to row changes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec

from umt.domain.event import Event
from umt.domain.recorded import Envelope, Recorded

Row = dict[str, Any]
Key = tuple[Any, ...]


class Column(msgspec.Struct, frozen=True):
    """A column: its SQL type and what it means, with the unit.

    A type like ``sum bigint`` marks a column that is only ever added to, so that rows fed by several streams need no
    order between them; all other columns are only ever set.

    ``lowest`` is for a column that lists are sorted by and that may be null: a constant in SQL that is below all that it
    holds. Null sorts as that.
    """

    name: str
    type: str
    comment: str
    lowest: str | None = None

    @property
    def summed(self) -> bool:
        return self.type.startswith("sum ")

    @property
    def sql_type(self) -> str:
        return self.type.removeprefix("sum ")

    @property
    def sorted_by(self) -> str:
        """What lists are sorted by, in SQL. Row security lets an index on CASE be used, on coalesce not: it might tell."""
        if self.lowest is None:
            return self.name
        return f"(CASE WHEN {self.name} IS NULL THEN {self.lowest} ELSE {self.name} END)"


class Change(msgspec.Struct, frozen=True, gc=False):
    """What an event does to one row: set columns, add to columns, or set what a function of the row says."""

    table: Table
    key: Key
    put: Row = {}
    add: Row = {}
    update: Callable[[Row], Row] | None = None


class Table(msgspec.Struct, frozen=True, eq=False):
    """A table of a read model. The workspace leads its key.

    ``of_stream``: the first column of the key is the id of the stream that the row tells of, and only that stream
    changes the row. ``sorted_by``: the columns by which a workspace's rows are listed; each makes an index, with the
    key behind it, so that pages of any depth are read without sorting.
    """

    name: str
    comment: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    indexes: tuple[str, ...] = ()
    of_stream: bool = False
    sorted_by: tuple[str, ...] = ()

    @property
    def all_key(self) -> tuple[Column, ...]:
        return (WORKSPACE, *self.key)

    @property
    def all_indexes(self) -> tuple[str, ...]:
        """What its indexes are on, in SQL."""
        columns = {column.name: column for column in self.all_columns}
        key = ", ".join(column.name for column in self.key)
        return (*self.indexes, *(f"workspace, {columns[name].sorted_by}, {key}" for name in self.sorted_by))

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """What a row holds: its key, what the folds say, and what the engine notes of the last change."""
        return (*self.all_key, *NOTED, *self.columns)

    @property
    def published(self) -> tuple[Column, ...]:
        """What its view in read_v1 shows, in this order for ever, so that new columns come last."""
        return (*self.all_key, *NOTED, INCOMPLETE, *self.columns)

    def put(self, at: Envelope, *key: Any, **values: Any) -> Change:
        """Set columns of the row, which is made if it is not there."""
        return Change(self, _key(at, key), put=_simple(values))

    def add(self, at: Envelope, *key: Any, **amounts: Any) -> Change:
        """Add to sum columns of the row, from zero if it is not there."""
        return Change(self, _key(at, key), add=amounts)

    def update(self, at: Envelope, *key: Any, by: Callable[[Row], Row]) -> Change:
        """Set what ``by`` answers for the row as it stands; its sum columns are not to be read."""
        return Change(self, _key(at, key), update=lambda row: _simple(by(row)))


WORKSPACE: Final = Column("workspace", "uuid", "The tenant.")
POSITION: Final = Column("position", "bigint", "The event that last changed this row.")
UPDATED_AT: Final = Column("updated_at", "timestamptz", "When that event was recorded (UTC).")
INCOMPLETE: Final = Column(
    "incomplete", "boolean", "Whether an event that touches this row could not be applied and waits as a dead letter."
)
NOTED: Final = (POSITION, UPDATED_AT)
"""What the engine writes into every row."""

Fold = Callable[[Any, Any], Iterable[Change] | Change | None]
F = TypeVar("F", bound=Fold)
Sequence = Literal["stream", "workspace"]


class Projection:
    """A read model: tables and folds. A change of its meaning is a new ``version``, built from the first event.

    ``sequenced_by`` says whose events must stay in order. Rows that several streams feed change only additively,
    or the key is the workspace.
    """

    def __init__(self, name: str, *tables: Table, version: int = 1, sequenced_by: Sequence = "stream") -> None:
        self.name, self.tables, self.version, self.sequenced_by = name, tables, version, sequenced_by
        self.folds: dict[str, Fold] = {}
        self.with_metadata = False
        """Whether a fold asks who, why or when in the business's time; without, reading is twice as fast."""

    def on(self, *event_types: type[Event]) -> Callable[[F], F]:
        """Register the fold of these event types. One that takes an `Envelope` is read without metadata."""

        def register(fold: F) -> F:
            for event_type in event_types:
                self.folds[event_type.type_name] = fold
            if _takes_metadata(fold):
                self.with_metadata = True
            return fold

        return register

    def key(self, at: Envelope) -> UUID:
        """The sequencing key of an event."""
        return at.stream if self.sequenced_by == "stream" else at.workspace

    def changes(self, recorded: Envelope) -> Iterable[Change]:
        """What the event does to the rows, in order."""
        outcome = self.folds[recorded.event.type_name](recorded.event, recorded)
        if outcome is None:
            return ()
        return (outcome,) if isinstance(outcome, Change) else outcome

    def table(self, name: str) -> Table:
        """Its table of this name; KeyError without one."""
        return {table.name: table for table in self.tables}[name]


def plain(value: Any) -> Any:
    """A domain value as the plain data that a jsonb column gives back."""
    return msgspec.to_builtins(value)


def _takes_metadata(fold: Fold) -> bool:
    *_, at = inspect.signature(fold, eval_str=True).parameters.values()
    if at.annotation not in (Envelope, Recorded):
        raise TypeError(f"{fold.__qualname__}: annotate its second parameter as Envelope or Recorded")
    return at.annotation is Recorded


_SIMPLE: Final = frozenset({str, int, bool, NoneType, UUID, Decimal, date, datetime})


def _key(at: Envelope, key: Key) -> Key:
    return (at.workspace, *[value if type(value) in _SIMPLE else _converted(value) for value in key])


def _simple(values: Row) -> Row:
    return {name: value if type(value) in _SIMPLE else _converted(value) for name, value in values.items()}


def _converted(value: Any) -> Any:
    """Structs and collections as plain data, members of enumerations by value."""
    if isinstance(value, Enum):
        return value.value
    return plain(value) if isinstance(value, msgspec.Struct | list | tuple | dict) else value
