"""UMT's own format, for exports of any origin that are brought into its columns."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from umt.application.importing.rows import (
    LONGEST_NAME,
    Cells,
    Columns,
    Format,
    InvalidCell,
    Options,
    Parser,
    PerformanceRow,
    amount,
    currency,
    label,
    name,
    platform,
    shown,
    whole,
)

_PREFIX = "dim_"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@lru_cache(1 << 12)
def _day(text: str) -> date | None:
    """The day, or None (a lifetime record) where there is none."""
    cleaned = text.strip() if len(text) <= LONGEST_NAME else text
    if not cleaned:
        return None
    if not _ISO_DATE.fullmatch(cleaned):
        raise InvalidCell(
            f"{shown(cleaned)} is not a date; one such as 2020-04-30 is expected, or nothing for a lifetime record"
        )
    try:
        return date.fromisoformat(cleaned)
    except ValueError:
        raise InvalidCell(f"{shown(cleaned)} is not a day of the calendar") from None


def _parser(columns: Columns, options: Options) -> Parser:
    day = columns.cell("date", _day)
    campaign, ad = columns.cell("campaign", name), columns.cell("ad", name)
    campaign_id, ad_id = columns.optional("campaign_id", label, ""), columns.optional("ad_id", label, "")
    impressions, clicks = columns.cell("impressions", whole), columns.cell("clicks", whole)
    conversions, leads = columns.optional("conversions", whole, 0), columns.optional("leads", whole, 0)
    spend, revenue = columns.cell("spend", amount), columns.optional("revenue", amount, Decimal(0))
    unit = columns.optional("currency", currency, options.currency)
    place = (
        columns.optional("platform", platform, options.platform)
        if options.platform
        else columns.cell("platform", platform)
    )
    dimensions = [(column.removeprefix(_PREFIX), columns.cell(column, label)) for column in columns.starting(_PREFIX)]

    def parse(line: int, cells: Cells) -> PerformanceRow:
        campaign_name, ad_name = campaign(cells), ad(cells)
        return PerformanceRow(
            line=line,
            campaign_ref=campaign_id(cells) or campaign_name,
            campaign_name=campaign_name,
            ad_ref=ad_id(cells) or ad_name,
            ad_name=ad_name,
            dimensions=tuple((dimension, value(cells)) for dimension, value in dimensions),
            platform=place(cells),
            day=day(cells),
            currency=unit(cells),
            impressions=impressions(cells),
            clicks=clicks(cells),
            conversions=conversions(cells),
            leads=leads(cells),
            spend=spend(cells),
            revenue=revenue(cells),
        )

    return parse


FORMAT = Format(
    required=("date", "campaign", "ad", "impressions", "clicks", "spend"),
    optional=("campaign_id", "ad_id", "platform", "currency", "conversions", "leads", "revenue"),
    parser=_parser,
    dimension_prefix=_PREFIX,
)
