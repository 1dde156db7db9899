"""Connections to outside platforms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import strawberry

from umt.api.graphql import things
from umt.api.graphql.enums import IntegrationStatus, Platform
from umt.api.graphql.request import Request
from umt.api.graphql.scalars import Currency, Url
from umt.api.graphql.seen import Seen
from umt.api.graphql.types.node import Node, looks_up
from umt.application.queries import Row
from umt.domain import integration as domain
from umt.domain.errors import NotFound


@strawberry.type(description="A connection to an account on an outside platform. Its credential is never shown.")
class Integration(Node):
    platform: Platform = strawberry.field(description="The platform.")
    account: str = strawberry.field(description="The account's id there.")
    endpoint: Url | None = strawberry.field(description="The site's address, for a CMS.")
    status: IntegrationStatus = strawberry.field(description="Whether it can be used.")
    account_name: str | None = strawberry.field(description="What the platform calls the account; null until verified.")
    currency: Currency | None = strawberry.field(description="ISO 4217 code of the account; null where there is none.")
    failure: str | None = strawberry.field(description="Why it failed; null if it did not.")
    synced_at: datetime | None = strawberry.field(description="When figures were last collected.")
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    position: str | None = strawberry.field(
        description="Where it last changed, for `atLeast`; null for what it was in the past."
    )

    @classmethod
    def of(cls, integration: Seen[domain.Integration]) -> Integration:
        return integration.as_type(cls)

    @classmethod
    def of_row(cls, row: Row) -> Integration:
        state = msgspec.convert(row, domain.Integration)
        return cls.of(Seen(row["integration"], state, row["version"], row["position"]))


@looks_up("integration")
async def integrations_by_id(request: Request, ids: list[UUID]) -> list[Integration | NotFound]:
    """The connections with these ids."""
    return await things.of_both(
        request, ids, "integrations", "integration", Integration.of_row, domain.Integration, Integration.of
    )
