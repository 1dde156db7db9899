"""Moments of the past, as queries take them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.request import Request
from umt.application.past import Moment
from umt.domain.errors import InvalidValue, NotFound

T = TypeVar("T")


@strawberry.input(one_of=True, description="A moment of the past: exactly one of these.")
class AsOf:
    time: datetime | None = strawberry.field(
        description="What had been recorded by then; a time to come stands for now.", default=strawberry.UNSET
    )
    version: int | None = strawberry.field(
        description="When the thing had this version, from 1: everything as it was at the very event that made it.",
        default=strawberry.UNSET,
    )
    position: str | None = strawberry.field(
        description="A position of the log, as mutations, things and lines of history have it.",
        default=strawberry.UNSET,
    )


@strawberry.input(one_of=True, description="A moment of the past, of no thing in particular: exactly one of these.")
class AsOfMoment:
    time: datetime | None = strawberry.field(
        description="What had been recorded by then; a time to come stands for now.", default=strawberry.UNSET
    )
    position: str | None = strawberry.field(
        description="A position of the log, as mutations, things and lines of history have it.",
        default=strawberry.UNSET,
    )


ThingAsOf = Annotated[
    AsOf | None,
    strawberry.argument(
        description="A moment of the past: the thing, and all that is asked below it, as it was then. Not beside `atLeast`."
    ),
]
FiguresAsOf = Annotated[
    AsOfMoment | None,
    strawberry.argument(description="A moment of the past: the figures as they were known then. Not beside `atLeast`."),
]


async def resolved(
    request: Request, as_of: AsOf | AsOfMoment, at_least: str | None, thing: tuple[str, UUID] | None = None
) -> int:
    """The one position that the argument stands for. If it is a version, it is one of the thing: a kind and an id."""
    if at_least is not None:
        raise InvalidValue("atLeast", "must not be given beside `asOf`: what was does not wait for what is new")
    given = {name: value for name, value in vars(as_of).items() if value is not strawberry.UNSET}
    if "position" in given:
        given["position"] = positions.decode(given["position"], "asOf.position")
    moment = Moment(**given)
    return await request.services.queries.past.position(await request.caller(), moment, "asOf", thing)


async def thing_as_of(
    request: Request,
    lookup: Callable[[Request, list[UUID], int], Awaitable[Sequence[T | NotFound]]],
    kind: str,
    identifier: UUID,
    as_of: AsOf,
    at_least: str | None,
) -> T:
    """A thing as it was; NotFound if it was not there yet."""
    at = await resolved(request, as_of, at_least, (kind, identifier))
    (found,) = await lookup(request, [identifier], at)
    if isinstance(found, NotFound):
        raise found
    return found
