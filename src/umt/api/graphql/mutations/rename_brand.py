"""`renameBrand`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.application.commands.brand import RenameBrand
from umt.domain.errors import NameTaken, NotFound, WrongStatus


@strawberry.input(description="What `renameBrand` takes.")
class RenameBrandInput:
    brand: UUID = strawberry.field(description="The brand.")
    name: str = strawberry.field(description="Its new name, unique among the workspace's active brands.")


rename_brand = changes(RenameBrand, RenameBrandInput, BrandPayload, NameTaken, NotFound, WrongStatus)
