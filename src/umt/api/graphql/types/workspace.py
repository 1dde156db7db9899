"""Workspaces and their people."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import strawberry

from umt.api.graphql.enums import Role
from umt.api.graphql.fields import field
from umt.api.graphql.request import Info, Request
from umt.api.graphql.scalars import Long
from umt.api.graphql.seen import Seen
from umt.domain import user, workspace
from umt.domain.errors import NotFound
from umt.domain.event import fold
from umt.domain.personal import PLACEHOLDER


@strawberry.type(description="A person's account.")
class User:
    id: UUID = strawberry.field(description="Its id.")
    email: str = strawberry.field(description="The e-mail address; “(erased)” once it is.")
    name: str = strawberry.field(description="The person's name; “(erased)” once it is.")


@strawberry.type(description="A user's place in the workspace.")
class Member:
    user: User = strawberry.field(description="Who it is.")
    role: Role = strawberry.field(description="What they may do.")


@strawberry.type(description="A company's own place; nothing of it is seen from another one.")
class Workspace:
    id: UUID = strawberry.field(description="Its id.")
    name: str = strawberry.field(description="The company's name.")
    time_zone: str = strawberry.field(description="IANA name, like Europe/Berlin.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    people: strawberry.Private[tuple[workspace.Member, ...]]

    @field("Who may work here.")
    async def members(self, info: Info) -> list[Member]:
        users = await users_of(info.context, [member.user for member in self.people])
        return [Member(user=users[member.user], role=member.role) for member in self.people]

    @field("How many events of the workspace are in the log.")
    async def event_count(self, info: Info) -> Long:
        return Long(await info.context.services.queries.event_count(await info.context.caller()))

    @classmethod
    def of(cls, seen: Seen[workspace.Workspace]) -> Workspace:
        return seen.as_type(cls, people=seen.state.members)


@strawberry.type(description="Who is signed in, where and as what.")
class Me:
    user: User = strawberry.field(description="The person's account.")
    role: Role = strawberry.field(description="The role in the workspace.")
    workspace: Workspace = strawberry.field(description="The workspace that the token is for.")


async def workspace_of(request: Request) -> Workspace:
    """The caller's workspace, from the log."""
    caller = await request.caller()
    state, version = await request.services.queries.state(caller, workspace.Workspace, caller.workspace)
    if state is None:
        raise NotFound("workspace", caller.workspace)
    return Workspace.of(Seen(caller.workspace, state, version, None))


async def users_of(request: Request, ids: list[UUID]) -> dict[UUID, User]:
    """The users, from the log, looked up together."""
    events = defaultdict(list)
    after = 0
    while page := await request.services.queries.history(await request.caller(), ids, after=after, limit=500):
        for recorded in page:
            events[recorded.stream].append(recorded.event)
        after = page[-1].position
    found = {}
    for identifier in ids:
        state: user.User | None = fold(events[identifier])
        found[identifier] = User(
            id=identifier,
            email=state.email.text if state else PLACEHOLDER,
            name=state.name.text if state else PLACEHOLDER,
        )
    return found
