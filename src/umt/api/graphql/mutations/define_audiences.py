"""`defineAudiences`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import BrandPayload
from umt.api.graphql.types.brand import AudienceInput
from umt.application.commands.brand import DefineAudiences
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `defineAudiences` takes.")
class DefineAudiencesInput:
    brand: UUID = strawberry.field(description="The brand.")
    audiences: list[AudienceInput] = strawberry.field(description="All whom it wants to reach.")


define_audiences = changes(DefineAudiences, DefineAudiencesInput, BrandPayload, NotFound, WrongStatus)
