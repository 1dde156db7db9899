"""What is known of a person, and who was erased."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import Role
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, Before, Connection, First, Last, Listed, alone, connection
from umt.api.graphql.request import Info, Request
from umt.api.graphql.seen import shown
from umt.api.graphql.types.security import SecurityEvent, page_of_events, stretch_of_events
from umt.application.lists import Order
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
    key: UUID = strawberry.field(description="The key's id.")
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
    async def events(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[SubjectEvent]:
        request, queries = info.context, info.context.services.queries
        caller, stretch = await request.caller(), _EVENTS.stretch(Asked(first, after, last, before))
        request.charge()
        return connection(
            _EVENTS,
            await queries.subject_events(caller, self.user, stretch),
            lambda event: (event.position,),
            SubjectEvent.of,
            alone(lambda: queries.count_subject_events(caller, self.user)),
        )

    @field(
        "What they and their API keys did at the workspace's gates, with the network addresses that they came from, "
        "newest first."
    )
    async def security_events(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[SecurityEvent]:
        request, queries = info.context, info.context.services.queries
        caller, stretch = await request.caller(), stretch_of_events(Asked(first, after, last, before))
        request.charge()
        page = await queries.subject_security_events(caller, self.known, stretch)
        return page_of_events(page, lambda: queries.count_subject_security_events(caller, self.known))


_EVENTS: Final = Listed("subject_events", Order(("position",)))
_ERASURES: Final = Listed("erasures", Order(("sequence",)))


async def subject_export(request: Request, person: UUID) -> SubjectExport:
    """What is known of a person."""
    request.charge()
    found = await request.services.queries.subject(await request.caller(), person)
    return shown(found, SubjectExport, known=found)


async def erasures(request: Request, asked: Asked) -> Connection[Erasure]:
    """A page of the workspace's erasures, in their order."""
    queries, caller, stretch = request.services.queries, await request.caller(), _ERASURES.stretch(asked)
    request.charge()
    return connection(
        _ERASURES,
        await queries.erasures(caller, stretch),
        lambda erasure: (erasure.sequence,),
        Erasure.of,
        alone(lambda: queries.count_erasures(caller)),
    )
