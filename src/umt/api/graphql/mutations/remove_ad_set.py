"""`removeAdSet`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import CampaignPayload
from umt.application.commands.campaign import RemoveAdSet
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `removeAdSet` takes.")
class RemoveAdSetInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    ad_set: UUID = strawberry.field(description="The ad set.")


remove_ad_set = changes(RemoveAdSet, RemoveAdSetInput, CampaignPayload, NotFound, WrongStatus)
