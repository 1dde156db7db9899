"""What ads brought about, as the REST side tells it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import Field

from umt.api.amounts import written
from umt.api.rest.shape import Answer, Day, Sum, Told
from umt.application.queries import Row
from umt.domain.analytics.figures import Totals
from umt.domain.platform import Platform

F = TypeVar("F", bound="Figures")

_COUNTS = ("impressions", "clicks", "conversions", "leads")
_AMOUNTS = ("spend", "revenue")


class Figures(Answer):
    """What ads brought about, with amounts in one currency. A ratio whose denominator is zero is null."""

    currency: str = Field(description="ISO 4217 code of the amounts.", examples=["EUR"])
    impressions: Sum = Field(description="Times an ad was shown.")
    clicks: Sum = Field(description="Times an ad was clicked.")
    conversions: Sum = Field(description="Conversions as now reported; platforms restate them for weeks.")
    leads: Sum = Field(description="Enquiries, where the platform tells them from conversions.")
    spend: Told = Field(description="Money spent, in the currency.")
    revenue: Told = Field(description="Revenue attributed to the ads, in the currency.")
    ctr: Told | None = Field(description="Click-through rate: clicks per impression.")
    conversion_rate: Told | None = Field(description="Conversions per click.")
    cpc: Told | None = Field(description="Cost per click, in the currency.")
    cpa: Told | None = Field(description="Cost per acquisition, i.e. per conversion, in the currency.")
    roas: Told | None = Field(description="Return on ad spend: revenue per unit of money spent.")
    roi: Told | None = Field(description="Return on investment: revenue less spend, per unit of money spent.")

    @classmethod
    def of(cls: type[F], row: Row, **more: Any) -> F:
        """The figures of a row, with the ratios that follow."""
        currency = row["currency"]
        sums = {name: row[name] for name in ("impressions", "clicks", "conversions", *_AMOUNTS)}
        totals = Totals(**sums)
        ratios = {name: getattr(totals, name) for name in ("ctr", "conversion_rate", "cpc", "cpa", "roas", "roi")}
        amounts = {name: written(row[name], currency) for name in _AMOUNTS}
        return cls(**{**sums, "leads": row["leads"], "currency": currency, **amounts, **ratios, **more})


class PlatformFigures(Figures):
    """What ads on one platform brought about."""

    platform: Platform = Field(description="The platform.")


class DayFigures(Figures):
    """What ads brought about on one day."""

    day: Day = Field(description="The day, in the ad account's time zone.")


class PlatformDayFigures(DayFigures):
    """What ads on one platform brought about on one day."""

    platform: Platform = Field(description="The platform.")


def added_up(rows: Iterable[Row], *by: str) -> list[Row]:
    """The sums of rows that are alike in these columns and in currency, in the order of the first of each."""
    sums: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = (*(row[column] for column in by), row["currency"])
        known = sums.setdefault(key, {**dict.fromkeys(_COUNTS, 0), **dict.fromkeys(_AMOUNTS, Decimal(0))})
        known |= dict(zip((*by, "currency"), key, strict=True))
        known |= {name: known[name] + row[name] for name in (*_COUNTS, *_AMOUNTS)}
    return list(sums.values())
