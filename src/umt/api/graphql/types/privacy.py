"""What is known of a person, and who was erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import Role
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Connection, First, Order, Place, by_position, checked, connection, newest_first
from umt.api.graphql.request import Info, Request
from umt.api.graphql.seen import shown
from umt.api.graphql.types.security import SecurityEvent
from umt.application.privacy import register, subject


@strawberry.type(description="The erasure of a person.")
class Erasure:
    user: UUID = strawberry.field(description="Whose.")
    position: str = strawberry.field(description="The place of its event in the log.")
    requested_at: datetime = strawberry.field(description="When the key was destroyed.")
    completed_at: datetime | None = strawberry.field(
        description="When the last process had forgotten the key; null while one may still have it."
    )

    @field("Whether every process has forgotten the key. It takes a second, or twelve if a process hangs.")
    def complete(self) -> bool:
        return self.completed_at is not None

    @classmethod
    def of(cls, erasure: register.Erasure) -> Erasure:
        position = positions.encode(erasure.position)
        return shown(erasure, cls, user=erasure.subject, position=position)


@strawberry.type(description="Where the person is or was signed in.")
class SignedIn:
    client: str = strawberry.field(description="What the client calls itself.")
    created_at: datetime = strawberry.field(description="When it began.")
    used_at: datetime = strawberry.field(description="When it last got a token.")
    expires_at: datetime = strawberry.field(description="When it ends at the latest.")
    ended_at: datetime | None = strawberry.field(description="When it ended before.")
    ended_by: str | None = strawberry.field(description="Why it ended before.")


@strawberry.type(description="An API key that the person holds or held, or made for a service account.")
class HeldKey:
    id: UUID = strawberry.field(description="Its id.")
    name: str = strawberry.field(description="Its name.")
    scopes: list[str] = strawberry.field(description="What it may do at most.")
    expires_at: datetime = strawberry.field(description="When it stops working.")
    last_used_at: datetime | None = strawberry.field(description="The hour it was last used in.")
    revoked: bool = strawberry.field(description="Whether it opens nothing any more.")


@strawberry.type(description="A text about the person in an event.")
class PersonalField:
    name: str = strawberry.field(description="Where in the event it is.")
    value: str = strawberry.field(description="The text; “(erased)” once the person is.")


@strawberry.type(description="An event that the person caused, or that says something of them.")
class SubjectEvent:
    position: str = strawberry.field(description="Its place in the log.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")
    type: str = strawberry.field(description="What kind of event it is, e.g. campaign.launched.")
    text: str = strawberry.field(description="What happened, in plain words.")
    by_them: bool = strawberry.field(description="Whether the person did it.")
    fields: list[PersonalField] = strawberry.field(description="What it holds that is sealed under the person's key.")

    @classmethod
    def of(cls, event: subject.SubjectEvent) -> SubjectEvent:
        fields = [PersonalField(name=name, value=value) for name, value in event.fields.items()]
        return shown(event, cls, position=positions.encode(event.position), fields=fields)


@strawberry.type(description="All that is known of a person in the workspace.")
class SubjectExport:
    user: UUID = strawberry.field(description="Who it is.")
    name: str = strawberry.field(description="The name; “(erased)” once it is.")
    email: str = strawberry.field(description="The e-mail address; “(erased)” once it is.")
    erased: bool = strawberry.field(description="Whether the person was erased.")
    role: Role | None = strawberry.field(description="The role in the workspace; null for who is no member any more.")
    workspace: UUID = strawberry.field(description="The workspace.")
    workspace_name: str = strawberry.field(description="The company's name.")
    sessions: list[SignedIn] = strawberry.field(description="Where they are and were signed in, as far as it is kept.")
    api_keys: list[HeldKey] = strawberry.field(
        description="The API keys that they ever held or made; the keys themselves are not kept."
    )
    known: strawberry.Private[subject.Subject]

    @field("The events that they caused or that say something of them, in the log's order.")
    async def events(self, info: Info, first: First = 20, after: After = None) -> Connection[SubjectEvent]:
        request = info.context
        place = _EVENTS.place(after)
        request.charge()
        found = await request.services.queries.subject_events(
            await request.caller(), self.user, after=place[0] if place else 0, limit=checked(first) + 1
        )
        return connection(_EVENTS, [((each.position,), SubjectEvent.of(each)) for each in found], first, after)

    @field(
        "What they and their API keys did at the workspace's gates, with the network addresses that they came from, "
        "newest first."
    )
    async def security_events(self, info: Info, first: First = 20, after: After = None) -> Connection[SecurityEvent]:
        request = info.context
        place = _GATES.place(after)
        request.charge()
        found = await request.services.queries.subject_security_events(
            await request.caller(),
            self.known,
            limit=checked(first) + 1,
            after=(place[0], place[1]) if place else None,
        )
        return connection(_GATES, [((e.first_at, e.id), SecurityEvent.of(e)) for e in found], first, after)


_EVENTS: Order = by_position("subject_events")
_GATES: Order = newest_first("subject_security_events", "id", "first_at")
_ERASURES = Order("erasures", ("sequence",), tuple[str, Place])


async def subject_export(request: Request, person: UUID) -> SubjectExport:
    """What is known of a person."""
    request.charge()
    found = await request.services.queries.subject(await request.caller(), person)
    return shown(found, SubjectExport, known=found)


async def erasures(request: Request, first: int, after: str | None) -> Connection[Erasure]:
    """A page of the workspace's erasures, in their order."""
    place = _ERASURES.place(after)
    request.charge()
    found = await request.services.queries.erasures(
        await request.caller(), after=place[0] if place else 0, limit=checked(first) + 1
    )
    return connection(_ERASURES, [((each.sequence,), Erasure.of(each)) for each in found], first, after)
