"""The columns that every read model of performance shares."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from umt.domain.performance import Figures
from umt.projections.table import Column

FIGURES: Final = (
    Column("impressions", "sum numeric", "Times an ad was shown."),
    Column("clicks", "sum numeric", "Times an ad was clicked."),
    Column(
        "conversions", "sum numeric", "Conversions as the platform now reports them; they are restated for some days."
    ),
    Column("leads", "sum numeric", "Enquiries, where the platform tells them from conversions."),
    Column("spend", "sum numeric", "Money spent, in the row's currency."),
    Column("revenue", "sum numeric", "Revenue that the platform attributes to the ads, in the row's currency."),
)

REPORTED: Final = tuple(replace(column, type=column.sql_type) for column in FIGURES)
"""The same where a row holds what one report said."""

COUNTS: Final = frozenset({"impressions", "clicks", "conversions", "leads"})
"""Those that are whole numbers; numeric in the tables, so that no sum of 64-bit counts can overflow."""

CURRENCY: Final = Column("currency", "text", "ISO 4217 code of the amounts.")

RATIOS: Final = (
    Column("ctr", "numeric", "Click-through rate: clicks per impression; null without impressions."),
    Column("cpc", "numeric", "Cost per click, in the row's currency; null without clicks."),
    Column("cpa", "numeric", "Cost per acquisition, i.e. per conversion, in the row's currency; null without any."),
    Column("roas", "numeric", "Return on ad spend: revenue per unit of money spent; null without spend."),
)
"""Ratios of a view, rounded to six places like those of `umt.domain.analytics.figures`."""


def figures(of: Figures) -> dict[str, Any]:
    """The values of those columns, or the amounts to add to them."""
    return {
        "impressions": of.impressions,
        "clicks": of.clicks,
        "conversions": of.conversions,
        "leads": of.leads,
        "spend": of.spend,
        "revenue": of.revenue,
    }


def ratios(row: str) -> str:
    """The SELECT list of `RATIOS`, from the figures of the SQL row that is called so."""
    return ", ".join(
        f"round({row}.{numerator} / nullif({row}.{denominator}, 0), 6) AS {name}"
        for name, numerator, denominator in (
            ("ctr", "clicks", "impressions"),
            ("cpc", "spend", "clicks"),
            ("cpa", "spend", "conversions"),
            ("roas", "revenue", "spend"),
        )
    )
