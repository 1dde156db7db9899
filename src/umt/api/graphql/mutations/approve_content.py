"""`approveContent`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ContentPayload
from umt.application.commands.content import ApproveContent
from umt.domain.errors import NotFound, NotReady, WrongStatus


@strawberry.input(description="What `approveContent` takes.")
class ApproveContentInput:
    content: UUID = strawberry.field(description="The content.")


approve_content = changes(ApproveContent, ApproveContentInput, ContentPayload, NotFound, NotReady, WrongStatus)
