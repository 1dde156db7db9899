"""Who may come in: invitations, API keys and the table of permissions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.enums import InvitationStatus
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, newest_first, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.access import ApiKey, Invitation, PermissionGrant

_INVITATIONS = newest_first("invitations", "invitation")
_API_KEYS = newest_first("api_keys", "api_key")


@field("The workspace's invitations, newest first.")
async def invitations(
    info: Info,
    status: Annotated[InvitationStatus | None, strawberry.argument(description="Only those in this status.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Invitation]:
    return await page_of_rows(
        info.context,
        "invitations",
        _INVITATIONS,
        Invitation.of_row,
        Asked(first, after, last, before),
        where={"status": status and status.value},
        at_least=info.context.wants(at_least),
    )


@field("The workspace's API keys, newest first, the revoked ones included.")
async def api_keys(
    info: Info,
    holder: Annotated[UUID | None, strawberry.argument(description="Only those of this member.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[ApiKey]:
    return await page_of_rows(
        info.context,
        "api_keys",
        _API_KEYS,
        ApiKey.of_row,
        Asked(first, after, last, before),
        where={"holder": holder},
        at_least=info.context.wants(at_least),
    )


@field("Every permission with the roles and agents that have it; API keys have what their scopes leave.")
async def permissions(info: Info) -> list[PermissionGrant]:
    grants = await info.context.services.queries.permissions(await info.context.caller())
    return [
        PermissionGrant(
            permission=grant.permission.value,
            roles=list(grant.roles),
            api_keys=grant.api_keys,
            agents=list(grant.agents),
        )
        for grant in grants
    ]


FIELDS = (invitations, api_keys, permissions)
