"""`retryPublication`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ContentPayload
from umt.application.commands.content import RetryPublication
from umt.domain.errors import NotFound, NotReady, WrongStatus


@strawberry.input(description="What `retryPublication` takes.")
class RetryPublicationInput:
    content: UUID = strawberry.field(description="The content.")
    channel: Platform = strawberry.field(description="The channel whose publication failed.")


retry_publication = changes(RetryPublication, RetryPublicationInput, ContentPayload, NotFound, NotReady, WrongStatus)
