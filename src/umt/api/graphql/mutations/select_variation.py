"""`selectVariation`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ContentPayload
from umt.application.commands.content import SelectVariation
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `selectVariation` takes.")
class SelectVariationInput:
    content: UUID = strawberry.field(description="The content.")
    number: int = strawberry.field(description="The number of the proposal.")


select_variation = changes(SelectVariation, SelectVariationInput, ContentPayload, NotFound, WrongStatus)
