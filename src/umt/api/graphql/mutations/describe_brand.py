"""`describeBrand`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.api.graphql.types.brand import IndustryInput
from umt.application.commands.brand import DescribeBrand
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `describeBrand` takes.")
class DescribeBrandInput:
    brand: UUID = strawberry.field(description="The brand.")
    description: str = strawberry.field(description="What it is about.")
    industry: IndustryInput = strawberry.field(description="Its trade.")


describe_brand = changes(DescribeBrand, DescribeBrandInput, BrandPayload, NotFound, WrongStatus)
