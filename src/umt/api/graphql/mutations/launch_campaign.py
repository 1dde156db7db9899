"""`launchCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import LaunchCampaign
from umt.domain.errors import NotFound, NotReady, WrongStatus


@strawberry.input(description="What `launchCampaign` takes.")
class LaunchCampaignInput:
    campaign: UUID = strawberry.field(description="The campaign.")


launch_campaign = changes(LaunchCampaign, LaunchCampaignInput, CampaignPayload, NotFound, NotReady, WrongStatus)
