"""Facebook ads with their audience, one lifetime record per ad: no day and no currency of its own.

Total_Conversion counts the people who asked about the product (leads), Approved_Conversion those who bought it.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from umt.application.importing.rows import (
    LONGEST_NAME,
    Cells,
    Columns,
    Format,
    Options,
    Parser,
    PerformanceRow,
    amount,
    label,
    name,
    rounded,
    whole,
)
from umt.domain.platform import Platform

_DIMENSIONS = ("fb_campaign_id", "age", "gender", "interest")
_STEP = Decimal("0.0001")
_NONE = Decimal(0)


@lru_cache(1 << 14)
def _spent(text: str) -> Decimal:
    """To a ten-thousandth, and no currency has a finer unit: the export prints sums of 4-byte floats, whose
    noise reaches the sixth place (333.75 as 333.7499943, 279.22 as 279.219995)."""
    return rounded(amount(text), _STEP)


def _parser(columns: Columns, options: Options) -> Parser:
    campaign, ad = columns.cell("xyz_campaign_id", name), columns.cell("ad_id", name)
    fb_campaign, age, gender, interest = (columns.cell(column, label) for column in _DIMENSIONS)
    impressions, clicks = columns.cell("impressions", whole), columns.cell("clicks", whole)
    leads, conversions = columns.cell("total_conversion", whole), columns.cell("approved_conversion", whole)
    spent = columns.cell("spent", _spent)
    platform, currency = options.platform or Platform.FACEBOOK.value, options.currency

    def parse(line: int, cells: Cells) -> PerformanceRow:
        campaign_id, ad_id = campaign(cells), ad(cells)
        values = fb_campaign(cells), age(cells), gender(cells), interest(cells)
        return PerformanceRow(
            line=line,
            campaign_ref=campaign_id,
            campaign_name=f"Campaign {campaign_id}"[:LONGEST_NAME],
            ad_ref=ad_id,
            ad_name=f"Ad {ad_id}"[:LONGEST_NAME],
            dimensions=tuple(zip(_DIMENSIONS, values, strict=True)),
            platform=platform,
            day=None,
            currency=currency,
            impressions=impressions(cells),
            clicks=clicks(cells),
            conversions=conversions(cells),
            leads=leads(cells),
            spend=spent(cells),
            revenue=_NONE,
        )

    return parse


FORMAT = Format(
    required=(
        "ad_id",
        "xyz_campaign_id",
        *_DIMENSIONS,
        "impressions",
        "clicks",
        "spent",
        "total_conversion",
        "approved_conversion",
    ),
    parser=_parser,
    platform=Platform.FACEBOOK.value,
)
