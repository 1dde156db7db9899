"""Who is asking, and where."""

from __future__ import annotations

from umt.api.graphql.fields import field
from umt.api.graphql.request import Info
from umt.api.graphql.types.workspace import Me, Workspace, workspace_of
from umt.application.permissions import permissions_of


@field("Who is signed in, or whose API key it is.")
async def me(info: Info) -> Me:
    caller = await info.context.caller()
    assert caller.role
    assert caller.principal
    return Me(
        member=caller.principal,
        role=caller.role,
        permissions=[permission.value for permission in permissions_of(caller)],
        workspace=await workspace_of(info.context),
    )


@field("The workspace that the token or key is for.")
async def workspace(info: Info) -> Workspace:
    return await workspace_of(info.context)


FIELDS = (me, workspace)
