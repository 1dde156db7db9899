"""`styleBrand`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.api.graphql.types.brand import StylingInput
from umt.application.commands.brand import StyleBrand
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `styleBrand` takes.")
class StyleBrandInput:
    brand: UUID = strawberry.field(description="The brand.")
    styling: StylingInput = strawberry.field(description="Its whole look and voice; what is not given is none.")


style_brand = changes(StyleBrand, StyleBrandInput, BrandPayload, NotFound, WrongStatus)
