"""`removeSocialAccount`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.application.commands.brand import RemoveSocialAccount
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `removeSocialAccount` takes.")
class RemoveSocialAccountInput:
    brand: UUID = strawberry.field(description="The brand.")
    platform: Platform = strawberry.field(description="The platform.")
    handle_name: str = strawberry.field(name="handle", description="The account's name there.")


remove_social_account = changes(RemoveSocialAccount, RemoveSocialAccountInput, BrandPayload, NotFound, WrongStatus)
