"""History in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import ActorKind
from umt.api.graphql.pages import Asked, Connection, Counting, Listed, connection
from umt.api.graphql.request import Request
from umt.api.graphql.seen import shown
from umt.application.history import Names, entry
from umt.application.lists import Order
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


async def histories(
    request: Request,
    subjects: Sequence[UUID],
    asked: Asked,
    names: Sequence[Names] | None = None,
    until: int | None = None,
) -> list[Connection[HistoryEntry]]:
    """All that happened to each thing, up to a position, in order, from the log itself; ``names`` are those that each of
    them knows."""
    queries, caller, stretch = request.services.queries, await request.caller(), _LINES.stretch(asked)
    request.charge(len(subjects))

    async def counts(counted: Sequence[UUID]) -> Mapping[UUID, int]:
        return await queries.lengths(caller, counted, until)

    return [
        connection(_LINES, page, _version, partial(HistoryEntry.of, names=known), Counting(counts, subject))
        for subject, known, page in zip(
            subjects,
            names or [str] * len(subjects),
            await queries.histories(caller, subjects, stretch, until),
            strict=True,
        )
    ]


def _version(recorded: Recorded) -> tuple[int]:
    return (recorded.version,)
