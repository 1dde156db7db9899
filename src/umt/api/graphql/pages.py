"""Lists in pages: connections in Relay's form, over keys that stay where they are when rows come or go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from types import GenericAlias
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
import strawberry

from umt.api import positions
from umt.api.graphql.column import column
from umt.api.graphql.fields import field
from umt.api.graphql.past import VIEWS, seen_at
from umt.api.graphql.request import Info, Request
from umt.api.graphql.scalars import Long
from umt.api.graphql.stored import Stored
from umt.application.lists import Belonging, Between, Key, Order, Page, Rows, Stretch
from umt.application.picking import key_of, page_of
from umt.application.queries import Row
from umt.domain.errors import InvalidValue

T = TypeVar("T")
V = TypeVar("V")

LARGEST_PAGE: Final = 100

First = Annotated[
    int | None,
    strawberry.argument(description="How many at most, from the beginning: 1 to 100. Either this or `last`."),
]
After = Annotated[str | None, strawberry.argument(description="A cursor: only what lies behind its place.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many at most, from the end: 1 to 100. Either this or `first`.")
]
Before = Annotated[str | None, strawberry.argument(description="A cursor: only what lies before its place.")]
AtLeast = Annotated[
    str | None,
    strawberry.argument(
        description="A `position` that a mutation gave: the answer waits until that change is in it, or fails with STALE_READ."
    ),
]


class Asked(msgspec.Struct, frozen=True):
    """Which page a caller asks for, as the arguments of a connection say it."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None

    @property
    def limit(self) -> int:
        """How many at most; InvalidValue unless exactly one of ``first`` and ``last`` says so."""
        if self.first is None and self.last is None:
            raise InvalidValue("first", f"must be given, or `last`: 1 to {LARGEST_PAGE}")
        if self.first is not None and self.last is not None:
            raise InvalidValue("last", "must not be given beside `first`")
        name, number = ("last", self.last) if self.first is None else ("first", self.first)
        if number is None or not 1 <= number <= LARGEST_PAGE:
            raise InvalidValue(name, f"must be between 1 and {LARGEST_PAGE}")
        return number


Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Place = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]

_HELD: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("position", "version", "sequence"), Place),
    **dict.fromkeys(("created_at", "started_at", "decided_at", "first_at", "expires_at"), Instant),
    **dict.fromkeys(("published_at", "synced_at", "last_used_at"), Instant | None),
    **dict.fromkeys(("starts_on", "ends_on"), date | None),
    **dict.fromkeys(("name_key", "title_key", "projection"), str),
    "total_budget_key": Place | None,
}
"""What the columns hold that lists are sorted by; the others hold ids."""


class Listed(msgspec.Struct, frozen=True):
    """A list in an order, whose cursors are of use to it alone."""

    name: str
    order: Order

    def cursor(self, key: Key) -> str:
        """The place of a key."""
        return positions.opaque(msgspec.json.encode((self._said, *key)))

    def stretch(self, asked: Asked) -> Stretch:
        """The part of the list that is asked for."""
        return Stretch(
            limit=asked.limit,
            from_end=asked.first is None,
            after=self._place(asked.after, "after"),
            before=self._place(asked.before, "before"),
        )

    @property
    def _said(self) -> str:
        return f"{self.name}{'-' if self.order.descending else '+'}{self.order.columns[0]}"

    def _place(self, cursor: str | None, argument: str) -> Key | None:
        if cursor is None:
            return None
        held: Any = GenericAlias(tuple, (str, *(_HELD.get(column, UUID) for column in self.order.columns)))
        try:
            said, *key = msgspec.json.decode(positions.transparent(cursor, argument), type=held)
        except msgspec.MsgspecError as error:
            raise InvalidValue(argument, "is not a cursor of this list") from error
        if said != self._said:
            raise InvalidValue(argument, "is not a cursor of this list in this order")
        return tuple(key)


def newest_first(name: str, identifier: str, moment: str = "created_at") -> Listed:
    """By time, newest first, then by id."""
    return Listed(name, Order((moment, identifier), descending=True))


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether the list has more behind it.")
    has_previous_page: bool = strawberry.field(description="Whether the list has more before it.")
    start_cursor: str | None = strawberry.field(description="The cursor of its first node; null when it is empty.")
    end_cursor: str | None = strawberry.field(description="The cursor of its last node; null when it is empty.")


@strawberry.type(description="A node at its place in a list.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="What is there.")
    place: strawberry.Private[tuple[Listed, Key]]

    @field("Its place, to go on from there.")
    def cursor(self) -> str:
        listed, key = self.place
        return listed.cursor(key)


class Counting(msgspec.Struct, frozen=True):
    """How lists are counted on demand: those of several things at once, each by its thing."""

    counts: Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, int]]]
    thing: UUID


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    nodes: list[T] = strawberry.field(description="The nodes alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    counted: strawberry.Private[Counting]
    places: strawberry.Private[Callable[[], list[tuple[Listed, Key]]]]
    """The place of each node."""

    @field("The nodes with their places.")
    def edges(self) -> list[Edge[T]]:
        return [Edge(node=node, place=place) for node, place in zip(self.nodes, self.places(), strict=True)]

    @column("How many there are in the whole list; counted only when asked for.")
    async def total_count(pages: Sequence[Connection[Any]], info: Info) -> Sequence[Long]:
        things: dict[Any, list[UUID]] = defaultdict(list)
        for page in pages:
            things[page.counted.counts].append(page.counted.thing)
        info.context.charge(len(things))
        found = {counts: await counts(of) for counts, of in things.items()}
        return [Long(found[page.counted.counts].get(page.counted.thing, 0)) for page in pages]


def connection(
    listed: Listed, page: Page[V], key: Callable[[V], Key], node: Callable[[V], T], counted: Counting
) -> Connection[T]:
    """A page as it is answered."""
    ends = [listed.cursor(key(page.items[end])) for end in (0, -1)] if page.items else []
    return Connection(
        nodes=_nodes(page.items, node),  # type: ignore[arg-type]
        places=lambda: [(listed, key(item)) for item in page.items],
        page_info=PageInfo(
            has_next_page=page.more_behind,
            has_previous_page=page.more_before,
            start_cursor=ends[0] if ends else None,
            end_cursor=ends[1] if ends else None,
        ),
        counted=counted,
    )


def _nodes(items: Sequence[V], node: Callable[[V], T]) -> Sequence[T]:
    if isinstance(items, Rows) and isinstance(node, Stored):
        return node.all(items)
    return list(map(node, items))


def alone(count: Callable[[], Awaitable[int]]) -> Counting:
    """How a list of its own is counted."""
    whole = UUID(int=0)

    async def counts(_: Sequence[UUID]) -> Mapping[UUID, int]:
        return {whole: await count()}

    return Counting(counts, whole)


async def page_of_rows(
    request: Request,
    view: str,
    listed: Listed,
    node: Callable[[Row], T],
    asked: Asked,
    *,
    where: Mapping[str, Any],
    at_least: int | None,
    columns: tuple[str, ...] | None = None,
) -> Connection[T]:
    """A page of a read model that shows that position. Conditions that are None do not count. Of the rows all columns are
    read, or these and what the list is sorted by."""
    queries, caller, where = request.services.queries, await request.caller(), _given(where)
    stretch = listed.stretch(asked)
    request.charge()
    page = await queries.page(
        caller,
        view,
        where=where,
        order=listed.order,
        stretch=stretch,
        at_least=at_least,
        columns=None if columns is None else tuple(dict.fromkeys((*columns, *listed.order.columns))),
    )
    return connection(listed, page, _key_of(listed), node, alone(lambda: queries.count(caller, view, where=where)))


async def pages_of_things(
    request: Request,
    view: str,
    listed: Listed,
    node: Callable[[Row], T],
    asked: Asked,
    *,
    of: Belonging,
    things: Sequence[UUID],
    where: Mapping[str, Any],
    at: int | None,
) -> list[Connection[T]]:
    """For each of the things a page of the rows that are ``of`` it, all of them in one query; or that were so at a
    position."""
    queries, caller, where = request.services.queries, await request.caller(), _given(where)
    stretch = listed.stretch(asked)
    request.charge(len(things))
    if at is not None and view in VIEWS:
        return await _pages_then(request, view, listed, node, stretch, of, things, where, at)
    if at is not None:  # rows that never change
        where = {**where, "position": Between(until=at)}
    pages = await queries.pages(
        caller,
        view,
        of=of,
        things=things,
        where=where,
        order=listed.order,
        stretch=stretch,
        at_least=request.at_least if at is None else at,
    )

    async def counts(counted: Sequence[UUID]) -> Mapping[UUID, int]:
        return await queries.counts(caller, view, of=of, things=counted, where=where)

    key = _key_of(listed)
    return [
        connection(listed, page, key, lambda row: seen_at(node(row), at), Counting(counts, thing))
        for thing, page in zip(things, pages, strict=True)
    ]


async def _pages_then(
    request: Request,
    view: str,
    listed: Listed,
    node: Callable[[Row], T],
    stretch: Stretch,
    of: Belonging,
    things: Sequence[UUID],
    where: Mapping[str, Any],
    at: int,
) -> list[Connection[T]]:
    found = await request.past.belonging(view, of, things, where, at)

    async def counts(counted: Sequence[UUID]) -> Mapping[UUID, int]:
        return {thing: len(found[thing]) for thing in counted}

    key = _key_of(listed)
    return [
        connection(
            listed,
            page_of(found[thing], listed.order, stretch),
            key,
            lambda row: seen_at(node(row), at),
            Counting(counts, thing),
        )
        for thing in things
    ]


def _given(where: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in where.items() if value is not None}


def _key_of(listed: Listed) -> Callable[[Row], Key]:
    return lambda row: key_of(row, listed.order)
