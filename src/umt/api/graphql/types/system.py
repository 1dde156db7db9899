"""How the system itself is doing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.fields import field
from umt.api.graphql.pages import Asked, Connection, Listed, alone, connection
from umt.api.graphql.request import Request
from umt.api.graphql.scalars import Long
from umt.api.graphql.seen import shown
from umt.application import queries
from umt.application.lists import Order


@strawberry.type(description="How far a read model has come.")
class ProjectionStatus:
    name: str = strawberry.field(description="Its name.")
    version: int = strawberry.field(description="The version of its meaning.")
    position: Long = strawberry.field(description="The last event of the log that is in it.")
    head: Long = strawberry.field(description="The log's newest event.")
    beat_at: datetime = strawberry.field(description="Its worker's last sign of life, by the database's clock.")
    state: str = strawberry.field(
        description="current; catching_up; building, beside the live tables; failing, its work is begun again and again; "
        "silent, its worker gives no sign of life."
    )
    live: bool = strawberry.field(description="Whether this is what queries show; false for one that is being built.")
    dead_letters: Long = strawberry.field(description="Events of the workspace that could not be applied and wait.")

    @field("Events that are not in it yet.")
    def lag(self) -> Long:
        return Long(max(self.head - self.position, 0))


@strawberry.type(description="How fresh everything is that queries show of the workspace.")
class Freshness:
    position: str = strawberry.field(
        description="All read models show everything of the workspace up to here, but what waits as a dead letter; for "
        "`atLeast` and `asOf`."
    )
    head: str = strawberry.field(description="The log's newest event. As the position, when nothing is to come.")
    lag_seconds: float = strawberry.field(
        description="For how long the oldest event of the workspace waits that is not shown; 0 when there is none."
    )

    @classmethod
    def of(cls, found: queries.WorkspaceFreshness) -> Freshness:
        return cls(
            position=positions.encode(found.position),
            head=positions.encode(found.head),
            lag_seconds=found.lag_seconds,
        )


@strawberry.type(description="An event that a read model could not apply, or one that waits behind such a one.")
class DeadLetter:
    projection: str = strawberry.field(description="The read model's name.")
    position: str = strawberry.field(description="The event's place in the log.")
    stream: UUID = strawberry.field(description="The thing whose event it is.")
    version: int = strawberry.field(description="Its place in the history of that thing, from 1.")
    type: str = strawberry.field(description="What kind of event it is, e.g. campaign.launched.")
    error: str | None = strawberry.field(
        description="What kind of failure it was, e.g. InvalidValue; null for one that waits behind another."
    )
    attempts: int = strawberry.field(description="How often it was tried.")
    parked_at: datetime = strawberry.field(description="Since when it waits, by the database's clock.")

    @classmethod
    def of(cls, letter: queries.DeadLetter) -> DeadLetter:
        return shown(letter, cls, position=positions.encode(letter.position))


_LETTERS: Final = Listed("dead_letters", Order(("position", "projection"), descending=True))


async def dead_letters(request: Request, where: Mapping[str, Any], asked: Asked) -> Connection[DeadLetter]:
    """A page of them, newest first."""
    questions, caller, stretch = request.services.queries, await request.caller(), _LETTERS.stretch(asked)
    given = {name: value for name, value in where.items() if value is not None}
    request.charge()
    return connection(
        _LETTERS,
        await questions.parked(caller, given, stretch),
        lambda letter: (letter.position, letter.projection),
        DeadLetter.of,
        alone(lambda: questions.count_parked(caller, given)),
    )


@strawberry.type(description="A value that a fold of the log from zero gives otherwise than it is stored.")
class Difference:
    table: str = strawberry.field(description="The table.")
    key: str = strawberry.field(description="The row's key.")
    column: str = strawberry.field(description="The column; empty when a row is missing or should not be.")
    stored: str = strawberry.field(description="What the row holds.")
    folded: str = strawberry.field(description="What the events give.")


@strawberry.type(description="A read model's rows of the workspace compared with a fold of its events from zero.")
class Verification:
    projection: str = strawberry.field(description="The read model's name.")
    events: Long = strawberry.field(description="How many events were folded.")
    rows: Long = strawberry.field(description="How many rows they give.")
    differences: list[Difference] = strawberry.field(description="Where rows and fold differ.")
    parked: Long = strawberry.field(description="Events that wait as dead letters; the fold leaves them out too.")

    @field("Whether nothing differs.")
    def holds(self) -> bool:
        return not self.differences


@strawberry.type(description="The business's clock.")
class Clock:
    now: datetime = strawberry.field(description="What time it is.")
