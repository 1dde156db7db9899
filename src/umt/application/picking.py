"""Parts of lists that are in memory: the same conditions, orders and stretches that read models are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from umt.application.lists import Between, Containing, HavingAny, Key, Known, Order, Page, Stretch

Row = dict[str, Any]


def picked(rows: Iterable[Row], where: Mapping[str, Any]) -> list[Row]:
    """Those that hold these values, or one of those in a list, or what a condition of `umt.application.lists` lets
    through."""
    return [row for row in rows if all(_meets(row[name], condition) for name, condition in where.items())]


def page_of(rows: Iterable[Row], order: Order, stretch: Stretch) -> Page[Row]:
    """What is in a stretch of the rows in this order."""
    ordered = sorted(rows, key=lambda row: _place(key_of(row, order)), reverse=order.descending)
    places = [_place(key_of(row, order)) for row in ordered]

    def begun(key: Key, *, itself: bool) -> int:
        """How many come before a key; with ``itself``, it counts, too."""
        at = _place(key)
        return sum((place > at if order.descending else place < at) or (itself and place == at) for place in places)

    first = 0 if stretch.after is None else begun(stretch.after, itself=True)
    behind = len(ordered) if stretch.before is None else begun(stretch.before, itself=False)
    if stretch.from_end:
        first = max(first, behind - stretch.limit)
    else:
        behind = min(behind, first + stretch.limit)
    return Page(ordered[first:behind], more_before=first > 0, more_behind=behind < len(ordered))


def key_of(row: Row, order: Order) -> Key:
    """A row's place in the order."""
    return tuple(row[column] for column in order.columns)


def _place(key: Key) -> tuple[tuple[bool, Any], ...]:
    """As it is compared: null comes before everything."""
    return tuple((value is not None, value) for value in key)


def _meets(value: Any, condition: Any) -> bool:
    match condition:
        case Between(since, until, last_included):
            if since is None and until is None:
                return True
            return (
                value is not None
                and (since is None or value >= since)
                and (until is None or value < until or (last_included and value == until))
            )
        case Containing(part):
            return value is not None and part in value
        case HavingAny(of):
            return value is not None and not set(of).isdisjoint(value)
        case Known(known):
            return (value is not None) is known
        case list() | tuple():
            return value in condition
        case _:
            return bool(value == condition)
