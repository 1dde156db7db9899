"""Figures as they come in: what a platform now reports of a campaign's ads."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field

from umt.api import positions
from umt.api.rest.bodies import takes_json
from umt.api.rest.campaigns import CampaignId
from umt.api.rest.changing import Changing, caller
from umt.api.rest.failures import refusals
from umt.api.rest.headers import RECORDED
from umt.api.rest.shape import Amount, Answer, Count, Currency, Day, Id, Moment, Shape
from umt.application.commands.analytics import RecordPerformance
from umt.domain.performance import Figures, Record
from umt.domain.platform import Platform

router = APIRouter(
    prefix="/api/v1/campaigns/{campaign}/metrics",
    tags=["performance"],
    dependencies=[Depends(caller), Depends(takes_json)],
)


class ReportedFigures(Shape):
    """What an ad brought about, as now reported: sums of the day, not changes."""

    impressions: Count = Field(0, description="Times the ad was shown.")
    clicks: Count = Field(0, description="Times it was clicked; no more than it was shown.")
    conversions: Count = Field(0, description="Conversions; they may exceed the clicks.")
    leads: Count = Field(0, description="Enquiries.")
    spend: Amount = Field(Decimal(0), description="Money spent, in the campaign's currency.")
    revenue: Amount = Field(Decimal(0), description="Revenue, in the campaign's currency.")


class ReportedDay(Shape):
    """One ad's figures of one day."""

    ad: str = Field(description="The ad's id on the platform: 1 to 500 characters.")
    day: Day | None = Field(None, description="The day, in the ad account's time zone; null: the ad's whole life.")
    figures: ReportedFigures = Field(description="The figures.")
    content: Id | None = Field(None, description="The content that the ad shows.")


class Report(Shape):
    """What a platform now reports."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "platform": "google",
                    "currency": "EUR",
                    "reportedAt": "2027-03-02T06:00:00Z",
                    "records": [
                        {
                            "ad": "12345",
                            "day": "2027-03-01",
                            "figures": {"impressions": 1000, "clicks": 50, "conversions": 5, "spend": "62.50"},
                        }
                    ],
                }
            ]
        }
    )

    platform: Platform = Field(description="The platform.")
    currency: Currency = Field(description="ISO 4217 code of the amounts: the campaign's.")
    reported_at: Moment = Field(
        description="When the figures were read; what was reported earlier than what is known is ignored."
    )
    records: list[ReportedDay] = Field(description="The figures of each ad and day.")

    def command(self, campaign: UUID) -> RecordPerformance:
        records = tuple(
            Record(each.ad, each.day, Figures(**dict(each.figures)), content=each.content) for each in self.records
        )
        return RecordPerformance(campaign=campaign, **{**dict(self), "records": records})


class Recorded(Answer):
    """What came of a report."""

    campaign: UUID = Field(description="The campaign's id.")
    records: int = Field(description="How many records were given.")
    news: bool = Field(description="Whether any of them says what was not known; all others changed nothing.")
    position: str = Field(description="The log's position afterwards: `atLeast` of what must show it.")


@router.post(
    "",
    name="recordMetrics",
    response_model=Recorded,
    summary="Record what a platform now reports of its ads",
    responses={200: {"headers": RECORDED}, **refusals(401, 403, 404, 409, 415)},
)
async def record(campaign: CampaignId, given: Report, change: Annotated[Changing, Depends()]) -> Recorded:
    outcome = await change.carry_out(given.command(campaign))
    return Recorded(
        campaign=campaign,
        records=len(given.records),
        news=outcome.events > 0,
        position=positions.encode(outcome.position),
    )
