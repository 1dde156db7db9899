"""`reviseCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Objective, Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.api.graphql.types.campaign import AllocationInput, ScheduleInput
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.campaign import ReviseCampaign
from umt.domain.errors import InsufficientBudget, NotFound, WrongStatus


@strawberry.input(description="What `reviseCampaign` takes. What is left out or null stays.")
class ReviseCampaignInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    name: str | None = strawberry.field(description="Its name.", default=None)
    objective: Objective | None = strawberry.field(description="What it is for.", default=None)
    total_budget: MoneyInput | None = strawberry.field(
        description="All its money, in the currency that it has.", default=None
    )
    schedule: ScheduleInput | None = strawberry.field(description="When it runs.", default=None)
    platforms: list[Platform] | None = strawberry.field(
        description="Where it may run: platforms that sell ads, among them all that have a share or an ad set.",
        default=None,
    )
    allocation: list[AllocationInput] | None = strawberry.field(
        description="The share of each platform; together no more than the total budget.", default=None
    )


revise_campaign = changes(
    ReviseCampaign, ReviseCampaignInput, CampaignPayload, InsufficientBudget, NotFound, WrongStatus
)
