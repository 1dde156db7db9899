"""`addSocialAccount`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.api.graphql.types.brand import SocialAccountInput
from umt.application.commands.brand import AddSocialAccount
from umt.domain.errors import AlreadyExists, NotFound, WrongStatus


@strawberry.input(description="What `addSocialAccount` takes.")
class AddSocialAccountInput:
    brand: UUID = strawberry.field(description="The brand.")
    account: SocialAccountInput = strawberry.field(description="The account.")


add_social_account = changes(
    AddSocialAccount, AddSocialAccountInput, BrandPayload, AlreadyExists, NotFound, WrongStatus
)
