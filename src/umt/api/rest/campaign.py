"""A campaign as the REST side tells it and takes it."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from umt.api import positions
from umt.api.graphql.seen import Seen
from umt.api.rest.shape import Answer, Day, Given, Id, Money, Shape, Told, without_defaults
from umt.application.commands.campaign import AddAdSet, CreateCampaign, ReviseCampaign
from umt.application.queries import Row
from umt.domain import campaign as domain
from umt.domain.campaign import Objective, Status
from umt.domain.platform import Platform

_PLAN: Final[JsonDict] = {
    "name": "Spring",
    "objective": "sales",
    "totalBudget": {"amount": "6000.00", "currency": "EUR"},
    "schedule": {"startsOn": "2027-03-01", "endsOn": "2027-03-31", "timeZone": "Europe/Vienna"},
    "platforms": ["google", "facebook"],
    "allocation": [
        {"platform": "google", "amount": {"amount": "3500.00", "currency": "EUR"}},
        {"platform": "facebook", "amount": {"amount": "1500.00", "currency": "EUR"}},
    ],
}
"""An example."""

_NAME: Final = "Its name: 1 to 200 characters."
_OBJECTIVE: Final = "What it is for."
_BUDGET: Final = "All its money."
_SCHEDULE: Final = "When it runs."
_PLATFORMS: Final = "Where it may run: platforms that sell ads."
_ALLOCATION: Final = "Each platform's share; together no more than the total budget. What is left is the reserve."


class Schedule(Shape):
    """First and last day, both included, in the time zone."""

    starts_on: Day = Field(description="First day.")
    ends_on: Day = Field(description="Last day; after the first one.")
    time_zone: str = Field(description="IANA name, like Europe/Berlin.", examples=["Europe/Berlin"])


class Share(Shape):
    """A platform's share of the budget."""

    platform: Platform = Field(description="The platform.")
    amount: Money = Field(description="Its share.")


class PlatformBudget(Share):
    """A platform's share of the budget, and whether its ads run."""

    paused: bool = Field(description="Whether the campaign's ads are stopped there.")


class Audience(Shape):
    """Whom ads address."""

    name: str = Field(description="Its name.", examples=["Hikers"])
    age_from: int = Field(18, strict=True, description="Youngest, in years; 13 or more.")
    age_to: int = Field(65, strict=True, description="Oldest, in years; 120 or less.")
    genders: list[str] = Field([], description="Genders; none means all.")
    interests: list[str] = Field([], description="Interests.")
    places: list[str] = Field([], description="Places.")


class Creative(Answer):
    """The approved text that an ad shows."""

    content: UUID = Field(description="The id of the content it is from.")
    headline: str = Field(description="Headline.")
    body: str = Field(description="Text.")
    url: str = Field(description="The page it leads to.")


class Ad(Answer):
    """An ad on a platform."""

    external_id: str = Field(description="Its id there.")
    external_campaign_id: str = Field(description="The id of its campaign there.")
    status: str = Field(description="What the platform says of it.")


class AdSet(Answer):
    """An audience on one platform with what it is shown and what may be bid."""

    id: UUID = Field(description="Its id.")
    platform: Platform = Field(description="The platform.")
    name: str = Field(description="Its name.")
    audience: Audience = Field(description="Whom it addresses.")
    creative: Creative = Field(description="What it shows.")
    bid: Money | None = Field(description="Highest bid; null leaves it to the platform.")
    ad: Ad | None = Field(description="The ad on the platform; null until it is created there.")
    failure: str | None = Field(description="Why the platform refused the ad; null if it did not.")


class PlatformScore(Answer):
    """A platform's performance score."""

    platform: Platform = Field(description="The platform.")
    score: Told = Field(description="Between 0 and 1.", examples=["0.640000"])


class Campaign(Answer):
    """A campaign: money, people and creatives on ad platforms, from draft to archive."""

    id: UUID = Field(description="Its id.")
    brand: UUID | None = Field(description="The id of the brand it is for; null if imported.")
    name: str = Field(description="Its name.")
    status: Status = Field(description="How far it has come.")
    objective: Objective | None = Field(description="What it is for; null if imported.")
    currency: str = Field(description="ISO 4217 code of all its amounts.")
    total_budget: Money | None = Field(description="All its money; null if imported.")
    reserve: Money = Field(description="The part of the total budget that no platform has yet.")
    schedule: Schedule | None = Field(description="When it runs; null if imported.")
    platforms: list[Platform] = Field(description="Where it may run.")
    allocation: list[PlatformBudget] = Field(description="Each platform's share of the budget.")
    ad_sets: list[AdSet] = Field(description="Its ad sets.")
    audiences: list[Audience] = Field(description="The brand's audiences as taken over.")
    score: Told | None = Field(description="Performance score between 0 and 1, as last judged.")
    platform_scores: list[PlatformScore] = Field(description="Each platform's score, as last judged.")
    approved_by: str | None = Field(description="Who approved it, as kind:id; null without approval.")
    reference: str | None = Field(description="Its name in the imported file; null otherwise.")
    version: int = Field(description='Counts its changes; "v" and this is its `ETag`.')
    position: str = Field(description="Where in the log it last changed: `atLeast` of what must show it.")

    @classmethod
    def of(cls, seen: Seen[domain.Campaign]) -> Campaign:
        state, position = seen.state, seen.position
        assert position is not None
        shares = [
            {"platform": platform, "amount": state.allocation[platform], "paused": platform in state.paused_platforms}
            for platform in state.platforms
            if platform in state.allocation
        ]
        own = {"id": seen.id, "version": seen.version, "position": positions.encode(position), "allocation": shares}
        return cls(**{name: own[name] if name in own else getattr(state, name) for name in cls.model_fields})

    @classmethod
    def of_row(cls, row: Row) -> Campaign:
        """The campaign that a row of `campaigns` tells of: the same as from the log."""

        def money(amount: Any) -> Any:
            return None if amount is None else {"amount": amount, "currency": row["currency"]}

        state = {
            **row,
            "total_budget": money(row["total_budget"]),
            "schedule": row if row["starts_on"] else None,
            "allocation": {platform: money(amount) for platform, amount in row["allocation"].items()},
        }
        return cls.of(Seen(row["campaign"], msgspec.convert(state, domain.Campaign), row["version"], row["position"]))


_READ_ONLY: Final = {
    "id": "it is in the address",
    "brand": "a campaign stays with its brand",
    "status": "POST to …/approve, …/launch, …/pause or …/resume, or DELETE",
    "currency": "a campaign keeps its currency",
    "reserve": "it follows from `totalBudget` and `allocation`",
    "adSets": "POST to …/ad-sets, DELETE …/ad-sets/{adSet}",
    "audiences": "they are the brand's",
    "score": "it is judged: POST to …/optimize",
    "platformScores": "they are judged: POST to …/optimize",
    "approvedBy": "POST to …/approve",
    "reference": "an imported file gave it",
    "version": "send it as `If-Match`",
    "position": "the log gives it",
}
"""Members of a campaign that are changed otherwise than by PUT and PATCH."""


class _Plan(Shape):
    name: str = Field(description=_NAME)
    objective: Objective = Field(description=_OBJECTIVE)
    total_budget: Money = Field(description=_BUDGET)
    schedule: Schedule = Field(description=_SCHEDULE)
    platforms: list[Platform] = Field(description=_PLATFORMS, min_length=1)
    allocation: list[Share] = Field(description=_ALLOCATION)


class NewCampaign(_Plan):
    """A campaign to set up."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"brand": "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d", **_PLAN}]}
    )
    read_only = {name: how for name, how in _READ_ONLY.items() if name != "brand"}

    brand: Id = Field(description="The id of the brand it is for.")
    allocation: list[Share] = Field([], description=_ALLOCATION)

    def command(self) -> CreateCampaign:
        return CreateCampaign(brand=self.brand, **_planned(self))


class CampaignPlan(_Plan):
    """All of a campaign that can be replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLAN]})
    read_only = _READ_ONLY

    def command(self, campaign: UUID) -> ReviseCampaign:
        return ReviseCampaign(campaign=campaign, **_planned(self))


def _described(schema: JsonDict) -> None:
    without_defaults(schema)
    schema["examples"] = [{"name": "Summer", "totalBudget": _PLAN["totalBudget"]}]


class CampaignChanges(Shape):
    """The part of a campaign that is to be replaced: what is left out stays. A list or an object is replaced whole."""

    model_config = ConfigDict(json_schema_extra=_described)
    read_only = _READ_ONLY

    name: Given[str] = Field(None, description=_NAME)
    objective: Given[Objective] = Field(None, description=_OBJECTIVE)
    total_budget: Given[Money] = Field(None, description=_BUDGET)
    schedule: Given[Schedule] = Field(None, description=_SCHEDULE)
    platforms: Given[Annotated[list[Platform], Field(min_length=1)]] = Field(None, description=_PLATFORMS)
    allocation: Given[list[Share]] = Field(None, description=_ALLOCATION)

    def command(self, campaign: UUID) -> ReviseCampaign:
        return ReviseCampaign(campaign=campaign, **_planned(self))


class NewAdSet(Shape):
    """An audience to address on a platform with an approved content."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"platform": "google", "name": "Hikers", "content": "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"},
            ]
        }
    )

    platform: Platform = Field(description="The platform.")
    name: str = Field(description="Its name, unique on the platform.")
    content: Id = Field(description="The published content that its ad shows.")
    audience: Audience | None = Field(None, description="Whom it addresses; by default the brand's first audience.")
    bid: Money | None = Field(None, description="Highest bid; by default the platform decides.")

    def command(self, campaign: UUID) -> AddAdSet:
        return AddAdSet(
            campaign=campaign,
            platform=self.platform,
            name=self.name,
            content=self.content,
            audience=self.audience and self.audience.model_dump(),
            bid=self.bid and self.bid.value,
        )


def _planned(given: _Plan | CampaignChanges) -> dict[str, Any]:
    """The fields of a command."""
    return {
        "name": given.name,
        "objective": given.objective,
        "total_budget": given.total_budget and given.total_budget.value,
        "schedule": given.schedule and given.schedule.model_dump(),
        "platforms": given.platforms,
        "allocation": given.allocation if given.allocation is None else [_share(each) for each in given.allocation],
    }


def _share(given: Share) -> domain.Allocation:
    return domain.Allocation(given.platform, given.amount.value)
