"""`approveCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import ApproveCampaign
from umt.domain.errors import NotFound, NotReady, SecondPersonNeeded, WrongStatus


@strawberry.input(description="What `approveCampaign` takes.")
class ApproveCampaignInput:
    campaign: UUID = strawberry.field(description="The campaign.")


approve_campaign = changes(
    ApproveCampaign, ApproveCampaignInput, CampaignPayload, NotFound, NotReady, SecondPersonNeeded, WrongStatus
)
