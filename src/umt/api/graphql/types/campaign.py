"""Campaigns, and the inputs that set them up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from operator import sub
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import strawberry

from umt.api import positions
from umt.api.graphql import things
from umt.api.graphql.column import column
from umt.api.graphql.enums import CampaignStatus, Objective, Platform
from umt.api.graphql.figures import Range, campaign_days, campaign_totals
from umt.api.graphql.pages import After, Asked, Before, Connection, First, Last, pages_of_things
from umt.api.graphql.past import as_of
from umt.api.graphql.request import Info, Request
from umt.api.graphql.scalars import Currency, TimeZone, Url
from umt.api.graphql.seen import Seen, shown
from umt.api.graphql.stored import Columns, Stored, made
from umt.api.graphql.types.agents import AgentDecision, decisions_in
from umt.api.graphql.types.brand import Audience, Brand, Styling, brands_by_id
from umt.api.graphql.types.content import Content, contents_by_id
from umt.api.graphql.types.figure_source import FigureSource, figure_sources
from umt.api.graphql.types.filters import WHICH, AgentDecisionFilter, where
from umt.api.graphql.types.history import HistoryEntry, histories
from umt.api.graphql.types.money import Amount, Money, MoneyInput, amounts
from umt.api.graphql.types.node import Node, looks_up
from umt.api.graphql.types.orders import OLDEST_FIRST, AgentDecisionOrder
from umt.api.graphql.types.performance import DayFigures, PlatformFigures, day_figures, platform_figures
from umt.application.queries import Row
from umt.domain import brand
from umt.domain import campaign as domain
from umt.domain import money as domain_money
from umt.domain.errors import NotFound


@strawberry.type(description="First and last day, both included, in the time zone.")
class Schedule:
    starts_on: date = strawberry.field(description="First day.")
    ends_on: date = strawberry.field(description="Last day.")
    time_zone: TimeZone = strawberry.field(description="IANA name, like Europe/Berlin.")


@strawberry.type(description="A platform's share of the budget.")
class PlatformBudget:
    platform: Platform = strawberry.field(description="The platform.")
    amount: Money = strawberry.field(description="Its share, spent money included.")
    paused: bool = strawberry.field(description="Whether the campaign's ads are stopped there.")


@strawberry.type(description="The approved text that an ad shows.")
class Creative:
    content: UUID = strawberry.field(description="The id of the content it is from.")
    headline: str = strawberry.field(description="Headline.")
    body: str = strawberry.field(description="Text.")
    url: Url = strawberry.field(description="The page it leads to.")


@strawberry.type(description="An ad on a platform.")
class Ad:
    external_id: str = strawberry.field(description="Its id there.")
    external_campaign_id: str = strawberry.field(description="The id of its campaign there.")
    status: str = strawberry.field(description="What the platform says of it.")


@strawberry.type(description="An audience on one platform with what it is shown and what may be bid.")
class AdSet:
    id: UUID = strawberry.field(description="Its id.")
    platform: Platform = strawberry.field(description="The platform.")
    name: str = strawberry.field(description="Its name.")
    audience: Audience = strawberry.field(description="Whom it addresses.")
    creative: Creative = strawberry.field(description="What it shows.")
    bid: Money | None = strawberry.field(description="Highest bid; null leaves it to the platform.")
    ad: Ad | None = strawberry.field(description="The ad on the platform; null until it is created there.")
    failure: str | None = strawberry.field(description="Why the platform refused the ad; null if it did not.")


@strawberry.type(description="A platform's performance score.")
class PlatformScore:
    platform: Platform = strawberry.field(description="The platform.")
    score: Decimal = strawberry.field(description="Between 0 and 1.")


@strawberry.type(description="A campaign: money, people and creatives on ad platforms, from draft to archive.")
class Campaign(Node):
    name: str = strawberry.field(description="Its name.")
    status: CampaignStatus = strawberry.field(description="How far it has come.")
    objective: Objective | None = strawberry.field(description="What it is for; null if imported.")
    brand_id: UUID | None = strawberry.field(description="The id of the brand it is for; null if imported.")
    currency: Currency = strawberry.field(description="ISO 4217 code of all its amounts.")
    total_budget: Money | None = strawberry.field(description="All its money; null if imported.")
    reserve: Money = strawberry.field(description="The part of the total budget that no platform has yet.")
    schedule: Schedule | None = strawberry.field(description="When it runs; null if imported.")
    platforms: list[Platform] = strawberry.field(description="Where it may run.")
    allocation: list[PlatformBudget] = strawberry.field(description="Each platform's share of the budget.")
    ad_sets: list[AdSet] = strawberry.field(description="Its ad sets.")
    styling: Styling | None = strawberry.field(description="The brand's look and voice as taken over.")
    audiences: list[Audience] = strawberry.field(description="The brand's audiences as taken over.")
    score: Decimal | None = strawberry.field(description="Performance score between 0 and 1, as last judged.")
    platform_scores: list[PlatformScore] = strawberry.field(description="Each platform's score, as last judged.")
    approved_by: str | None = strawberry.field(description="Who approved it, as kind:id; null without approval.")
    reference: str | None = strawberry.field(description="Its name in the imported file; null otherwise.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    position: str | None = strawberry.field(
        description="Where it last changed, for `atLeast` and `asOf`; null as long as only the log has it."
    )
    created_at: datetime = strawberry.field(description="When it was set up, by the business's clock.")
    updated_at: datetime = strawberry.field(description="When its last change was recorded.")

    @column("The brand it is for; null if imported.")
    async def brand(campaigns: Sequence[Campaign], info: Info) -> Sequence[Brand | None]:
        lookup = partial(brands_by_id, at=as_of(campaigns))
        return await things.each(info.context, lookup, [campaign.brand_id for campaign in campaigns])

    @column("The contents that its ad sets show.")
    async def contents(campaigns: Sequence[Campaign], info: Info) -> Sequence[list[Content]]:
        shown = [list(dict.fromkeys(ad_set.creative.content for ad_set in each.ad_sets)) for each in campaigns]
        wanted = [content for contents in shown for content in contents]
        lookup = partial(contents_by_id, at=as_of(campaigns))
        found = dict(zip(wanted, await things.each(info.context, lookup, wanted), strict=True))
        return [[found[each] for each in contents if isinstance(found[each], Content)] for contents in shown]

    @column("What its ads brought about over all time, by platform and currency.")
    async def totals(campaigns: Sequence[Campaign], info: Info) -> Sequence[list[PlatformFigures]]:
        rows = await campaign_totals(info.context, [campaign.id for campaign in campaigns], as_of(campaigns))
        return [[platform_figures(row) for row in each] for each in rows]

    @column("What its ads brought about, by day and platform.")
    async def performance(
        campaigns: Sequence[Campaign],
        info: Info,
        since: Annotated[date | None, strawberry.argument(description="First day.")] = None,
        until: Annotated[date | None, strawberry.argument(description="Last day, included.")] = None,
        platform: Annotated[Platform | None, strawberry.argument(description="Only this platform.")] = None,
    ) -> Sequence[list[DayFigures]]:
        days = Range(since, until, platform)
        rows = await campaign_days(info.context, [campaign.id for campaign in campaigns], days, as_of(campaigns))
        return [[day_figures(row) for row in each] for each in rows]

    @column("How current its figures are, by platform; nothing of a campaign of the past.")
    async def figure_sources(campaigns: Sequence[Campaign], info: Info) -> Sequence[list[FigureSource]]:
        if as_of(campaigns) is not None:
            return [[] for _ in campaigns]
        return await figure_sources(info.context, [campaign.id for campaign in campaigns])

    @column("What agents decided about it and why.")
    async def decisions(
        campaigns: Sequence[Campaign],
        info: Info,
        filter: Annotated[AgentDecisionFilter | None, WHICH] = None,
        order_by: Annotated[AgentDecisionOrder | None, OLDEST_FIRST] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Sequence[Connection[AgentDecision]]:
        return await pages_of_things(
            info.context,
            "agent_decisions",
            decisions_in(order_by),
            AgentDecision.of_row,
            Asked(first, after, last, before),
            of="subject",
            things=[campaign.id for campaign in campaigns],
            where=where(filter),
            at=as_of(campaigns),
        )

    @column("All that happened to it, in plain words, oldest first.")
    async def history(
        campaigns: Sequence[Campaign],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Sequence[Connection[HistoryEntry]]:
        ids, names = [campaign.id for campaign in campaigns], [campaign.names for campaign in campaigns]
        return await histories(info.context, ids, Asked(first, after, last, before), names, as_of(campaigns))

    def names(self, name: str) -> str:
        """What its history calls a thing of its own."""
        return next((ad_set.name for ad_set in self.ad_sets if str(ad_set.id) == name), name)

    @classmethod
    def of(cls, campaign: Seen[domain.Campaign]) -> Campaign:
        state = campaign.state
        allocation = [
            PlatformBudget(platform=platform, amount=shown(amount, Money), paused=platform in state.paused_platforms)
            for platform, amount in sorted(state.allocation.items(), key=lambda share: state.platforms.index(share[0]))
        ]
        return campaign.as_type(cls, brand_id=state.brand, allocation=allocation)

    @classmethod
    def of_row(cls, row: Row) -> Campaign:
        return STORED(row)


def _money(amount: Decimal | None, currency: Currency) -> Amount | None:
    return None if amount is None else Amount(amount, currency)


def _reserve(budget: Decimal | None, allocation: dict[str, str], currency: Currency) -> Amount | None:
    (left,) = _reserves([budget], [allocation], [currency])
    return left


def _reserves(
    budgets: Sequence[Decimal | None], allocations: Sequence[dict[str, str]], currencies: Sequence[Currency]
) -> Sequence[Amount | None]:
    shares = [tuple(allocation.values()) for allocation in allocations]
    shared_out = {each: sum(map(Decimal, each), Decimal()) for each in set(shares)}  # many do so alike
    totals = [
        domain_money.Money.zero(currency).amount if budget is None else budget
        for budget, currency in zip(budgets, currencies, strict=True)
    ]
    left = list(map(sub, totals, map(shared_out.__getitem__, shares)))
    return amounts(left, currencies)


def _schedule(starts_on: date | None, ends_on: date | None, time_zone: TimeZone | None) -> Schedule | None:
    if starts_on is None or ends_on is None or time_zone is None:
        return None
    return Schedule(starts_on=starts_on, ends_on=ends_on, time_zone=time_zone)


def _allocation(
    allocation: dict[str, str], paused: list[str], platforms: list[str], currency: Currency
) -> list[PlatformBudget]:
    return [
        PlatformBudget(
            platform=Platform(platform),
            amount=Money(amount=Decimal(allocation[platform]), currency=currency),
            paused=platform in paused,
        )
        for platform in platforms
        if platform in allocation
    ]


class _Stored(Campaign):
    """A campaign as its row has it."""

    total_budget: Any = made(_money, "total_budget", "currency", many=amounts)
    reserve: Any = made(_reserve, "total_budget", "allocation", "currency", many=_reserves)
    schedule: Any = made(_schedule, "starts_on", "ends_on", "time_zone")
    allocation: Any = made(_allocation, "allocation", "paused_platforms", "platforms", "currency")
    ad_sets: Any = made(partial(msgspec.convert, type=tuple[domain.AdSet, ...]), "ad_sets")
    styling: Any = made(partial(msgspec.convert, type=brand.Styling | None), "styling")
    audiences: Any = made(partial(msgspec.convert, type=tuple[brand.Audience, ...]), "audiences")
    platform_scores: Any = made(partial(msgspec.convert, type=tuple[domain.PlatformScore, ...]), "platform_scores")
    position: Any = made(positions.encode, "position")


_NAMES: Final = {"id": "campaign", "brand_id": "brand"}
STORED: Final = Stored(_Stored, _NAMES)
COLUMNS: Final = Columns(
    _Stored,
    _NAMES,
    brand=("brand",),
    contents=("ad_sets",),
    totals=("campaign",),
    performance=("campaign",),
    decisions=("campaign",),
    history=("campaign", "ad_sets"),
)
"""What of a row the fields of a campaign need."""


@looks_up("campaign")
async def campaigns_by_id(request: Request, ids: list[UUID], at: int | None = None) -> list[Campaign | NotFound]:
    """The campaigns with these ids, or as they were at a position."""
    return await things.of_both(
        request, ids, "campaigns", "campaign", Campaign.of_row, domain.Campaign, Campaign.of, at
    )


@strawberry.input(description="First and last day, both included, in the time zone.")
class ScheduleInput:
    starts_on: date = strawberry.field(description="First day.")
    ends_on: date = strawberry.field(description="Last day; after the first one.")
    time_zone: TimeZone = strawberry.field(description="IANA name, like Europe/Berlin.", default="UTC")


@strawberry.input(description="A platform's share of the budget.")
class AllocationInput:
    platform: Platform = strawberry.field(description="The platform.")
    amount: MoneyInput = strawberry.field(description="Its share.")
