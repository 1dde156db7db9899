"""`createTemplate`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.enums import Format
from umt.api.graphql.mutation import makes
from umt.api.graphql.payloads import TemplatePayload
from umt.application.commands.content import CreateTemplate
from umt.domain.errors import NameTaken


@strawberry.input(description="What `createTemplate` takes.")
class CreateTemplateInput:
    name: str = strawberry.field(description="Its name, unique in the workspace.")
    format: Format = strawberry.field(description="What kind of text it is for.")
    instructions: str = strawberry.field(description="What the writer is told.")


create_template = makes(CreateTemplate, CreateTemplateInput, TemplatePayload, NameTaken)
