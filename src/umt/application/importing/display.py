"""Display ads by day: an ad is one combination of engagement, banner and placement within its campaign.

The file has months and days but no year, which comes from the options. `revenue` is what the advertiser reports;
`post_click_sales_amount`, the sales volume behind it, is another measure and is left out.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from umt.application.importing.rows import (
    LONGEST_NAME,
    Cells,
    Columns,
    Dimensions,
    Format,
    InvalidCell,
    Options,
    Parser,
    PerformanceRow,
    amount,
    label,
    name,
    shown,
    whole,
)
from umt.domain.platform import Platform

_DIMENSIONS = ("user_engagement", "banner", "placement")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MONTH_NUMBERS = {
    spelling: number
    for number, month in enumerate(_MONTHS, start=1)
    for spelling in (month.lower(), month[:3].lower(), str(number), f"{number:02}")
}


@lru_cache(64)
def _month(text: str) -> int:
    number = _MONTH_NUMBERS.get(text.strip().lower())
    if number is None or len(text) > LONGEST_NAME:
        raise InvalidCell(f"{shown(text)} is not a month; April, Apr or 4 is expected")
    return number


@lru_cache(1 << 10)
def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise InvalidCell(f"{_MONTHS[month - 1]} {year} has no day {day}") from None


@lru_cache(1 << 12)
def _ad(engagement: str, banner: str, placement: str) -> tuple[str, str, Dimensions]:
    """The reference, name and dimensions of an ad. References of different ads differ."""
    values = engagement, banner, placement
    reference = "/".join(value.replace("%", "%25").replace("/", "%2F") for value in values)
    if len(reference) > LONGEST_NAME:
        raise InvalidCell(f"{' and '.join(_DIMENSIONS)} have over {LONGEST_NAME} characters together")
    title = " · ".join(value or "unspecified" for value in values)[:LONGEST_NAME]
    return reference, title, tuple(zip(_DIMENSIONS, values, strict=True))


def _parser(columns: Columns, options: Options) -> Parser:
    month, campaign = columns.cell("month", _month), columns.cell("campaign_number", name)
    engagement, banner, placement = (columns.cell(column, label) for column in _DIMENSIONS)
    displays, clicks = columns.cell("displays", whole), columns.cell("clicks", whole)
    conversions = columns.cell("post_click_conversions", whole)
    cost, revenue = columns.cell("cost", amount), columns.cell("revenue", amount)
    day_number, day_column = columns.cell("day", whole), columns.spelled("day")
    year, platform, currency = options.year, options.platform or Platform.DISPLAY.value, options.currency

    def parse(line: int, cells: Cells) -> PerformanceRow:
        try:
            day = _date(year, month(cells), day_number(cells))
        except InvalidCell as invalid:
            invalid.column = invalid.column or day_column
            raise
        campaign_name = campaign(cells)
        ad_ref, ad_name, dimensions = _ad(engagement(cells), banner(cells), placement(cells))
        return PerformanceRow(
            line=line,
            campaign_ref=campaign_name,
            campaign_name=campaign_name,
            ad_ref=ad_ref,
            ad_name=ad_name,
            dimensions=dimensions,
            platform=platform,
            day=day,
            currency=currency,
            impressions=displays(cells),
            clicks=clicks(cells),
            conversions=conversions(cells),
            leads=0,
            spend=cost(cells),
            revenue=revenue(cells),
        )

    return parse


FORMAT = Format(
    required=(
        "month",
        "day",
        "campaign_number",
        *_DIMENSIONS,
        "displays",
        "cost",
        "clicks",
        "revenue",
        "post_click_conversions",
    ),
    parser=_parser,
    platform=Platform.DISPLAY.value,
)
