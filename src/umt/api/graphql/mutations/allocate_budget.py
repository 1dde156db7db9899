"""`allocateBudget`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.api.graphql.types.campaign import AllocationInput
from umt.application.commands.campaign import AllocateBudget
from umt.domain.errors import InsufficientBudget, NotFound, WrongStatus


@strawberry.input(description="What `allocateBudget` takes.")
class AllocateBudgetInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    allocation: list[AllocationInput] = strawberry.field(
        description="The share of each platform; together no more than the total budget."
    )


allocate_budget = changes(
    AllocateBudget, AllocateBudgetInput, CampaignPayload, InsufficientBudget, NotFound, WrongStatus
)
