"""`optimizeCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import OptimizeCampaign
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `optimizeCampaign` takes.")
class OptimizeCampaignInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    reason: str = strawberry.field(description="Why, for those who read its history.", default="asked for by hand")


optimize_campaign = changes(OptimizeCampaign, OptimizeCampaignInput, CampaignPayload, NotFound, WrongStatus)
