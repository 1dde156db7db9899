"""Contents, as things happen to them, and the list of them as it changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from umt.api.graphql.fields import subscription
from umt.api.graphql.pages import Connection
from umt.api.graphql.queries import contents as queries
from umt.api.graphql.request import Info
from umt.api.graphql.subscriptions.following import (
    After,
    AtLeast,
    Changed,
    Thing,
    Told,
    as_in_queries,
    changes,
    events,
    seen,
    told,
)
from umt.api.graphql.types.content import Content
from umt.domain import content as domain


@strawberry.type(description="Something that happened to a content.")
class ContentEvent(Told):
    content: Content = strawberry.field(description="The content as this left it.")


@strawberry.type(description="The workspace's contents after a change.")
class ContentsChange(Changed):
    contents: Connection[Content] = as_in_queries(queries.contents)


@subscription("What happens to a content, event by event: what has happened already, then each event as it comes.")
async def content_events(info: Info, id: Thing, after: After = None) -> AsyncGenerator[ContentEvent, None]:
    async with aclosing(events(info.context, domain.Content, id, after)) as found:
        async for happened in found:
            yield told(ContentEvent, happened, content=Content.of(await seen(info.context, happened)))


@subscription(
    "The workspace's contents as they stand, and again whenever they or what is asked of them has changed; of changes that"
    " come faster than they are taken only the last counts."
)
async def contents_changed(info: Info, at_least: AtLeast = None) -> AsyncGenerator[ContentsChange, None]:
    async with aclosing(changes(info.context, "contents", at_least)) as found:
        async for position in found:
            yield ContentsChange(position=position)


FIELDS = (content_events, contents_changed)
