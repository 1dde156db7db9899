"""`recordPerformance`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation import makes
from umt.api.graphql.payloads import CampaignPayload
from umt.api.graphql.scalars import Currency, Long
from umt.application.commands.analytics import RecordPerformance
from umt.domain.errors import NotFound


@strawberry.input(description="What an ad brought about, as now reported: sums of the day, not changes.")
class FiguresInput:
    impressions: Long = strawberry.field(description="Times the ad was shown.", default=Long(0))
    clicks: Long = strawberry.field(description="Times it was clicked; no more than it was shown.", default=Long(0))
    conversions: Long = strawberry.field(description="Conversions; they may exceed the clicks.", default=Long(0))
    leads: Long = strawberry.field(description="Enquiries.", default=Long(0))
    spend: Decimal = strawberry.field(description="Money spent, in the campaign's currency.", default=Decimal(0))
    revenue: Decimal = strawberry.field(description="Revenue, in the campaign's currency.", default=Decimal(0))


@strawberry.input(description="One ad's figures of one day.")
class PerformanceRecordInput:
    ad: str = strawberry.field(description="The ad's id on the platform.")
    day: date | None = strawberry.field(
        description="The day, in the ad account's time zone; none means the ad's whole life.", default=None
    )
    figures: FiguresInput = strawberry.field(description="The figures.")
    content: UUID | None = strawberry.field(description="The content that the ad shows.", default=None)


@strawberry.input(description="What `recordPerformance` takes.")
class RecordPerformanceInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    platform: Platform = strawberry.field(description="The platform.")
    currency: Currency = strawberry.field(description="ISO 4217 code of the amounts: the campaign's.")
    reported_at: datetime = strawberry.field(
        description="When the figures were read; what was reported earlier than what is known is ignored."
    )
    records: list[PerformanceRecordInput] = strawberry.field(description="The figures of each ad and day.")


record_performance = makes(RecordPerformance, RecordPerformanceInput, CampaignPayload, NotFound)
