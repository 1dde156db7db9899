"""What is done with a campaign: ad sets, approval, launch, pauses, money that moves, and judgement."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from umt.api.rest.bodies import takes_json
from umt.api.rest.campaign import Campaign, NewAdSet
from umt.api.rest.campaigns import CHANGES, CampaignId, Change
from umt.api.rest.changing import caller
from umt.api.rest.failures import refusals
from umt.api.rest.headers import ACCEPTED
from umt.api.rest.shape import Id, Money, Shape
from umt.application.commands import campaign as commands
from umt.application.dispatch import Command
from umt.domain.platform import Platform

router = APIRouter(
    prefix="/api/v1/campaigns/{campaign}", tags=["campaigns"], dependencies=[Depends(caller), Depends(takes_json)]
)
AdSetId = Annotated[Id, Path(alias="adSet", description="The ad set's id.")]

_WHY = "Why, for those who read its history."
_ONE_PLATFORM = "Only the ads on this platform; without it the whole campaign."


class Pausing(Shape):
    """What is to stop, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Stock ran out."}]})

    reason: str = Field(description=_WHY)
    platform: Platform | None = Field(None, description=_ONE_PLATFORM)


class Resuming(Shape):
    """What is to run again."""

    platform: Platform | None = Field(None, description=_ONE_PLATFORM)


class Reallocation(Shape):
    """Money that moves between two active platforms."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "google",
                    "target": "facebook",
                    "amount": {"amount": "100.00", "currency": "EUR"},
                    "reason": "Higher return.",
                }
            ]
        }
    )

    source: Platform = Field(description="The platform that gives.")
    target: Platform = Field(description="The platform that gets.")
    amount: Money = Field(description="How much; no more than the source has not spent yet.")
    reason: str = Field(description=_WHY)


class Raise(Shape):
    """Money that moves from the campaign's reserve to a platform."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"platform": "google", "amount": {"amount": "100.00", "currency": "EUR"}, "reason": "Does well."}
            ]
        }
    )

    platform: Platform = Field(description="The platform that gets.")
    amount: Money = Field(description="How much; no more than the campaign's reserve.")
    reason: str = Field(description=_WHY)


class Judging(Shape):
    """Why the campaign is to be judged now."""

    reason: str = Field("asked for by hand", description=_WHY)


@router.post(
    "/ad-sets",
    name="addAdSet",
    response_model=Campaign,
    summary="Address an audience with an approved content",
    responses=CHANGES,
)
async def add_ad_set(campaign: CampaignId, given: NewAdSet, change: Change) -> Campaign:
    return await done(change, given.command(campaign))


@router.delete(
    "/ad-sets/{adSet}",
    name="removeAdSet",
    response_model=Campaign,
    summary="Take an ad set out of the draft",
    responses=CHANGES,
)
async def remove_ad_set(campaign: CampaignId, ad_set: AdSetId, change: Change) -> Campaign:
    return await done(change, commands.RemoveAdSet(campaign=campaign, ad_set=ad_set))


@router.post(
    "/approve",
    name="approveCampaign",
    response_model=Campaign,
    summary="Approve the draft as it stands",
    responses=CHANGES,
)
async def approve(campaign: CampaignId, change: Change) -> Campaign:
    return await done(change, commands.ApproveCampaign(campaign=campaign))


@router.post("/launch", name="launchCampaign", response_model=Campaign, summary="Go live", responses=CHANGES)
async def launch(campaign: CampaignId, change: Change) -> Campaign:
    return await done(change, commands.LaunchCampaign(campaign=campaign))


@router.post(
    "/pause",
    name="pauseCampaign",
    response_model=Campaign,
    summary="Stop its ads, all or on one platform",
    responses=CHANGES,
)
async def pause(campaign: CampaignId, given: Pausing, change: Change) -> Campaign:
    if given.platform is None:
        return await done(change, commands.PauseCampaign(campaign=campaign, reason=given.reason))
    return await done(change, commands.PausePlatform(campaign=campaign, platform=given.platform, reason=given.reason))


@router.post(
    "/resume",
    name="resumeCampaign",
    response_model=Campaign,
    summary="Let its ads run again, all or on one platform",
    responses=CHANGES,
)
async def resume(campaign: CampaignId, change: Change, given: Annotated[Resuming | None, Body()] = None) -> Campaign:
    if given is None or given.platform is None:
        return await done(change, commands.ResumeCampaign(campaign=campaign))
    return await done(change, commands.ResumePlatform(campaign=campaign, platform=given.platform))


@router.post(
    "/reallocate",
    name="reallocateBudget",
    response_model=Campaign,
    summary="Move unspent money between platforms",
    responses=CHANGES,
)
async def reallocate(campaign: CampaignId, given: Reallocation, change: Change) -> Campaign:
    command = commands.ReallocateBudget(
        campaign=campaign, source=given.source, target=given.target, amount=given.amount.value, reason=given.reason
    )
    return await done(change, command)


@router.post(
    "/raise-budget",
    name="raiseBudget",
    response_model=Campaign,
    summary="Move money from the reserve to a platform",
    responses=CHANGES,
)
async def raise_budget(campaign: CampaignId, given: Raise, change: Change) -> Campaign:
    command = commands.RaiseBudget(
        campaign=campaign, platform=given.platform, amount=given.amount.value, reason=given.reason
    )
    return await done(change, command)


@router.post(
    "/optimize",
    name="optimizeCampaign",
    response_model=Campaign,
    status_code=202,
    summary="Have the campaign judged now; what comes of it is among its decisions",
    responses={202: {"headers": ACCEPTED}, **refusals(401, 403, 404, 409, 412, 415)},
)
async def optimize(
    campaign: CampaignId,
    change: Change,
    response: Response,
    given: Annotated[Judging | None, Body()] = None,
) -> Campaign:
    asked = given or Judging()
    judged = await done(change, commands.OptimizeCampaign(campaign=campaign, reason=asked.reason))
    response.headers["Link"] = f'<{address_of(campaign)}/decisions>; rel="monitor"'
    return judged


async def done(change: Change, command: Command) -> Campaign:
    """The campaign as the command left it."""
    return Campaign.of(await change.campaign(command))


def address_of(campaign: UUID) -> str:
    return f"/api/v1/campaigns/{campaign}"
