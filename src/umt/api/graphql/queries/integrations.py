"""Connections to outside platforms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.enums import IntegrationStatus, Platform
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, newest_first, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.integration import Integration
from umt.domain.errors import NotFound

_ORDER = newest_first("integrations", "integration")


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


@field("The workspace's connections to outside platforms, newest first.")
async def integrations(
    info: Info,
    platform: Annotated[Platform | None, strawberry.argument(description="Only those to this platform.")] = None,
    status: Annotated[IntegrationStatus | None, strawberry.argument(description="Only those in this status.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Integration]:
    return await page_of_rows(
        info.context,
        "integrations",
        _ORDER,
        Integration.of_row,
        Asked(first, after, last, before),
        where={"platform": platform and platform.value, "status": status and status.value},
        at_least=info.context.wants(at_least),
    )


FIELDS = (integration, integrations)
