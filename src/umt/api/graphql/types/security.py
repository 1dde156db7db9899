"""What happened at the workspace's gates."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from umt.api.graphql.enums import SecurityEventKind
from umt.api.graphql.pages import Connection, Order, checked, connection, newest_first
from umt.api.graphql.request import Request
from umt.api.graphql.scalars import Long
from umt.application.security_events import NotedEvent, Wanted


@strawberry.type(description="What happened at the workspace's gates: alike events of one minute, counted.")
class SecurityEvent:
    id: UUID = strawberry.field(description="Its id.")
    kind: SecurityEventKind = strawberry.field(description="What happened.")
    actor: str | None = strawberry.field(
        description="Who, as `user:<id>` or `api_key:<id>`; null where nobody was known."
    )
    address: str | None = strawberry.field(
        description="The network address that it came from; null without one, or once the person is erased."
    )
    detail: str = strawberry.field(description="Which permission, route or limit; often empty.")
    count: Long = strawberry.field(description="How often it happened within the minute.")
    first_at: datetime = strawberry.field(description="When it first happened.")
    last_at: datetime = strawberry.field(description="When it last happened.")

    @classmethod
    def of(cls, noted: NotedEvent) -> SecurityEvent:
        return cls(
            id=noted.id,
            kind=noted.kind,
            actor=noted.actor,
            address=noted.address,
            detail=noted.detail,
            count=Long(noted.count),
            first_at=noted.first_at,
            last_at=noted.last_at,
        )


_ORDER: Order = newest_first("security_events", "id", "first_at")


async def security_events(request: Request, wanted: Wanted, first: int, after: str | None) -> Connection[SecurityEvent]:
    """A page of them, newest first."""
    place = _ORDER.place(after)
    request.charge()
    found = await request.services.queries.security_events(
        await request.caller(), wanted, limit=checked(first) + 1, after=(place[0], place[1]) if place else None
    )
    return connection(_ORDER, [((each.first_at, each.id), SecurityEvent.of(each)) for each in found], first, after)
