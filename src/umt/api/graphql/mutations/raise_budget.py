"""`raiseBudget`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.campaign import RaiseBudget
from umt.domain.errors import InsufficientBudget, NotFound, NotReady, WrongStatus


@strawberry.input(description="What `raiseBudget` takes.")
class RaiseBudgetInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    platform: Platform = strawberry.field(description="The platform that gets.")
    amount: MoneyInput = strawberry.field(description="How much; no more than the campaign's reserve.")
    reason: str = strawberry.field(description="Why, for those who read its history.")


raise_budget = changes(
    RaiseBudget, RaiseBudgetInput, CampaignPayload, InsufficientBudget, NotFound, NotReady, WrongStatus
)
