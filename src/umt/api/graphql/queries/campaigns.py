"""Campaigns, now and in the past, and what they brought about."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.stored import asked_of_nodes
from umt.api.graphql.types.as_of import FiguresAsOf, ThingAsOf, resolved, thing_as_of
from umt.api.graphql.types.campaign import COLUMNS, STORED, Campaign, campaigns_by_id
from umt.api.graphql.types.filters import WHICH, CampaignFilter, where
from umt.api.graphql.types.orders import NEWEST_FIRST, CampaignOrder, listed
from umt.api.graphql.types.performance import Figures, figures
from umt.domain.errors import NotFound


@field("A campaign as it stands, or as it stood.")
async def campaign(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    as_of: ThingAsOf = None,
    at_least: AtLeast = None,
) -> Campaign | None:
    request = info.context
    if as_of is not None:
        return await thing_as_of(request, campaigns_by_id, "campaign", id, as_of, at_least)
    row = await request.services.queries.one(await request.caller(), "campaigns", request.wants(at_least), campaign=id)
    if row is None:
        raise NotFound("campaign", id)
    return Campaign.of_row(row)


@field("The workspace's campaigns.")
async def campaigns(
    info: Info,
    filter: Annotated[CampaignFilter | None, WHICH] = None,
    order_by: Annotated[CampaignOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Campaign]:
    return await page_of_rows(
        info.context,
        "campaigns",
        listed("campaigns", ("campaign",), order_by),
        STORED,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
        columns=COLUMNS.of(asked_of_nodes(info._raw_info)),
    )


@field("What all of the workspace's ads brought about over all time, by currency.")
async def dashboard(info: Info, as_of: FiguresAsOf = None, at_least: AtLeast = None) -> list[Figures]:
    request = info.context
    queries, caller = request.services.queries, await request.caller()
    order, limit = ("currency",), 200
    if as_of is not None:
        at = await resolved(request, as_of, at_least)
        rows = await queries.past.figures(caller, "dashboard", where={}, order=order, limit=limit, position=at)
    else:
        at_least_at = request.wants(at_least)
        rows = await queries.many(caller, "dashboard", where={}, order=order, at_least=at_least_at, limit=limit)
    return [figures(row) for row in rows]


FIELDS = (campaign, campaigns, dashboard)
