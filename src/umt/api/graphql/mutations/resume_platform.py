"""`resumePlatform`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import ResumePlatform
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `resumePlatform` takes.")
class ResumePlatformInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    platform: Platform = strawberry.field(description="The platform.")


resume_platform = changes(ResumePlatform, ResumePlatformInput, CampaignPayload, NotFound, WrongStatus)
