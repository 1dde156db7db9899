"""`removeCompetitor`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.application.commands.brand import RemoveCompetitor
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `removeCompetitor` takes.")
class RemoveCompetitorInput:
    brand: UUID = strawberry.field(description="The brand.")
    name: str = strawberry.field(description="The competitor's name.")


remove_competitor = changes(RemoveCompetitor, RemoveCompetitorInput, BrandPayload, NotFound, WrongStatus)
