"""Lists in pages: connections in Relay's form, over keys that stay where they are when rows come or go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
import strawberry

from umt.api import positions
from umt.api.graphql.request import Request
from umt.application.queries import Row
from umt.domain.errors import InvalidValue

T = TypeVar("T")

LARGEST_PAGE: Final = 100

First = Annotated[int, strawberry.argument(description="How many at most: 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor of the last one seen, to go on behind it.")]
AtLeast = Annotated[
    str | None,
    strawberry.argument(
        description="A `position` that a mutation gave: the answer waits until that change is in it, or fails with STALE_READ."
    ),
]


@strawberry.type(description="Where a page ends.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more behind it.")
    has_previous_page: bool = strawberry.field(description="Whether it was asked for behind a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of its first node; null when it is empty.")
    end_cursor: str | None = strawberry.field(description="The cursor of its last node; null when it is empty.")


@strawberry.type(description="A node at its place in a list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Its place, to go on behind it.")
    node: T = strawberry.field(description="What is there.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The nodes with their places.")
    nodes: list[T] = strawberry.field(description="The nodes alone.")
    page_info: PageInfo = strawberry.field(description="Where the page ends.")


Key = tuple[Any, ...]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Place = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Order(msgspec.Struct, frozen=True):
    """An order without ties: columns (``-`` first: descending, all of them alike) and what a cursor holds of them."""

    name: str
    columns: tuple[str, ...]
    key: Any

    def cursor(self, key: Key) -> str:
        return positions.opaque(msgspec.json.encode((self.name, *key)))

    def place(self, cursor: str | None) -> Key | None:
        """The key that a cursor stands for."""
        if cursor is None:
            return None
        try:
            name, *key = msgspec.json.decode(positions.transparent(cursor, "after"), type=self.key)
        except msgspec.MsgspecError as error:
            raise InvalidValue("after", "is not a cursor of this list") from error
        if name != self.name:
            raise InvalidValue("after", "is not a cursor of this list")
        return tuple(key)


def newest_first(view: str, identifier: str, moment: str = "created_at") -> Order:
    """By time, newest first, then by id."""
    return Order(view, (f"-{moment}", f"-{identifier}"), tuple[str, Instant, UUID])


def by_position(name: str) -> Order:
    """In the log's order."""
    return Order(name, ("position",), tuple[str, Place])


def checked(first: int) -> int:
    if not 1 <= first <= LARGEST_PAGE:
        raise InvalidValue("first", f"must be between 1 and {LARGEST_PAGE}")
    return first


async def page_of_rows(
    request: Request,
    view: str,
    order: Order,
    node: Callable[[Row], T],
    *,
    where: Mapping[str, Any],
    first: int,
    after: str | None,
    at_least: int | None,
) -> Connection[T]:
    """A page of a read model that shows that position. Conditions that are None do not count."""
    place = order.place(after)
    request.charge()
    rows = await request.services.queries.many(
        await request.caller(),
        view,
        where={name: value for name, value in where.items() if value is not None},
        order=order.columns,
        limit=checked(first) + 1,
        after=place,
        at_least=at_least,
    )
    names = [column.removeprefix("-") for column in order.columns]
    return connection(order, [(tuple(row[n] for n in names), node(row)) for row in rows], first, after)


def connection(order: Order, found: Sequence[tuple[Key, T]], first: int, after: str | None) -> Connection[T]:
    """The page of what was found, of which one more than ``first`` was asked for."""
    edges = [Edge(cursor=order.cursor(key), node=node) for key, node in found[:first]]
    info = PageInfo(
        has_next_page=len(found) > first,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, nodes=[edge.node for edge in edges], page_info=info)
