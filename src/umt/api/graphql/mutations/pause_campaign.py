"""`pauseCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import PauseCampaign
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `pauseCampaign` takes.")
class PauseCampaignInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    reason: str = strawberry.field(description="Why, for those who read its history.")


pause_campaign = changes(PauseCampaign, PauseCampaignInput, CampaignPayload, NotFound, WrongStatus)
