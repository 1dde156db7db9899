"""The columns that every read model of performance shares."""

from __future__ import annotations

from typing import Any, Final

from umt.domain.performance import Figures
from umt.projections.table import Column

FIGURES: Final = (
    Column("impressions", "sum bigint", "Times an ad was shown."),
    Column("clicks", "sum bigint", "Times an ad was clicked."),
    Column(
        "conversions", "sum bigint", "Conversions as the platform now reports them; they are restated for some days."
    ),
    Column("leads", "sum bigint", "Enquiries, where the platform tells them from conversions."),
    Column("spend", "sum numeric", "Money spent, in the row's currency."),
    Column("revenue", "sum numeric", "Revenue that the platform attributes to the ads, in the row's currency."),
)


def figures(change: Figures) -> dict[str, Any]:
    """The amounts to add to those columns."""
    return {
        "impressions": change.impressions,
        "clicks": change.clicks,
        "conversions": change.conversions,
        "leads": change.leads,
        "spend": change.spend,
        "revenue": change.revenue,
    }
