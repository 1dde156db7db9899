"""The columns that every read model of performance shares."""

from __future__ import annotations

from typing import Any, Final

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


COUNTS: Final = frozenset({"impressions", "clicks", "conversions", "leads"})
"""Those that are whole numbers; numeric in the tables, so that no sum of 64-bit counts can overflow."""


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
