"""Objects of one class, side by side, whose attributes are there as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Frame(Sequence[T], Generic[T]):
    """A list of objects that need not be made as long as only their attributes are asked for.

    :param kind: the class that all of them are of.
    :param count: how many there are.
    :param column: an attribute of each of them, in order, by its name; it may raise what the attribute of one would raise.
    :param make: makes the objects.
    """

    __slots__ = ("_column", "_count", "_made", "_make", "kind")

    def __init__(
        self, kind: type[T], count: int, column: Callable[[str], Sequence[Any]], make: Callable[[], list[T]]
    ) -> None:
        self.kind, self._count, self._column, self._make = kind, count, column, make
        self._made: list[T] | None = None

    def columns(self, attributes: Sequence[str]) -> list[Sequence[Any]]:
        """These attributes of all of them."""
        return list(map(self._column, attributes))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self._objects[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._objects)

    @property
    def _objects(self) -> list[T]:
        if self._made is None:
            self._made = self._make()
        return self._made


def kinds_of(values: Sequence[Any]) -> set[type]:
    """The classes that values are of."""
    if type(values) is Frame:
        return {values.kind} if len(values) else set()
    return set(map(type, values))
