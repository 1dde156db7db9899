"""How a part of a long list is asked for: which rows, in which order, and so many from where."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

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


class Page(msgspec.Struct, Generic[T], frozen=True):
    """What is in a stretch, in the list's order, and whether the list has more on either side of it."""

    items: list[T]
    more_before: bool = False
    more_behind: bool = False


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
