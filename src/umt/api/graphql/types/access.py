"""Invitations, API keys and the table of permissions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import strawberry

from umt.api.graphql import things
from umt.api.graphql.column import column
from umt.api.graphql.enums import InvitationStatus, Role
from umt.api.graphql.request import Info, Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.node import Node, looks_up
from umt.application.queries import Row
from umt.domain import api_key as keys
from umt.domain import invitation as invitations
from umt.domain.errors import NotFound
from umt.domain.personal import PLACEHOLDER, Personal


@strawberry.type(
    description="An address that was asked to join the workspace. Its token is shown once, and nowhere kept."
)
class Invitation(Node):
    user_id: UUID = strawberry.field(description="The id that the person has here once they accept.")
    role: Role = strawberry.field(description="The role that they are invited to.")
    status: InvitationStatus = strawberry.field(description="How far it has come.")
    expires_at: datetime = strawberry.field(description="Until when it can be accepted.")
    invited_by: UUID | None = strawberry.field(description="The member who invites them.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    position: str | None = strawberry.field(description="Where it last changed, for `atLeast`.")

    @column("The invited address; “(erased)” once it is.")
    async def email(invitations: Sequence[Invitation], info: Info) -> Sequence[str]:
        return await things.each(info.context, _addresses, [invitation.id for invitation in invitations])

    @classmethod
    def of(cls, invitation: Seen[invitations.Invitation]) -> Invitation:
        state = invitation.state
        return invitation.as_type(cls, user_id=state.user, invited_by=state.by)

    @classmethod
    def of_row(cls, row: Row) -> Invitation:
        state = invitations.Invitation(
            user=row["user_id"],
            email=Personal(PLACEHOLDER, row["user_id"]),
            role=Role(row["role"]),
            expires_at=row["expires_at"],
            by=row["invited_by"],
            status=InvitationStatus(row["status"]),
        )
        return cls.of(Seen(row["invitation"], state, row["version"], row["position"]))


async def _addresses(request: Request, ids: list[UUID]) -> list[str | NotFound]:
    known = await request.services.queries.states(await request.caller(), invitations.Invitation, ids)
    return [known[each][0].email.text if each in known else NotFound("invitation", each) for each in ids]


@looks_up("invitation")
async def invitations_by_id(request: Request, ids: list[UUID]) -> list[Invitation | NotFound]:
    """The invitations with these ids."""
    return await things.of_both(
        request, ids, "invitations", "invitation", Invitation.of_row, invitations.Invitation, Invitation.of
    )


@strawberry.type(description="A key that programs work by. The key itself is shown once, and nowhere kept.")
class ApiKey(Node):
    holder: UUID = strawberry.field(description="The member, person or service account, whose role it has.")
    made_by: UUID | None = strawberry.field(
        description="The member who made it and answers for what it does; null if no member made it."
    )
    name: str = strawberry.field(description="What it is called.")
    prefix: str = strawberry.field(description="How the key begins, to tell keys apart.")
    scopes: list[str] = strawberry.field(description="The permissions that it may use of its holder's.")
    expires_at: datetime = strawberry.field(description="Until when it can be used.")
    revoked: bool = strawberry.field(description="Whether it was revoked, so that it opens nothing any more.")
    last_used_at: datetime | None = strawberry.field(description="The hour of its last use; null if it was never used.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    position: str | None = strawberry.field(description="Where it last changed, for `atLeast`.")

    @classmethod
    def of(cls, key: Seen[keys.ApiKey]) -> ApiKey:
        return key.as_type(cls)

    @classmethod
    def of_row(cls, row: Row) -> ApiKey:
        state = msgspec.convert({**row, "revoked": row["revoked_at"] is not None}, keys.ApiKey)
        return cls.of(Seen(row["api_key"], state, row["version"], row["position"]))


@looks_up("api_key")
async def api_keys_by_id(request: Request, ids: list[UUID]) -> list[ApiKey | NotFound]:
    """The API keys with these ids."""
    return await things.of_both(request, ids, "api_keys", "api_key", ApiKey.of_row, keys.ApiKey, ApiKey.of)


@strawberry.type(description="Who may have a permission.")
class PermissionGrant:
    permission: str = strawberry.field(description="Its name, as what:how, e.g. campaign:approve.")
    roles: list[Role] = strawberry.field(description="The roles that have it.")
    api_keys: bool = strawberry.field(description="Whether an API key may have it, too.")
    agents: list[str] = strawberry.field(description="The agents that have it, unless the workspace narrows them.")
