"""`schedulePublication`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import ContentPayload
from umt.application.commands.content import SchedulePublication
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `schedulePublication` takes.")
class SchedulePublicationInput:
    content: UUID = strawberry.field(description="The content.")
    channel: Platform = strawberry.field(description="The channel.")
    at: datetime = strawberry.field(description="The time to wait for.")


schedule_publication = changes(SchedulePublication, SchedulePublicationInput, ContentPayload, NotFound, WrongStatus)
