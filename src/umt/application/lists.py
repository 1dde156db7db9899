"""How a part of a long list is asked for: which rows, in which order, and so many from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

import msgspec

T = TypeVar("T")
Key = tuple[Any, ...]
"""What the columns of an order hold in one row: its place in the list."""


class Order(msgspec.Struct, frozen=True):
    """An order without ties: by these columns, all of them from the least to the greatest or all the other way."""

    columns: tuple[str, ...]
    descending: bool = False


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """So many items from the beginning of a list, or from its end; of what lies behind one key and before another."""

    limit: int
    from_end: bool = False
    after: Key | None = None
    before: Key | None = None

    @property
    def is_between(self) -> bool:
        """Whether it has a key, beyond which there may be more."""
        return self.after is not None or self.before is not None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """What is in a stretch, in the list's order, and whether the list has more on either side of it."""

    items: Sequence[T]
    more_before: bool = False
    more_behind: bool = False


class Rows(Sequence[dict[str, Any]]):
    """Rows that have the same columns, kept column by column, as they are mostly used; a row is made when it is asked for."""

    __slots__ = ("_count", "columns")

    def __init__(self, columns: Mapping[str, Sequence[Any]], count: int) -> None:
        self.columns, self._count = columns, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> Rows: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | Rows:
        if isinstance(index, slice):
            part = {name: column[index] for name, column in self.columns.items()}
            return Rows(part, len(range(*index.indices(self._count))))
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return {name: column[index] for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = tuple(self.columns)
        return (dict(zip(names, values, strict=True)) for values in zip(*self.columns.values(), strict=True))


class Between(msgspec.Struct, frozen=True):
    """A condition: the value is in this range, or null is not in it. An end that is None is open."""

    since: Any = None
    until: Any = None
    last_included: bool = True


class Containing(msgspec.Struct, frozen=True):
    """A condition: this is a part of the text."""

    part: str


class HavingAny(msgspec.Struct, frozen=True):
    """A condition: the list of texts has one of these."""

    of: tuple[str, ...]


class Known(msgspec.Struct, frozen=True):
    """A condition: there is a value, or there is none."""

    known: bool


class Through(msgspec.Struct, frozen=True):
    """Which rows are a thing's by way of another read model: those whose ``column`` some row of ``view`` holds whose
    column ``of`` holds the thing, and which meets the conditions."""

    column: str
    view: str
    of: str
    where: tuple[tuple[str, Any], ...] = ()


Belonging = str | Through
"""Which rows are a thing's: those whose column of this name holds it, or `Through` others."""
