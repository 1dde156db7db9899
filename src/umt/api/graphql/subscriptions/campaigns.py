"""Campaigns, as things happen to them; the list of them and the dashboard as they change."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from umt.api.graphql.fields import subscription
from umt.api.graphql.pages import Connection
from umt.api.graphql.queries import campaigns as queries
from umt.api.graphql.request import Info
from umt.api.graphql.subscriptions.following import (
    After,
    AtLeast,
    Changed,
    Thing,
    Told,
    as_in_queries,
    changes,
    events,
    seen,
    told,
)
from umt.api.graphql.types.campaign import Campaign
from umt.api.graphql.types.performance import Figures
from umt.application.history import Names
from umt.application.live import Happened
from umt.domain import campaign as domain


@strawberry.type(description="Something that happened to a campaign.")
class CampaignEvent(Told):
    campaign: Campaign = strawberry.field(description="The campaign as this left it.")


@strawberry.type(description="The workspace's campaigns after a change.")
class CampaignsChange(Changed):
    campaigns: Connection[Campaign] = as_in_queries(queries.campaigns)


@strawberry.type(description="The workspace's figures after a change.")
class DashboardChange(Changed):
    dashboard: list[Figures] = as_in_queries(queries.dashboard)


@subscription("What happens to a campaign, event by event: what has happened already, then each event as it comes.")
async def campaign_events(info: Info, id: Thing, after: After = None) -> AsyncGenerator[CampaignEvent, None]:
    async with aclosing(events(info.context, domain.Campaign, id, after)) as found:
        async for happened in found:
            yield told(
                CampaignEvent, happened, names_of(happened), campaign=Campaign.of(await seen(info.context, happened))
            )


@subscription(
    "The workspace's campaigns as they stand, and again whenever they or what is asked of them has changed; of changes that"
    " come faster than they are taken only the last counts."
)
async def campaigns_changed(info: Info, at_least: AtLeast = None) -> AsyncGenerator[CampaignsChange, None]:
    async with aclosing(changes(info.context, "campaigns", at_least)) as found:
        async for position in found:
            yield CampaignsChange(position=position)


@subscription(
    "What all of the workspace's ads brought about, and again whenever that has changed; of changes that come faster than"
    " they are taken only the last counts."
)
async def dashboard_changed(info: Info, at_least: AtLeast = None) -> AsyncGenerator[DashboardChange, None]:
    async with aclosing(changes(info.context, "dashboard", at_least)) as found:
        async for position in found:
            yield DashboardChange(position=position)


def names_of(happened: Happened[domain.Campaign]) -> Names:
    """What the ad sets that there were and are are called."""
    states = (happened.before, happened.after)
    names = {str(ad_set.id): ad_set.name for state in states if state for ad_set in state.ad_sets}
    return lambda name: names.get(name, name)


FIELDS = (campaign_events, campaigns_changed, dashboard_changed)
