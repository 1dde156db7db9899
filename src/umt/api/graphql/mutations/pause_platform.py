"""`pausePlatform`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import PausePlatform
from umt.domain.errors import NotFound, NotReady, WrongStatus


@strawberry.input(description="What `pausePlatform` takes.")
class PausePlatformInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    platform: Platform = strawberry.field(description="The platform.")
    reason: str = strawberry.field(description="Why, for those who read its history.")


pause_platform = changes(PausePlatform, PausePlatformInput, CampaignPayload, NotFound, NotReady, WrongStatus)
