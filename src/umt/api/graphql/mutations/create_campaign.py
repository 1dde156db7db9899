"""`createCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Objective, Platform
from umt.api.graphql.mutation import makes
from umt.api.graphql.payloads import CampaignPayload
from umt.api.graphql.types.campaign import AllocationInput, ScheduleInput
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.campaign import CreateCampaign
from umt.domain.errors import InsufficientBudget, NotFound, WrongStatus


@strawberry.input(description="What `createCampaign` takes.")
class CreateCampaignInput:
    brand: UUID = strawberry.field(description="The brand it is for.")
    name: str = strawberry.field(description="Its name.")
    objective: Objective = strawberry.field(description="What it is for.")
    total_budget: MoneyInput = strawberry.field(description="All its money.")
    schedule: ScheduleInput = strawberry.field(description="When it runs.")
    platforms: list[Platform] = strawberry.field(description="Where it may run: platforms that sell ads.")
    allocation: list[AllocationInput] = strawberry.field(
        description="The share of each platform; together no more than the total budget. By default none has one yet.",
        default_factory=list,
    )


create_campaign = makes(CreateCampaign, CreateCampaignInput, CampaignPayload, InsufficientBudget, NotFound, WrongStatus)
