"""How subscriptions follow a thing's events, or what views show."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.types.field import StrawberryField

from umt.api import positions
from umt.api.graphql.request import Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.history import HistoryEntry
from umt.application.history import Names
from umt.application.live import Happened
from umt.application.permissions import KINDS
from umt.application.views_read import note_views
from umt.domain.event import Aggregate

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T", bound="Told")

Thing = Annotated[UUID, strawberry.argument(description="Its id.")]
After = Annotated[
    str | None,
    strawberry.argument(
        description="The `position` of the last event seen, to go on behind it with nothing missed or repeated; without it"
        " from the first event on."
    ),
]
AtLeast = Annotated[
    str | None,
    strawberry.argument(
        description="A `position` that a mutation or an answer before gave: the first answer has everything up to there."
    ),
]


@strawberry.type
class Told:
    position: str = strawberry.field(
        description="Its place in the log: as `after` it goes on behind this event, as `atLeast` it shows this elsewhere."
    )
    entry: HistoryEntry = strawberry.field(description="What happened, in plain words.")


@strawberry.type
class Changed:
    position: str = strawberry.field(
        description="What is shown here has everything up to there: as `atLeast` it brings other answers that far."
    )


def told(kind: type[T], happened: Happened[Any], names: Names = str, **more: Any) -> T:
    """The GraphQL type of an event."""
    entry = HistoryEntry.of(happened.recorded, names)
    return kind(position=entry.position, entry=entry, **more)


async def events(request: Request, kind: type[A], identifier: UUID, after: str | None) -> AsyncGenerator[Happened[A]]:
    """A thing's events behind a position, and those to come. What is read for each shows at least that one."""
    token = request.resumed_after(after)
    place = positions.decode(token, "after") if token else 0
    feed = request.services.live.events(request.caller_now, kind, identifier, place)
    async with aclosing(feed):
        async for happened in feed:
            request.begin_anew()
            request.at_least = happened.recorded.position
            request.told = positions.encode(happened.recorded.position)
            yield happened


async def changes(
    request: Request, view: str, at_least: str | None, restless: Callable[[], float | None] = lambda: None
) -> AsyncGenerator[str]:
    """The position that the view shows at least, now and after each change of it or of what else was read for the answer
    before."""
    position = request.wants(request.resumed_after(at_least))
    feed = request.services.live.changes(request.caller_now, view, note_views(), position, restless)
    async with aclosing(feed):
        async for shown in feed:
            request.told = positions.encode(shown.position)
            yield request.told


async def seen(request: Request, happened: Happened[A]) -> Seen[A]:
    """The thing as the event left it."""
    at = happened.recorded
    if at.stream not in request.born:
        permission = KINDS[type(happened.after).kind]
        times = await request.services.queries.times(await request.caller(), permission, [at.stream])
        request.born[at.stream] = times[at.stream].created_at
    return Seen(at.stream, happened.after, at.version, at.position, request.born[at.stream], at.recorded_at)


def as_in_queries(field: StrawberryField) -> Any:
    """A field of the same name, arguments and answer as that query."""
    assert field.base_resolver
    return strawberry.field(resolver=field.base_resolver.wrapped_func, description=field.description)
