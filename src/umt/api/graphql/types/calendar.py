"""The calendar of contents."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from umt.api.graphql.enums import ContentStatus, Platform, PublicationState
from umt.api.graphql.scalars import Url
from umt.api.graphql.types.content import Content
from umt.application.queries import Row


@strawberry.type(description="A publication at its time.")
class CalendarEntry:
    day: date = strawberry.field(description="The day, in the workspace's time zone.")
    at: datetime = strawberry.field(description="When it was published, or is to be.")
    channel: Platform = strawberry.field(description="Where.")
    state: PublicationState = strawberry.field(description="How far it has come.")
    url: Url | None = strawberry.field(description="Where it can be read; null until published.")
    failure: str | None = strawberry.field(description="Why the channel refused it; null if it did not.")
    content: Content = strawberry.field(description="What it is about.")

    @classmethod
    def of_row(cls, row: Row, content: object) -> CalendarEntry | None:
        """None for what is put away before it was published."""
        state = PublicationState(row["state"])
        if not isinstance(content, Content):
            return None
        if content.status is ContentStatus.ARCHIVED and state is not PublicationState.PUBLISHED:
            return None
        return cls(
            day=row["day"],
            at=row["due_at"],
            channel=Platform(row["channel"]),
            state=state,
            url=row["url"],
            failure=row["failure"],
            content=content,
        )
