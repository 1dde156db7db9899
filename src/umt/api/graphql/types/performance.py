"""Figures: what ads brought about, and the ratios that follow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry

from umt.api.amounts import written
from umt.api.graphql.enums import Platform
from umt.api.graphql.fields import field
from umt.api.graphql.scalars import Currency, Long
from umt.application.queries import Row
from umt.domain.analytics.figures import Totals


@strawberry.type(
    description="What ads brought about, with amounts in one currency. A ratio whose denominator is zero is null."
)
class Figures:
    currency: Currency = strawberry.field(description="ISO 4217 code of the amounts.")
    impressions: Long = strawberry.field(description="Times an ad was shown.")
    clicks: Long = strawberry.field(description="Times an ad was clicked.")
    conversions: Long = strawberry.field(description="Conversions as now reported; platforms restate them for weeks.")
    leads: Long = strawberry.field(description="Enquiries, where the platform tells them from conversions.")
    spend: Decimal = strawberry.field(description="Money spent, in the currency.")
    revenue: Decimal = strawberry.field(description="Revenue attributed to the ads, in the currency.")
    ratios: strawberry.Private[Totals]

    @field("Click-through rate: clicks per impression.")
    def ctr(self) -> Decimal | None:
        return self.ratios.ctr

    @field("Conversions per click.")
    def conversion_rate(self) -> Decimal | None:
        return self.ratios.conversion_rate

    @field("Cost per click, in the currency.")
    def cpc(self) -> Decimal | None:
        return self.ratios.cpc

    @field("Cost per acquisition, i.e. per conversion, in the currency.")
    def cpa(self) -> Decimal | None:
        return self.ratios.cpa

    @field("Return on ad spend: revenue per unit of money spent.")
    def roas(self) -> Decimal | None:
        return self.ratios.roas

    @field("Return on investment: revenue less spend, per unit of money spent.")
    def roi(self) -> Decimal | None:
        return self.ratios.roi


@strawberry.type(description="What ads on one platform brought about over all time.")
class PlatformFigures(Figures):
    platform: Platform = strawberry.field(description="The platform.")


@strawberry.type(description="What ads on one platform brought about on one day.")
class DayFigures(PlatformFigures):
    day: date = strawberry.field(description="The day, in the ad account's time zone.")


def figures(row: Row) -> Figures:
    return Figures(**_shared(row))


def platform_figures(row: Row) -> PlatformFigures:
    return PlatformFigures(platform=Platform(row["platform"]), **_shared(row))


def day_figures(row: Row) -> DayFigures:
    return DayFigures(day=row["day"], platform=Platform(row["platform"]), **_shared(row))


def _shared(row: Row) -> Row:
    names = ("impressions", "clicks", "conversions", "spend", "revenue")
    sums = {name: row[name] for name in names}
    amounts = {name: written(row[name], row["currency"]) for name in ("spend", "revenue")}
    return {**sums, **amounts, "leads": row["leads"], "currency": row["currency"], "ratios": Totals(**sums)}
