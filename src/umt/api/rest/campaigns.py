"""Campaigns: setting them up, listing, looking, replacing and putting away."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from umt.api.rest.bodies import takes_json
from umt.api.rest.campaign import Campaign, CampaignChanges, CampaignPlan, NewCampaign
from umt.api.rest.changing import Caller, Changing, ChangingOne, caller
from umt.api.rest.conditions import condition, etag
from umt.api.rest.failures import refusals
from umt.api.rest.headers import CHANGED, CREATED, LISTED, SEEN
from umt.api.rest.pages import Instant, Listed, Listing, Place, Reading, following
from umt.api.rest.shape import Answer, Id
from umt.api.services import Services
from umt.application.commands.campaign import ArchiveCampaign
from umt.application.lists import HavingAny, Order
from umt.application.queries import Row
from umt.domain.campaign import Status
from umt.domain.errors import NotFound
from umt.domain.platform import Platform

router = APIRouter(
    prefix="/api/v1/campaigns",
    tags=["campaigns"],
    dependencies=[Depends(caller), Depends(takes_json)],
)

CampaignId = Annotated[Id, Path(description="The campaign's id.")]
Change = Annotated[ChangingOne, Depends()]
CHANGES: Final[dict[int | str, dict[str, Any]]] = {200: {"headers": CHANGED}, **refusals(401, 403, 404, 409, 412, 415)}
"""How a change of a campaign may end."""

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="The `ETag` that the caller has: if it is still the present one, the answer is 304 without a body.",
        examples=['"v12"'],
    ),
]

Sorting = Literal[
    "createdAt", "-createdAt", "updatedAt", "-updatedAt", "name", "-name",
    "startsOn", "-startsOn", "endsOn", "-endsOn", "totalBudget", "-totalBudget",
]  # fmt: skip
_SORTED_BY: Final[dict[str, tuple[str, Any]]] = {
    "createdAt": ("created_at", Instant),
    "updatedAt": ("position", Place),
    "name": ("name_key", str),
    "startsOn": ("starts_on", date | None),
    "endsOn": ("ends_on", date | None),
    "totalBudget": ("total_budget_key", Place | None),
}
"""The columns that campaigns are sorted by, and what they hold."""

NOT_ARCHIVED: Final[list[Status]] = [status for status in Status if status is not Status.ARCHIVED]


class CampaignListing(Listing):
    """Which campaigns are asked for, and in which order."""

    status: list[Status] = Field(
        NOT_ARCHIVED, description="Only those in one of these statuses; without it all but archived ones."
    )
    brand: Id | None = Field(None, description="Only those of this brand.")
    platform: Platform | None = Field(None, description="Only those that may run on this platform.")
    sort: Sorting = Field("-createdAt", description="By what; `-` first: from the newest or the last one on.")

    @property
    def conditions(self) -> dict[str, Any]:
        wanted: dict[str, Any] = {"status": [status.value for status in self.status]}
        if self.brand:
            wanted["brand"] = self.brand
        if self.platform:
            wanted["platforms"] = HavingAny((self.platform.value,))
        return wanted

    @property
    def listed(self) -> Listed:
        column, holds = _SORTED_BY[self.sort.removeprefix("-")]
        order = Order((column, "campaign"), descending=self.sort.startswith("-"))
        return Listed(f"campaigns {self.sort}", order, (holds, UUID))


class CampaignPage(Answer):
    """A page of campaigns."""

    items: list[Campaign] = Field(description="The campaigns.")
    next: str | None = Field(description="The address of the next page, also in `Link`; null on the last one.")


@router.get(
    "",
    name="listCampaigns",
    response_model=CampaignPage,
    summary="Campaigns, page by page",
    responses={200: {"headers": LISTED}, **refusals(401, 403)},
)
async def listed(
    asked: Annotated[CampaignListing, Query()], request: Request, response: Response, caller: Caller
) -> CampaignPage:
    services: Services = request.app.state.services
    page = await services.queries.page(
        caller,
        "campaigns",
        where=asked.conditions,
        order=asked.listed.order,
        stretch=asked.listed.stretch(asked.limit, asked.cursor),
        at_least=asked.position,
    )
    return CampaignPage(
        items=[Campaign.of_row(row) for row in page.items],
        next=following(page, asked.listed, request, response),
    )


@router.post(
    "",
    name="createCampaign",
    response_model=Campaign,
    status_code=201,
    summary="Set up a campaign as a draft",
    responses={201: {"headers": CREATED}, **refusals(401, 403, 404, 409, 415)},
)
async def create(given: NewCampaign, change: Annotated[Changing, Depends()], response: Response) -> Campaign:
    made = Campaign.of(await change.campaign(given.command()))
    response.headers["Location"] = response.headers["Content-Location"]
    return made


@router.get(
    "/{campaign}",
    name="getCampaign",
    summary="A campaign as it stands",
    response_model=Campaign,
    responses={
        200: {"headers": SEEN},
        304: {"description": "It is still as `If-None-Match` says.", "headers": SEEN},
        **refusals(401, 403, 404),
    },
)
async def one(
    campaign: CampaignId,
    asked: Annotated[Reading, Query()],
    request: Request,
    response: Response,
    caller: Caller,
    if_none_match: IfNoneMatch = None,
) -> Any:
    known = condition(request.headers.getlist("if-none-match"), "If-None-Match")
    row = await campaign_row(request, caller, "campaigns", campaign, asked.position)
    headers = {"ETag": etag(row["version"]), "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if known and known.matches_weakly(row["version"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return Campaign.of_row(row)


@router.put(
    "/{campaign}",
    name="replaceCampaign",
    response_model=Campaign,
    summary="Replace what a draft plans",
    responses=CHANGES,
)
async def replace(campaign: CampaignId, given: CampaignPlan, change: Change) -> Campaign:
    return Campaign.of(await change.campaign(given.command(campaign)))


@router.patch(
    "/{campaign}",
    name="changeCampaign",
    response_model=Campaign,
    summary="Replace a part of what a draft plans",
    responses=CHANGES,
)
async def change_part(campaign: CampaignId, given: CampaignChanges, change: Change) -> Campaign:
    return Campaign.of(await change.campaign(given.command(campaign)))


@router.delete(
    "/{campaign}",
    name="archiveCampaign",
    response_model=Campaign,
    summary="Put a campaign away; its history stays",
    responses=CHANGES,
)
async def archive(campaign: CampaignId, change: Change) -> Campaign:
    return Campaign.of(await change.campaign(ArchiveCampaign(campaign=campaign)))


async def campaign_row(request: Request, caller: Caller, view: str, campaign: UUID, position: int | None) -> Row:
    """The campaign's row of a view, or NotFound."""
    services: Services = request.app.state.services
    row = await services.queries.one(caller, view, position, campaign=campaign)
    if row is None:
        raise NotFound("campaign", campaign)
    return row
