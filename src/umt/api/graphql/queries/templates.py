"""Templates."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.types.filters import WHICH, TemplateFilter, where
from umt.api.graphql.types.orders import NEWEST_FIRST, TemplateOrder, listed
from umt.api.graphql.types.template import Template
from umt.domain.errors import NotFound


@field("A template as it stands.")
async def template(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    at_least: AtLeast = None,
) -> Template | None:
    request = info.context
    row = await request.services.queries.one(await request.caller(), "templates", request.wants(at_least), template=id)
    if row is None:
        raise NotFound("template", id)
    return Template.of_row(row)


@field("The workspace's templates.")
async def templates(
    info: Info,
    filter: Annotated[TemplateFilter | None, WHICH] = None,
    order_by: Annotated[TemplateOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Template]:
    return await page_of_rows(
        info.context,
        "templates",
        listed("templates", ("template",), order_by),
        Template.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
    )


FIELDS = (template, templates)
