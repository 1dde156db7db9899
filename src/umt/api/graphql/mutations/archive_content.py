"""`archiveContent`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ContentPayload
from umt.application.commands.content import ArchiveContent
from umt.domain.errors import NotFound


@strawberry.input(description="What `archiveContent` takes.")
class ArchiveContentInput:
    content: UUID = strawberry.field(description="The content.")


archive_content = changes(ArchiveContent, ArchiveContentInput, ContentPayload, NotFound)
