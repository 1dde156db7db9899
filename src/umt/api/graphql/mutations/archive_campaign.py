"""`archiveCampaign`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import ArchiveCampaign
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `archiveCampaign` takes.")
class ArchiveCampaignInput:
    campaign: UUID = strawberry.field(description="The campaign.")


archive_campaign = changes(ArchiveCampaign, ArchiveCampaignInput, CampaignPayload, NotFound, WrongStatus)
