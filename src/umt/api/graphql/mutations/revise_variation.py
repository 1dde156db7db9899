"""`reviseVariation`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ContentPayload
from umt.application.commands.content import ReviseVariation
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `reviseVariation` takes.")
class ReviseVariationInput:
    content: UUID = strawberry.field(description="The content.")
    number: int = strawberry.field(description="The number of the proposal.")
    headline: str = strawberry.field(description="Its new headline.")
    body: str = strawberry.field(description="Its new text.")


revise_variation = changes(ReviseVariation, ReviseVariationInput, ContentPayload, NotFound, WrongStatus)
