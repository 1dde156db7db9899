"""Brands, and the inputs that describe them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec
import strawberry

from umt.api.graphql import things
from umt.api.graphql.column import column
from umt.api.graphql.enums import Platform
from umt.api.graphql.pages import After, Asked, Before, Connection, First, Last, pages_of_things
from umt.api.graphql.past import as_of
from umt.api.graphql.request import Info, Request
from umt.api.graphql.scalars import Color, Url
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.filters import WHICH, CampaignFilter, ContentFilter, where
from umt.api.graphql.types.node import Node, looks_up
from umt.api.graphql.types.orders import NEWEST_FIRST, CampaignOrder, ContentOrder, listed
from umt.application.queries import Row
from umt.domain import brand as domain
from umt.domain.errors import NotFound

if TYPE_CHECKING:
    from umt.api.graphql.types.campaign import Campaign
    from umt.api.graphql.types.content import Content


@strawberry.type(description="The trade a brand is in.")
class Industry:
    name: str = strawberry.field(description="Its name.")
    code: str = strawberry.field(description="Its code in a classification, e.g. NACE; empty without one.")


@strawberry.type(description="How a brand looks and sounds.")
class Styling:
    primary_color: Color | None = strawberry.field(description="sRGB colour, like #FF5733.")
    secondary_color: Color | None = strawberry.field(description="sRGB colour, like #FF5733.")
    font_family: str = strawberry.field(description="The font's name; empty without one.")
    tone_of_voice: str = strawberry.field(description="How it speaks, e.g. friendly.")
    words_to_use: list[str] = strawberry.field(description="Words that its texts should have.")
    words_to_avoid: list[str] = strawberry.field(description="Words that its texts must not have.")
    logo_url: Url | None = strawberry.field(description="Where its logo lies.")


@strawberry.type(description="A group of people a brand wants to reach.")
class Audience:
    name: str = strawberry.field(description="What the group is called, unique in the brand.")
    age_from: int = strawberry.field(description="Youngest age, in years.")
    age_to: int = strawberry.field(description="Oldest age, in years.")
    genders: list[str] = strawberry.field(description="Genders; none means all.")
    interests: list[str] = strawberry.field(description="What they are interested in.")
    places: list[str] = strawberry.field(description="Where they live.")


@strawberry.type(description="Where a brand speaks on a platform.")
class SocialAccount:
    platform: Platform = strawberry.field(description="The platform.")
    handle: str = strawberry.field(description="The account's name there.")
    url: Url | None = strawberry.field(description="The account's address.")


@strawberry.type(description="Another firm that seeks the same people.")
class Competitor:
    name: str = strawberry.field(description="Its name.")
    website: Url | None = strawberry.field(description="Its address.")
    strengths: list[str] = strawberry.field(description="What it is good at.")


@strawberry.type(description="A brand: who speaks, how it looks and sounds, to whom, beside whom.")
class Brand(Node):
    name: str = strawberry.field(description="Its name, unique among the workspace's active brands.")
    industry: Industry = strawberry.field(description="Its trade.")
    description: str = strawberry.field(description="What it is about.")
    styling: Styling = strawberry.field(description="Its look and voice.")
    audiences: list[Audience] = strawberry.field(description="Whom it wants to reach.")
    social_accounts: list[SocialAccount] = strawberry.field(description="Where it speaks.")
    competitors: list[Competitor] = strawberry.field(description="Whom it watches.")
    archived: bool = strawberry.field(description="Whether it was put away.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    position: str | None = strawberry.field(
        description="Where it last changed, for `atLeast` and `asOf`; null as long as only the log has it."
    )
    created_at: datetime = strawberry.field(description="When it was set up, by the business's clock.")
    updated_at: datetime = strawberry.field(description="When its last change was recorded.")

    @column("The contents for it.")
    async def contents(
        brands: Sequence[Brand],
        info: Info,
        filter: Annotated[ContentFilter | None, WHICH] = None,
        order_by: Annotated[ContentOrder | None, NEWEST_FIRST] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Sequence[Connection[Annotated[Content, strawberry.lazy("umt.api.graphql.types.content")]]]:
        from umt.api.graphql.types.content import Content  # which knows brands

        return await pages_of_things(
            info.context,
            "contents",
            listed("contents", ("content",), order_by),
            Content.of_row,
            Asked(first, after, last, before),
            of="brand",
            things=[brand.id for brand in brands],
            where=where(filter),
            at=as_of(brands),
        )

    @column("The campaigns for it.")
    async def campaigns(
        brands: Sequence[Brand],
        info: Info,
        filter: Annotated[CampaignFilter | None, WHICH] = None,
        order_by: Annotated[CampaignOrder | None, NEWEST_FIRST] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Sequence[Connection[Annotated[Campaign, strawberry.lazy("umt.api.graphql.types.campaign")]]]:
        from umt.api.graphql.types.campaign import Campaign  # which knows brands

        return await pages_of_things(
            info.context,
            "campaigns",
            listed("campaigns", ("campaign",), order_by),
            Campaign.of_row,
            Asked(first, after, last, before),
            of="brand",
            things=[brand.id for brand in brands],
            where=where(filter),
            at=as_of(brands),
        )

    @classmethod
    def of(cls, brand: Seen[domain.Brand]) -> Brand:
        return brand.as_type(cls)

    @classmethod
    def of_row(cls, row: Row) -> Brand:
        state = {**row, "industry": {"name": row["industry"], "code": row["industry_code"]}}
        return cls.of(
            Seen(
                row["brand"],
                msgspec.convert(state, domain.Brand),
                row["version"],
                row["position"],
                row["created_at"],
                row["updated_at"],
            )
        )


@looks_up("brand")
async def brands_by_id(request: Request, ids: list[UUID], at: int | None = None) -> list[Brand | NotFound]:
    """The brands with these ids, or as they were at a position."""
    return await things.of_both(request, ids, "brands", "brand", Brand.of_row, domain.Brand, Brand.of, at)


@strawberry.input(description="The trade a brand is in.")
class IndustryInput:
    name: str = strawberry.field(description="Its name.")
    code: str = strawberry.field(description="Its code in a classification, e.g. NACE.", default="")


@strawberry.input(description="How a brand looks and sounds.")
class StylingInput:
    primary_color: Color | None = strawberry.field(description="sRGB colour, like #FF5733.", default=None)
    secondary_color: Color | None = strawberry.field(description="sRGB colour, like #FF5733.", default=None)
    font_family: str = strawberry.field(description="The font's name.", default="")
    tone_of_voice: str = strawberry.field(description="How it speaks, e.g. friendly.", default="neutral")
    words_to_use: list[str] = strawberry.field(description="Words that its texts should have.", default_factory=list)
    words_to_avoid: list[str] = strawberry.field(
        description="Words that its texts must not have.", default_factory=list
    )
    logo_url: Url | None = strawberry.field(description="Where its logo lies.", default=None)


@strawberry.input(description="A group of people a brand wants to reach.")
class AudienceInput:
    name: str = strawberry.field(description="What the group is called, unique in the brand.")
    age_from: int = strawberry.field(description="Youngest age, in years, from 13.", default=18)
    age_to: int = strawberry.field(description="Oldest age, in years, to 120.", default=65)
    genders: list[str] = strawberry.field(description="Genders; none means all.", default_factory=list)
    interests: list[str] = strawberry.field(description="What they are interested in.", default_factory=list)
    places: list[str] = strawberry.field(description="Where they live.", default_factory=list)


@strawberry.input(description="Where a brand speaks on a platform.")
class SocialAccountInput:
    platform: Platform = strawberry.field(description="The platform.")
    handle: str = strawberry.field(description="The account's name there.")
    url: Url | None = strawberry.field(description="The account's address.", default=None)


@strawberry.input(description="Another firm that seeks the same people.")
class CompetitorInput:
    name: str = strawberry.field(description="Its name.")
    website: Url | None = strawberry.field(description="Its address.", default=None)
    strengths: list[str] = strawberry.field(description="What it is good at.", default_factory=list)
