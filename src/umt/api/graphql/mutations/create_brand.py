"""`createBrand`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import makes
from umt.api.graphql.payloads import BrandPayload
from umt.api.graphql.types.brand import AudienceInput, CompetitorInput, IndustryInput, SocialAccountInput, StylingInput
from umt.application.commands.brand import CreateBrand
from umt.domain.errors import AlreadyExists, NameTaken


@strawberry.input(description="What `createBrand` takes.")
class CreateBrandInput:
    name: str = strawberry.field(description="Its name, unique among the workspace's active brands.")
    industry: IndustryInput = strawberry.field(description="Its trade.")
    description: str = strawberry.field(description="What it is about.", default="")
    styling: StylingInput | None = strawberry.field(description="Its look and voice.", default=None)
    audiences: list[AudienceInput] = strawberry.field(description="Whom it wants to reach.", default_factory=list)
    social_accounts: list[SocialAccountInput] = strawberry.field(description="Where it speaks.", default_factory=list)
    competitors: list[CompetitorInput] = strawberry.field(description="Whom it watches.", default_factory=list)


create_brand = makes(CreateBrand, CreateBrandInput, BrandPayload, AlreadyExists, NameTaken)
