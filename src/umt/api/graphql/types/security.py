"""What happened at the workspace's gates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from umt.api.graphql.enums import SecurityEventKind
from umt.api.graphql.pages import Asked, Connection, alone, connection, newest_first
from umt.api.graphql.request import Request
from umt.api.graphql.scalars import Long
from umt.application.lists import Page, Stretch
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


_NOTED: Final = newest_first("security_events", "id", "first_at")


def page_of_events(page: Page[NotedEvent], counted: Callable[[], Awaitable[int]]) -> Connection[SecurityEvent]:
    return connection(_NOTED, page, lambda noted: (noted.first_at, noted.id), SecurityEvent.of, alone(counted))


def stretch_of_events(asked: Asked) -> Stretch:
    return _NOTED.stretch(asked)


async def security_events(request: Request, wanted: Wanted, asked: Asked) -> Connection[SecurityEvent]:
    """A page of them, newest first."""
    queries, caller, stretch = request.services.queries, await request.caller(), stretch_of_events(asked)
    request.charge()
    page = await queries.security_events(caller, wanted, stretch)
    return page_of_events(page, lambda: queries.count_security_events(caller, wanted))
