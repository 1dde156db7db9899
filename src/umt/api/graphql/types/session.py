"""What signing in gives."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import Role
from umt.api.graphql.fields import field
from umt.api.graphql.request import Info, Request
from umt.api.signing_in import Granted, named
from umt.application import identity


@strawberry.type(description="A workspace of the account.")
class SessionWorkspace:
    workspace: UUID = strawberry.field(description="The workspace's id.")
    name: str = strawberry.field(description="The company's name.")
    role: Role = strawberry.field(description="The person's role there.")


@strawberry.type(description="A session: its tokens, shown once, and for whom they speak.")
class Session:
    token: str = strawberry.field(description="Send it as `Authorization: Bearer …`; empty when it is in a cookie.")
    expires_at: datetime = strawberry.field(description="Until when the token is valid.")
    refresh_token: str | None = strawberry.field(
        description="Gives the next pair of tokens, once; null when it is in a cookie."
    )
    refresh_expires_at: datetime = strawberry.field(
        description="When the session ends, however often it was refreshed."
    )
    csrf_token: str | None = strawberry.field(
        description="With cookies: send it as `X-CSRF-Token` with everything but GET; also in the cookie `umt_csrf`."
    )
    user: UUID = strawberry.field(description="The user's id.")
    workspace: UUID = strawberry.field(description="The workspace's id.")
    role: Role = strawberry.field(description="The role in the workspace.")
    position: str | None = strawberry.field(
        description="The log's position after a change; null for a login or refresh."
    )
    made: strawberry.Private[identity.Session]

    @field("All workspaces of the account; sign in to one by its id.")
    async def workspaces(self, info: Info) -> list[SessionWorkspace]:
        return [
            SessionWorkspace(workspace=each.workspace, name=name, role=each.role)
            for each, name in await named(info.context.services, self.made)
        ]

    @classmethod
    def of(cls, granted: Granted, request: Request) -> Session:
        """The session as it is told; its cookies go with the request's answer."""
        made, by_cookie = granted.session, bool(granted.cookies)
        request.cookies.extend(granted.cookies)
        return cls(
            token="" if by_cookie else made.token.reveal(),
            expires_at=made.expires_at,
            refresh_token=None if by_cookie else made.refresh_token.reveal(),
            refresh_expires_at=made.refresh_expires_at,
            csrf_token=granted.csrf_token,
            user=made.user,
            workspace=made.workspace,
            role=made.role,
            position=positions.encode(made.position) if made.position else None,
            made=made,
        )


@strawberry.type(description="A session that has not ended.")
class OpenSession:
    id: UUID = strawberry.field(description="Its id, for `endSession`.")
    workspace: UUID = strawberry.field(description="The workspace's id.")
    client: str = strawberry.field(description="What the client calls itself: its User-Agent.")
    created_at: datetime = strawberry.field(description="When the person signed in.")
    used_at: datetime = strawberry.field(description="When it last got a token.")
    expires_at: datetime = strawberry.field(description="When it ends.")
    current: bool = strawberry.field(description="Whether it is the one that asks.")


@strawberry.type(description="What signing out did.")
class LoggedOut:
    sessions: int = strawberry.field(description="How many sessions have ended.")
