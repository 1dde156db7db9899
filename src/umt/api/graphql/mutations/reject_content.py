"""`rejectContent`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ContentPayload
from umt.application.commands.content import RejectContent
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `rejectContent` takes.")
class RejectContentInput:
    content: UUID = strawberry.field(description="The content.")
    reason: str = strawberry.field(description="Why, for those who read its history.")


reject_content = changes(RejectContent, RejectContentInput, ContentPayload, NotFound, WrongStatus)
