"""`reallocateBudget`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.campaign import ReallocateBudget
from umt.domain.errors import InsufficientBudget, NotFound, NotReady, WrongStatus


@strawberry.input(description="What `reallocateBudget` takes.")
class ReallocateBudgetInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    source: Platform = strawberry.field(description="The platform that gives.")
    target: Platform = strawberry.field(description="The platform that gets.")
    amount: MoneyInput = strawberry.field(description="How much; no more than the source has unspent.")
    reason: str = strawberry.field(description="Why, for those who read its history.")


reallocate_budget = changes(
    ReallocateBudget, ReallocateBudgetInput, CampaignPayload, InsufficientBudget, NotFound, NotReady, WrongStatus
)
