"""Brands."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.as_of import ThingAsOf, thing_as_of
from umt.api.graphql.types.brand import Brand, brands_by_id
from umt.api.graphql.types.filters import WHICH, BrandFilter, where
from umt.api.graphql.types.orders import NEWEST_FIRST, BrandOrder, listed
from umt.domain.errors import NotFound


@field("A brand as it stands, or as it stood.")
async def brand(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    as_of: ThingAsOf = None,
    at_least: AtLeast = None,
) -> Brand | None:
    request = info.context
    if as_of is not None:
        return await thing_as_of(request, brands_by_id, "brand", id, as_of, at_least)
    row = await request.services.queries.one(await request.caller(), "brands", request.wants(at_least), brand=id)
    if row is None:
        raise NotFound("brand", id)
    return Brand.of_row(row)


@field("The workspace's brands.")
async def brands(
    info: Info,
    filter: Annotated[BrandFilter | None, WHICH] = None,
    order_by: Annotated[BrandOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Brand]:
    return await page_of_rows(
        info.context,
        "brands",
        listed("brands", ("brand",), order_by),
        Brand.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
    )


FIELDS = (brand, brands)
