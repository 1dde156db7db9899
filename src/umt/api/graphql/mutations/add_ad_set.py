"""`addAdSet`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.api.graphql.types.brand import AudienceInput
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.campaign import AddAdSet
from umt.domain.errors import AlreadyExists, NotFound, NotReady, WrongStatus


@strawberry.input(description="What `addAdSet` takes.")
class AddAdSetInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    platform: Platform = strawberry.field(description="The platform.")
    name: str = strawberry.field(description="Its name.")
    content: UUID = strawberry.field(description="The published content that its ad shows.")
    audience: AudienceInput | None = strawberry.field(
        description="Whom it addresses; by default the brand's first audience.", default=None
    )
    bid: MoneyInput | None = strawberry.field(description="Highest bid; by default the platform decides.", default=None)


add_ad_set = changes(AddAdSet, AddAdSetInput, CampaignPayload, AlreadyExists, NotFound, NotReady, WrongStatus)
