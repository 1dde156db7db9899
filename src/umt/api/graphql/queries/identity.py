"""Who is asking, and where."""

from __future__ import annotations

from uuid import UUID

from umt.api.graphql.fields import field
from umt.api.graphql.request import Info
from umt.api.graphql.types.workspace import Me, Workspace, users_of, workspace_of


@field("Who is signed in.")
async def me(info: Info) -> Me:
    caller = await info.context.caller()
    assert caller.role
    user = UUID(caller.actor.id)
    users = await users_of(info.context, [user])
    return Me(user=users[user], role=caller.role, workspace=await workspace_of(info.context))


@field("The workspace that the token is for.")
async def workspace(info: Info) -> Workspace:
    return await workspace_of(info.context)


FIELDS = (me, workspace)
