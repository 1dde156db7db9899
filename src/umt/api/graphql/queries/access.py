"""Who may come in: invitations, API keys and the table of permissions."""

from __future__ import annotations

from typing import Annotated

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.access import ApiKey, Invitation, PermissionGrant
from umt.api.graphql.types.filters import WHICH, ApiKeyFilter, InvitationFilter, where
from umt.api.graphql.types.orders import NEWEST_FIRST, ApiKeyOrder, InvitationOrder, listed


@field("The workspace's invitations.")
async def invitations(
    info: Info,
    filter: Annotated[InvitationFilter | None, WHICH] = None,
    order_by: Annotated[InvitationOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Invitation]:
    return await page_of_rows(
        info.context,
        "invitations",
        listed("invitations", ("invitation",), order_by),
        Invitation.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
    )


@field("The workspace's API keys, the revoked ones included.")
async def api_keys(
    info: Info,
    filter: Annotated[ApiKeyFilter | None, WHICH] = None,
    order_by: Annotated[ApiKeyOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[ApiKey]:
    return await page_of_rows(
        info.context,
        "api_keys",
        listed("api_keys", ("api_key",), order_by),
        ApiKey.of_row,
        Asked(first, after, last, before),
        where=where(filter),
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
