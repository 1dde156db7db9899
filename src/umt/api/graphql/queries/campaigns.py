"""Campaigns, now and in the past, and what they brought about."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info, Request
from umt.api.graphql.seen import Seen
from umt.api.graphql.stored import asked_of_nodes
from umt.api.graphql.types.campaign import COLUMNS, AsOf, Campaign
from umt.api.graphql.types.filters import WHICH, CampaignFilter, where
from umt.api.graphql.types.orders import NEWEST_FIRST, CampaignOrder, listed
from umt.api.graphql.types.performance import Figures, figures
from umt.application.queries import Moment
from umt.domain import campaign as domain
from umt.domain.errors import NotFound


@field("A campaign as it stands, or as it stood.")
async def campaign(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    as_of: Annotated[
        AsOf | None,
        strawberry.argument(
            description="A moment of the past: its state then, from the log; figures, decisions and history as they are now."
        ),
    ] = None,
    at_least: AtLeast = None,
) -> Campaign | None:
    request = info.context
    position = request.wants(at_least)
    if as_of is not None:
        return await _in_the_past(request, id, as_of)
    row = await request.services.queries.one(await request.caller(), "campaigns", position, campaign=id)
    if row is None:
        raise NotFound("campaign", id)
    return Campaign.of_row(row)


async def _in_the_past(request: Request, identifier: UUID, as_of: AsOf) -> Campaign:
    moment = Moment(
        time=as_of.time or None,
        version=as_of.version if isinstance(as_of.version, int) else None,
        position=positions.decode(as_of.position, "asOf.position") if isinstance(as_of.position, str) else None,
    )
    state, version = await request.services.queries.state(await request.caller(), domain.Campaign, identifier, moment)
    if state is None:
        raise NotFound("campaign", identifier)
    return Campaign.of(Seen(identifier, state, version, None))


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
        Campaign.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
        columns=COLUMNS.of(asked_of_nodes(info._raw_info)),
    )


@field("What all of the workspace's ads brought about over all time, by currency.")
async def dashboard(info: Info, at_least: AtLeast = None) -> list[Figures]:
    request = info.context
    rows = await request.services.queries.many(
        await request.caller(), "dashboard", where={}, order=("currency",), at_least=request.wants(at_least), limit=200
    )
    return [figures(row) for row in rows]


FIELDS = (campaign, campaigns, dashboard)
