"""Brands, as things happen to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from umt.api.graphql.fields import subscription
from umt.api.graphql.request import Info
from umt.api.graphql.subscriptions.following import After, Thing, Told, events, seen, told
from umt.api.graphql.types.brand import Brand
from umt.domain import brand as domain


@strawberry.type(description="Something that happened to a brand.")
class BrandEvent(Told):
    brand: Brand = strawberry.field(description="The brand as this left it.")


@subscription("What happens to a brand, event by event: what has happened already, then each event as it comes.")
async def brand_events(info: Info, id: Thing, after: After = None) -> AsyncGenerator[BrandEvent, None]:
    async with aclosing(events(info.context, domain.Brand, id, after)) as found:
        async for happened in found:
            yield told(BrandEvent, happened, brand=Brand.of(await seen(info.context, happened)))


FIELDS = (brand_events,)
