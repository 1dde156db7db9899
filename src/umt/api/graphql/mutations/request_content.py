"""`requestContent`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import makes
from umt.api.graphql.payloads import ContentPayload
from umt.api.graphql.types.content import BriefInput
from umt.application.commands.content import RequestContent
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `requestContent` takes.")
class RequestContentInput:
    brand: UUID = strawberry.field(description="The brand.")
    brief: BriefInput = strawberry.field(description="What is asked for.")
    template: UUID | None = strawberry.field(
        description="What it is made from; the built-in template if none is named.", default=None
    )


request_content = makes(RequestContent, RequestContentInput, ContentPayload, NotFound, WrongStatus)
