"""A campaign's money, what it brought about, and what agents decided about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from umt.api.amounts import written
from umt.api.rest.campaigns import CampaignId, campaign_row
from umt.api.rest.changing import Caller, caller
from umt.api.rest.failures import refusals
from umt.api.rest.figures import Figures, PlatformDayFigures
from umt.api.rest.headers import LISTED
from umt.api.rest.pages import Instant, Listed, Listing, Place, following
from umt.api.rest.periods import Period
from umt.api.rest.shape import Answer, Day, Moment, Told
from umt.api.services import Services
from umt.application.lists import Between, Order
from umt.application.queries import Row
from umt.domain.platform import Platform

router = APIRouter(prefix="/api/v1/campaigns/{campaign}", tags=["performance"], dependencies=[Depends(caller)])

MOST_ROWS: Final = 10_000
"""More than the longest period has days and platforms."""


class PlatformAnalytics(Figures):
    """A platform of a campaign: its money, and what it brought about over all time."""

    platform: Platform = Field(description="The platform.")
    budget: Told | None = Field(description="Its share of the budget, in the currency; null without one.")
    remaining: Told | None = Field(description="What is not spent of it; negative if overspent, null without one.")
    active: bool = Field(
        description="Whether it has a budget and is not paused; the campaign's status stands above it."
    )
    score: Told | None = Field(description="Its score between 0 and 1, as last judged.")
    synced_at: Moment | None = Field(description="When figures were last collected there.")


class Analytics(Answer):
    """A campaign's money, and what it brought about."""

    campaign: UUID = Field(description="The campaign's id.")
    currency: str = Field(description="ISO 4217 code of the amounts.")
    budget: Told | None = Field(description="Its total budget; null if imported.")
    remaining: Told | None = Field(description="What is not spent of it; negative if overspent, null if imported.")
    score: Told | None = Field(description="Its performance score between 0 and 1, as last judged.")
    totals: Figures = Field(description="What it brought about over all time.")
    platforms: list[PlatformAnalytics] = Field(description="The same by platform.")
    since: Day = Field(description="First day of `days`.")
    until: Day = Field(description="Last day of `days`.")
    days: list[PlatformDayFigures] = Field(description="What it brought about by day and platform.")


class Decision(Answer):
    """What an agent decided about a campaign, and what came of it."""

    agent: str = Field(description="The agent's name.")
    action: str = Field(description="What it decided: reallocate, raise_budget, pause, alert or hold.")
    target: str | None = Field(description="The platform; source and target of money that moves as source>target.")
    amount: Told | None = Field(description="The money concerned; null without any.")
    currency: str | None = Field(description="ISO 4217 code of the amount; null without one.")
    reason: str = Field(description="Why, in plain words.")
    rule: str = Field(description="The policy that decided.")
    score: Told | None = Field(description="The performance score that was judged.")
    confidence: Told | None = Field(description="How sure the policy is, between 0 and 1.")
    success: bool | None = Field(description="Whether it was done; null where nothing was to be done.")
    error: str | None = Field(description="Who refused it and why; null if nobody did.")
    decided_at: Moment = Field(description="When, by the business's clock.")


class DecisionPage(Answer):
    """A page of decisions."""

    items: list[Decision] = Field(description="The decisions, newest first.")
    next: str | None = Field(description="The address of the next page, also in `Link`; null on the last one.")


NEWEST_FIRST: Final = Listed(
    "decisions", Order(("decided_at", "run", "sequence"), descending=True), (Instant, UUID, Place)
)


@router.get(
    "/analytics",
    name="getAnalytics",
    response_model=Analytics,
    summary="Money and figures of a campaign",
    responses=refusals(401, 403, 404),
)
async def analytics(
    campaign: CampaignId, asked: Annotated[Period, Query()], request: Request, caller: Caller
) -> Analytics:
    services: Services = request.app.state.services
    queries, position, (since, until) = services.queries, asked.position, asked.days(services.clock.now().date())
    of_campaign = {"campaign": campaign}
    overview = await campaign_row(request, caller, "campaign_overview", campaign, position)
    platforms = await queries.many(
        caller, "campaign_platforms", where=of_campaign, order=("platform",), limit=MOST_ROWS, at_least=position
    )
    rows = await queries.many(
        caller,
        "campaign_performance",
        where={**of_campaign, "day": Between(since, until)},
        order=("day", "platform", "currency"),
        limit=MOST_ROWS,
        at_least=position,
    )
    return Analytics(
        campaign=campaign,
        currency=overview["currency"],
        budget=amount_of(overview, "total_budget"),
        remaining=amount_of(overview, "remaining_budget"),
        score=overview["score"],
        totals=Figures.of(_spent(overview)),
        platforms=[
            PlatformAnalytics.of(
                _spent(row),
                platform=row["platform"],
                budget=amount_of(row, "allocated_budget"),
                remaining=amount_of(row, "remaining_budget"),
                active=bool(row["active"]),
                score=row["score"],
                synced_at=row["last_synced_at"],
            )
            for row in platforms
        ],
        since=since,
        until=until,
        days=[PlatformDayFigures.of(row, day=row["day"], platform=row["platform"]) for row in rows],
    )


@router.get(
    "/decisions",
    name="listDecisions",
    response_model=DecisionPage,
    summary="What agents decided about a campaign, page by page",
    responses={200: {"headers": LISTED}, **refusals(401, 403, 404)},
)
async def decisions(
    campaign: CampaignId, asked: Annotated[Listing, Query()], request: Request, response: Response, caller: Caller
) -> DecisionPage:
    services: Services = request.app.state.services
    await campaign_row(request, caller, "campaigns", campaign, asked.position)
    page = await services.queries.page(
        caller,
        "optimisation_log",
        where={"campaign": campaign},
        order=NEWEST_FIRST.order,
        stretch=NEWEST_FIRST.stretch(asked.limit, asked.cursor),
        at_least=asked.position,
    )
    return DecisionPage(
        items=[_decision(row) for row in page.items], next=following(page, NEWEST_FIRST, request, response)
    )


def amount_of(row: Row, column: str) -> Decimal | None:
    """An amount in the row's currency, if there is one."""
    return None if row[column] is None else written(row[column], row["currency"])


def _spent(row: Row) -> Row:
    return {**row, "spend": row["spent_budget"]}


def _decision(row: Row) -> Decision:
    shown = {name: row[name] for name in Decision.model_fields}
    money = {"currency": row["currency"] or None, "amount": row["amount"] and amount_of(row, "amount")}
    return Decision(**{**shown, **money, "target": row["target"] or None})
