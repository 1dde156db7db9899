"""History in plain words."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import ActorKind
from umt.api.graphql.pages import Connection, by_position, checked, connection
from umt.api.graphql.request import Request
from umt.api.graphql.seen import shown
from umt.application.history import Names, entry
from umt.domain.recorded import Recorded


@strawberry.type(description="One line of history. Persons are told by id only.")
class HistoryEntry:
    position: str = strawberry.field(description="Its place in the log.")
    version: int = strawberry.field(description="Its place in the history of its subject, from 1.")
    effective_at: datetime = strawberry.field(description="When it happened, by the business's clock.")
    recorded_at: datetime = strawberry.field(description="When it was recorded, by the database's clock.")
    actor: str = strawberry.field(description="Who did it, in words.")
    actor_kind: ActorKind = strawberry.field(description="What kind of thing did it.")
    actor_id: str = strawberry.field(description="Which member, agent or part of the system did it.")
    event_type: str = strawberry.field(description="What kind of event it is, e.g. campaign.launched.")
    text: str = strawberry.field(description="What happened, in plain words.")
    correlation: UUID = strawberry.field(description="Shared by everything that one request led to.")
    causation: UUID | None = strawberry.field(description="The event that led to this one; null for a person's act.")

    @classmethod
    def of(cls, recorded: Recorded, names: Names) -> HistoryEntry:
        said = entry(recorded, names)
        return shown(said, cls, position=positions.encode(said.position))


_ORDER = by_position("history")


async def history(
    request: Request, subject: UUID, first: int, after: str | None, names: Names = str
) -> Connection[HistoryEntry]:
    """All that happened to a thing, in the log's order, from the log itself."""
    place = _ORDER.place(after)
    request.charge()
    found = await request.services.queries.history(
        await request.caller(), [subject], after=place[0] if place else 0, limit=checked(first) + 1
    )
    return connection(_ORDER, [((r.position,), HistoryEntry.of(r, names)) for r in found], first, after)
