"""Where the caller is signed in."""

from __future__ import annotations

from umt.api.graphql.fields import field
from umt.api.graphql.request import Info
from umt.api.graphql.types.session import OpenSession


@field("Where the caller is signed in, newest first: at most a hundred sessions of their account.")
async def sessions(info: Info) -> list[OpenSession]:
    caller = await info.context.caller()
    return [
        OpenSession(
            id=each.id,
            workspace=each.workspace,
            client=each.client,
            created_at=each.created_at,
            used_at=each.used_at,
            expires_at=each.expires_at,
            current=each.id == caller.session,
        )
        for each in await info.context.services.identity.sessions(caller)
    ]


FIELDS = (sessions,)
