"""`reviseTemplate`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import TemplatePayload
from umt.application.commands.content import ReviseTemplate
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `reviseTemplate` takes.")
class ReviseTemplateInput:
    template: UUID = strawberry.field(description="The template.")
    instructions: str = strawberry.field(description="What the writer is told from now on.")


revise_template = changes(ReviseTemplate, ReviseTemplateInput, TemplatePayload, NotFound, WrongStatus)
