"""What signing in gives."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import Role
from umt.application import identity


@strawberry.type(description="A bearer token, shown once, and for whom it speaks.")
class Session:
    token: str = strawberry.field(description="Send it as `Authorization: Bearer …`.")
    user: UUID = strawberry.field(description="The user's id.")
    workspace: UUID = strawberry.field(description="The workspace's id.")
    role: Role = strawberry.field(description="The role in the workspace.")
    position: str | None = strawberry.field(description="The log's position after registering; null for a login.")

    @classmethod
    def of(cls, session: identity.Session) -> Session:
        return cls(
            token=session.token,
            user=session.user,
            workspace=session.workspace,
            role=session.role,
            position=positions.encode(session.position) if session.position else None,
        )
