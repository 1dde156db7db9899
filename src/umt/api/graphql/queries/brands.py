"""Brands."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, newest_first, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.brand import Brand
from umt.domain.errors import NotFound

_ORDER = newest_first("brands", "brand")


@field("A brand as it stands.")
async def brand(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    at_least: AtLeast = None,
) -> Brand | None:
    request = info.context
    row = await request.services.queries.one(await request.caller(), "brands", request.wants(at_least), brand=id)
    if row is None:
        raise NotFound("brand", id)
    return Brand.of_row(row)


@field("The workspace's brands, newest first.")
async def brands(
    info: Info,
    archived: Annotated[bool | None, strawberry.argument(description="Only archived ones, or none of them.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Brand]:
    return await page_of_rows(
        info.context,
        "brands",
        _ORDER,
        Brand.of_row,
        Asked(first, after, last, before),
        where={"archived": archived},
        at_least=info.context.wants(at_least),
    )


FIELDS = (brand, brands)
