"""The workspace at a glance."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from umt.api.amounts import written
from umt.api.rest.analytics import MOST_ROWS
from umt.api.rest.changing import Caller, caller
from umt.api.rest.failures import refusals
from umt.api.rest.figures import DayFigures, Figures, PlatformFigures, added_up
from umt.api.rest.pages import Reading
from umt.api.rest.periods import Period
from umt.api.rest.shape import Answer, Day, Told
from umt.api.services import Services
from umt.application.lists import Between
from umt.application.queries import Row
from umt.domain.campaign import Status

router = APIRouter(prefix="/api/v1/dashboard", tags=["performance"], dependencies=[Depends(caller)])

MOST_CAMPAIGNS: Final = 20
_RUNNING: Final = [Status.LIVE.value, Status.PAUSED.value]


class RunningCampaign(Figures):
    """A campaign that runs or is paused: its money, and what it brought about over all time."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name.")
    status: Status = Field(description="live or paused.")
    budget: Told = Field(description="Its total budget, in the currency.")
    remaining: Told = Field(description="What is not spent of it; negative if overspent.")
    score: Told | None = Field(description="Its performance score between 0 and 1, as last judged.")


class CampaignCounts(Answer):
    """How many campaigns there are in each status."""

    draft: int = Field(description="Being set up.")
    approved: int = Field(description="Ready to be launched.")
    live: int = Field(description="Running.")
    paused: int = Field(description="Stopped until resumed.")
    completed: int = Field(description="Over.")
    imported: int = Field(description="Run elsewhere.")
    archived: int = Field(description="Put away.")


class Summary(Answer):
    """What all of the workspace's ads brought about, and how many campaigns there are."""

    totals: list[Figures] = Field(description="Over all time, by currency.")
    campaign_counts: CampaignCounts = Field(description="Its campaigns, counted.")


class Dashboard(Summary):
    """The workspace at a glance."""

    campaigns: list[RunningCampaign] = Field(description=f"The {MOST_CAMPAIGNS} newest that run or are paused.")
    since: Day = Field(description="First day of `platforms` and `days`.")
    until: Day = Field(description="Last day of `platforms` and `days`.")
    platforms: list[PlatformFigures] = Field(description="What ads brought about in these days, by platform.")
    days: list[DayFigures] = Field(description="The same by day.")


@router.get(
    "/summary",
    name="getSummary",
    response_model=Summary,
    summary="The workspace in a few figures",
    responses=refusals(401, 403),
)
async def summary(asked: Annotated[Reading, Query()], request: Request, caller: Caller) -> Summary:
    services: Services = request.app.state.services
    totals = await _totals(services, caller, asked.position)
    return Summary(totals=totals, campaign_counts=await _counts(services, caller))


@router.get(
    "", name="getDashboard", response_model=Dashboard, summary="The workspace at a glance", responses=refusals(401, 403)
)
async def dashboard(asked: Annotated[Period, Query()], request: Request, caller: Caller) -> Dashboard:
    services: Services = request.app.state.services
    position, (since, until) = asked.position, asked.days(services.clock.now().date())
    rows = await services.queries.many(
        caller,
        "platform_daily_totals",
        where={"day": Between(since, until)},
        order=("day", "platform", "currency"),
        limit=MOST_ROWS,
        at_least=position,
    )
    return Dashboard(
        totals=await _totals(services, caller, position),
        campaign_counts=await _counts(services, caller),
        campaigns=await _running(services, caller, position),
        since=since,
        until=until,
        platforms=[PlatformFigures.of(row, platform=row["platform"]) for row in added_up(rows, "platform")],
        days=[DayFigures.of(row, day=row["day"]) for row in added_up(rows, "day")],
    )


async def _totals(services: Services, caller: Caller, position: int | None) -> list[Figures]:
    rows = await services.queries.many(
        caller, "dashboard", where={}, order=("currency",), limit=MOST_ROWS, at_least=position
    )
    return [Figures.of(row) for row in rows]


async def _counts(services: Services, caller: Caller) -> CampaignCounts:
    """As the read models stand; who wants a position has waited for it."""
    return CampaignCounts(
        **{
            status.value: await services.queries.count(caller, "campaigns", where={"status": status.value})
            for status in Status
        }
    )


async def _running(services: Services, caller: Caller, position: int | None) -> list[RunningCampaign]:
    campaigns = await services.queries.many(
        caller,
        "campaigns",
        where={"status": _RUNNING},
        order=("-created_at", "-campaign"),
        limit=MOST_CAMPAIGNS,
        at_least=position,
    )
    rows = await services.queries.many(
        caller,
        "campaign_totals",
        where={"campaign": [campaign["campaign"] for campaign in campaigns]},
        order=("campaign", "platform", "currency"),
        limit=MOST_ROWS,
        at_least=position,
    )
    figures = {(row["campaign"], row["currency"]): row for row in added_up(rows, "campaign")}
    return [_shown(each, figures.get((each["campaign"], each["currency"]))) for each in campaigns]


def _shown(campaign: Row, figures: Row | None) -> RunningCampaign:
    currency = campaign["currency"]
    sums = figures or {**_NOTHING, "currency": currency}
    return RunningCampaign.of(
        sums,
        id=campaign["campaign"],
        name=campaign["name"],
        status=campaign["status"],
        budget=written(campaign["total_budget"], currency),
        remaining=written(campaign["total_budget"] - sums["spend"], currency),
        score=campaign["score"],
    )


_NOTHING: Final[Row] = {
    "impressions": 0,
    "clicks": 0,
    "conversions": 0,
    "leads": 0,
    "spend": Decimal(0),
    "revenue": Decimal(0),
}
