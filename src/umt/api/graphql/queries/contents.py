"""Contents."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.as_of import ThingAsOf, thing_as_of
from umt.api.graphql.types.content import Content, contents_by_id
from umt.api.graphql.types.filters import WHICH, ContentFilter, where
from umt.api.graphql.types.orders import NEWEST_FIRST, ContentOrder, listed
from umt.domain.errors import NotFound


@field("A content as it stands, or as it stood.")
async def content(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    as_of: ThingAsOf = None,
    at_least: AtLeast = None,
) -> Content | None:
    request = info.context
    if as_of is not None:
        return await thing_as_of(request, contents_by_id, "content", id, as_of, at_least)
    row = await request.services.queries.one(await request.caller(), "contents", request.wants(at_least), content=id)
    if row is None:
        raise NotFound("content", id)
    return Content.of_row(row)


@field("The workspace's contents.")
async def contents(
    info: Info,
    filter: Annotated[ContentFilter | None, WHICH] = None,
    order_by: Annotated[ContentOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Content]:
    return await page_of_rows(
        info.context,
        "contents",
        listed("contents", ("content",), order_by),
        Content.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
    )


FIELDS = (content, contents)
