"""`resumeCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import ResumeCampaign
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `resumeCampaign` takes.")
class ResumeCampaignInput:
    campaign: UUID = strawberry.field(description="The campaign.")


resume_campaign = changes(ResumeCampaign, ResumeCampaignInput, CampaignPayload, NotFound, WrongStatus)
