"""`archiveBrand`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.application.commands.brand import ArchiveBrand
from umt.domain.errors import NotFound


@strawberry.input(description="What `archiveBrand` takes.")
class ArchiveBrandInput:
    brand: UUID = strawberry.field(description="The brand.")


archive_brand = changes(ArchiveBrand, ArchiveBrandInput, BrandPayload, NotFound)
