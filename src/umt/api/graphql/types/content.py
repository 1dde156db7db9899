"""Contents, and the inputs that ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import msgspec
import strawberry

from umt.api.graphql import things
from umt.api.graphql.column import column
from umt.api.graphql.enums import ContentStatus, Format, Platform
from umt.api.graphql.figures import content_performance
from umt.api.graphql.pages import After, Asked, Before, Connection, First, Last, pages_of_things
from umt.api.graphql.past import as_of
from umt.api.graphql.request import Info, Request
from umt.api.graphql.scalars import Url
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.brand import Brand, brands_by_id
from umt.api.graphql.types.filters import WHICH, CampaignFilter, where
from umt.api.graphql.types.node import Node, looks_up
from umt.api.graphql.types.orders import NEWEST_FIRST, CampaignOrder, listed
from umt.api.graphql.types.performance import Figures, figures
from umt.application.lists import Through
from umt.application.queries import Row
from umt.domain import content as domain
from umt.domain.errors import NotFound

if TYPE_CHECKING:
    from umt.api.graphql.types.campaign import Campaign


@strawberry.type(description="What a marketer asks for.")
class Brief:
    title: str = strawberry.field(description="Working title.")
    goal: str = strawberry.field(description="What the content is to bring about.")
    format: Format = strawberry.field(description="What kind of text it is.")
    keywords: list[str] = strawberry.field(description="What people search for.")
    audience: str = strawberry.field(description="Whom it is for; empty for the brand's own audiences.")
    channels: list[Platform] = strawberry.field(description="Where it is published.")
    variations: int = strawberry.field(description="How many proposals are asked for.")


@strawberry.type(description="Which revision of which template a text was made from.")
class TemplateVersion:
    template: UUID | None = strawberry.field(description="The template's id; null for the built-in one.")
    name: str = strawberry.field(description="The template's name.")
    revision: int = strawberry.field(description="The template's revision, from 1.")


@strawberry.type(description="One thing a strategy rests on.")
class Finding:
    source: str = strawberry.field(description="What was looked at.")
    says: str = strawberry.field(description="What it says.")


@strawberry.type(description="How a content is to reach its goal, and why so.")
class Strategy:
    angle: str = strawberry.field(description="The thought it starts from.")
    tone: str = strawberry.field(description="How it sounds.")
    keywords: list[str] = strawberry.field(description="Words it should be found by.")
    outline: list[str] = strawberry.field(description="Its parts, in order.")
    call_to_action: str = strawberry.field(description="What the reader is asked to do.")
    findings: list[Finding] = strawberry.field(description="What it rests on.")


@strawberry.type(description="One proposal of the text.")
class Variation:
    number: int = strawberry.field(description="Its number in the content, from 1.")
    headline: str = strawberry.field(description="Its headline.")
    body: str = strawberry.field(description="Its text.")
    excerpt: str = strawberry.field(description="Its short form, which ads show.")
    call_to_action: str = strawberry.field(description="What the reader is asked to do.")
    writer: str = strawberry.field(description="Which model or rule wrote it.")
    revision: int = strawberry.field(description="Counts its edits, from 1.")
    template: TemplateVersion = strawberry.field(description="What it was made from.")


@strawberry.type(description="A channel's state of publication.")
class Publication:
    channel: Platform = strawberry.field(description="The channel.")
    url: Url | None = strawberry.field(description="Where it can be read; null until published.")
    external_id: str | None = strawberry.field(description="Its id there; null until published.")
    failure: str | None = strawberry.field(description="Why the channel refused it; null if it did not.")
    scheduled_for: datetime | None = strawberry.field(description="The time it waits for; null for at once.")


_SHOWN_BY: Final = Through("campaign", "ad_sets", "content", (("state", ("planned", "created", "refused")),))
"""Campaigns by their ad sets, but for those that were removed."""


@strawberry.type(description="A content: from a brief to a published text.")
class Content(Node):
    brand_id: UUID = strawberry.field(description="The id of the brand it is for.")
    status: ContentStatus = strawberry.field(description="How far it has come.")
    brief: Brief = strawberry.field(description="What was asked for.")
    template: TemplateVersion = strawberry.field(description="What it is made from.")
    strategy: Strategy | None = strawberry.field(description="How it is to reach its goal; null until planned.")
    variations: list[Variation] = strawberry.field(description="The proposals of its text.")
    selected: int | None = strawberry.field(description="The number of the chosen proposal; null without one.")
    approved_by: str | None = strawberry.field(description="Who approved it, as kind:id; null without approval.")
    publications: list[Publication] = strawberry.field(description="Each channel's state of publication.")
    url: Url | None = strawberry.field(description="Where it can be read: its first published channel.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    position: str | None = strawberry.field(
        description="Where it last changed, for `atLeast` and `asOf`; null as long as only the log has it."
    )
    created_at: datetime = strawberry.field(description="When it was set up, by the business's clock.")
    updated_at: datetime = strawberry.field(description="When its last change was recorded.")

    @column("The brand it is for.")
    async def brand(contents: Sequence[Content], info: Info) -> Sequence[Brand]:
        lookup = partial(brands_by_id, at=as_of(contents))
        return await things.each(info.context, lookup, [content.brand_id for content in contents])

    @column("The campaigns whose ad sets show it.")
    async def campaigns(
        contents: Sequence[Content],
        info: Info,
        filter: Annotated[CampaignFilter | None, WHICH] = None,
        order_by: Annotated[CampaignOrder | None, NEWEST_FIRST] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Sequence[Connection[Annotated[Campaign, strawberry.lazy("umt.api.graphql.types.campaign")]]]:
        from umt.api.graphql.types.campaign import Campaign  # which knows contents

        return await pages_of_things(
            info.context,
            "campaigns",
            listed("campaigns", ("campaign",), order_by),
            Campaign.of_row,
            Asked(first, after, last, before),
            of=_SHOWN_BY,
            things=[content.id for content in contents],
            where=where(filter),
            at=as_of(contents),
        )

    @column("What the ads that show it brought about, by currency, over all time.")
    async def performance(contents: Sequence[Content], info: Info) -> Sequence[list[Figures]]:
        rows = await content_performance(info.context, [content.id for content in contents], as_of(contents))
        return [[figures(row) for row in each] for each in rows]

    @classmethod
    def of(cls, content: Seen[domain.Content]) -> Content:
        url = next((each.url for each in content.state.publications if each.url), None)
        return content.as_type(cls, brand_id=content.state.brand, url=url)

    @classmethod
    def of_row(cls, row: Row) -> Content:
        state = msgspec.convert(row, domain.Content)
        return cls.of(
            Seen(row["content"], state, row["version"], row["position"], row["created_at"], row["updated_at"])
        )


@looks_up("content")
async def contents_by_id(request: Request, ids: list[UUID], at: int | None = None) -> list[Content | NotFound]:
    """The contents with these ids, or as they were at a position."""
    return await things.of_both(request, ids, "contents", "content", Content.of_row, domain.Content, Content.of, at)


@strawberry.input(description="What is asked for.")
class BriefInput:
    title: str = strawberry.field(description="Working title.")
    goal: str = strawberry.field(description="What the content is to bring about.")
    format: Format = strawberry.field(description="What kind of text it is.", default=Format.BLOG_POST)
    keywords: list[str] = strawberry.field(description="What people search for.", default_factory=list)
    audience: str = strawberry.field(description="Whom it is for; empty for the brand's own audiences.", default="")
    channels: list[Platform] = strawberry.field(
        description="Where it is published.", default_factory=lambda: [Platform.CMS]
    )
    variations: int = strawberry.field(description="How many proposals: 1 to 10.", default=3)
