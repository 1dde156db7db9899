"""Connections to outside platforms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.filters import WHICH, IntegrationFilter, where
from umt.api.graphql.types.integration import Integration
from umt.api.graphql.types.orders import NEWEST_FIRST, IntegrationOrder, listed
from umt.domain.errors import NotFound


@field("A connection as it stands.")
async def integration(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    at_least: AtLeast = None,
) -> Integration | None:
    request = info.context
    row = await request.services.queries.one(
        await request.caller(), "integrations", request.wants(at_least), integration=id
    )
    if row is None:
        raise NotFound("integration", id)
    return Integration.of_row(row)


@field("The workspace's connections to outside platforms.")
async def integrations(
    info: Info,
    filter: Annotated[IntegrationFilter | None, WHICH] = None,
    order_by: Annotated[IntegrationOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Integration]:
    return await page_of_rows(
        info.context,
        "integrations",
        listed("integrations", ("integration",), order_by),
        Integration.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
    )


FIELDS = (integration, integrations)
