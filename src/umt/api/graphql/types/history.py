"""History in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import ActorKind
from umt.api.graphql.pages import Asked, Connection, Listed, connection
from umt.api.graphql.request import Request
from umt.api.graphql.seen import shown
from umt.application.history import Names, entry
from umt.application.lists import Order, Page, Stretch
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


_LINES: Final = Listed("history", Order(("version",)))


async def history(request: Request, subject: UUID, asked: Asked, names: Names = str) -> Connection[HistoryEntry]:
    """All that happened to a thing, in order, from the log itself; that of many things is asked for together."""
    stretch = _LINES.stretch(asked)
    request.charge()
    return connection(
        _LINES,
        await request.loaders.load(_histories, (stretch, subject)),
        lambda recorded: (recorded.version,),
        lambda recorded: HistoryEntry.of(recorded, names),
        lambda: request.loaders.load(_lengths, subject),
    )


async def _histories(request: Request, keys: list[tuple[Stretch, UUID]]) -> Sequence[Page[Recorded]]:
    alike: dict[Stretch, list[UUID]] = defaultdict(list)
    for stretch, subject in keys:
        alike[stretch].append(subject)
    found: dict[tuple[Stretch, UUID], Page[Recorded]] = {}
    for stretch, subjects in alike.items():
        pages = await request.services.queries.histories(await request.caller(), subjects, stretch)
        found |= {(stretch, subject): page for subject, page in zip(subjects, pages, strict=True)}
    return [found[key] for key in keys]


async def _lengths(request: Request, subjects: list[UUID]) -> Sequence[int]:
    found = await request.services.queries.lengths(await request.caller(), subjects)
    return [found.get(subject, 0) for subject in subjects]
