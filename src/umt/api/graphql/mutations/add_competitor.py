"""`addCompetitor`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.api.graphql.types.brand import CompetitorInput
from umt.application.commands.brand import AddCompetitor
from umt.domain.errors import AlreadyExists, NotFound, WrongStatus


@strawberry.input(description="What `addCompetitor` takes.")
class AddCompetitorInput:
    brand: UUID = strawberry.field(description="The brand.")
    competitor: CompetitorInput = strawberry.field(description="The competitor.")


add_competitor = changes(AddCompetitor, AddCompetitorInput, BrandPayload, AlreadyExists, NotFound, WrongStatus)
