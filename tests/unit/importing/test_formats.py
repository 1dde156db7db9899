"""What each format gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from umt.application.importing import Options, PerformanceRow, read
from umt.domain.errors import InvalidValue

One: TypeAlias = Callable[..., PerformanceRow]


def test_a_facebook_record_is_the_lifetime_of_an_ad(one: One) -> None:
    assert one("facebook") == PerformanceRow(
        line=2,
        campaign_ref="7",
        campaign_name="Campaign 7",
        ad_ref="11",
        ad_name="Ad 11",
        dimensions=(("fb_campaign_id", "70"), ("age", "30-34"), ("gender", "F"), ("interest", "15")),
        platform="facebook",
        day=None,
        currency="USD",
        impressions=1000,
        clicks=10,
        conversions=1,
        leads=4,
        spend=Decimal("2.5"),
        revenue=Decimal(0),
    )


def test_a_display_record_is_a_day_of_a_combination(one: One) -> None:
    assert one("display") == PerformanceRow(
        line=2,
        campaign_ref="camp 9",
        campaign_name="camp 9",
        ad_ref="Low/300 x 250/abc",
        ad_name="Low · 300 x 250 · abc",
        dimensions=(("user_engagement", "Low"), ("banner", "300 x 250"), ("placement", "abc")),
        platform="display",
        day=date(2020, 4, 30),
        currency="USD",
        impressions=1000,
        clicks=10,
        conversions=2,
        leads=0,
        spend=Decimal("1.25"),
        revenue=Decimal("3.5"),
    )


def test_a_generic_record_is_as_its_columns_say(one: One) -> None:
    assert one("generic") == PerformanceRow(
        line=2,
        campaign_ref="Spring",
        campaign_name="Spring",
        ad_ref="Banner A",
        ad_name="Banner A",
        dimensions=(),
        platform="google",
        day=date(2020, 4, 30),
        currency="USD",
        impressions=1000,
        clicks=10,
        conversions=3,
        leads=0,
        spend=Decimal("2.5"),
        revenue=Decimal(0),
    )


def test_generic_takes_every_optional_column(export: Any) -> None:
    path = export(
        "dim_Age,revenue,leads,currency,ad_id,campaign_id,platform,date,campaign,ad,impressions,clicks,spend,dim_place\n"
        "18-24,7.25,5,eur,a1,c1,LinkedIn,,Spring,Banner,10,1,0.5,\n"
    )
    (row,) = read(path, "generic", Options(platform="google"))
    assert isinstance(row, PerformanceRow)
    assert (row.campaign_ref, row.campaign_name, row.ad_ref, row.ad_name) == ("c1", "Spring", "a1", "Banner")
    assert (row.platform, row.currency, row.day) == ("linkedin", "EUR", None)
    assert (row.leads, row.conversions, row.revenue) == (5, 0, Decimal("7.25"))
    assert row.dimensions == (("age", "18-24"), ("place", ""))


def test_empty_optional_cells_take_the_options_and_zero(export: Any) -> None:
    path = export(
        "date,campaign,ad,impressions,clicks,spend,platform,currency,conversions,campaign_id,ad_id\n"
        "2024-02-29,Spring,Banner,10,1,0.5, ,,,,\n"
    )
    (row,) = read(path, "generic", Options(platform="tiktok", currency="CHF"))
    assert isinstance(row, PerformanceRow)
    assert (row.platform, row.currency, row.conversions) == ("tiktok", "CHF", 0)
    assert (row.campaign_ref, row.ad_ref) == ("Spring", "Banner")


def test_options_say_what_the_file_does_not(one: One) -> None:
    row = one("display", options=Options(currency="JPY", year=2024, platform="google"), month="February", day="29")
    assert (row.currency, row.day, row.platform) == ("JPY", date(2024, 2, 29), "google")


@pytest.mark.parametrize(
    ("wrong", "field"), [({"currency": "usd"}, "currency"), ({"year": 0}, "year"), ({"platform": "meta"}, "platform")]
)
def test_wrong_options_are_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Options(**wrong)
    assert refused.value.field == field


def test_an_unknown_format_is_refused(export: Any) -> None:
    with pytest.raises(InvalidValue, match="'excel' is not one of facebook, display, generic"):
        next(read(export("x"), "excel", Options()))


@pytest.mark.parametrize("month", ["April", "april", "APRIL", "Apr", "apr", "4", "04", " April "])
def test_months_by_name_abbreviation_or_number(one: One, month: str) -> None:
    assert one("display", month=month).day == date(2020, 4, 30)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.429999948", "1.43"),
        ("0.0000005", "0"),
        ("0.0000015", "0.000002"),
        ("1.0000025", "1.000002"),
        ("100.00", "100"),
        ("0", "0"),
        ("0.0", "0"),
        ("007.50", "7.5"),
        (" 3.25 ", "3.25"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0.30000000000000004", "0.3"),
        ("999999999999.99", "999999999999.99"),
    ],
)
def test_amounts_are_kept_to_the_millionth(one: One, written: str, kept: str) -> None:
    assert str(one("display", cost=written).spend) == kept


@pytest.mark.parametrize(
    ("written", "kept"), [("333.7499943", "333.75"), ("279.219995", "279.22"), ("0.00016", "0.0002")]
)
def test_facebook_spend_is_freed_of_the_noise_of_4_byte_floats(one: One, written: str, kept: str) -> None:
    assert str(one("facebook", Spent=written).spend) == kept


def test_valid_though_unusual(one: One) -> None:
    assert one("display", post_click_conversions="500", clicks="3").conversions == 500
    assert one("display", displays="0", clicks="0", cost="0", revenue="0").impressions == 0
    assert one("display", displays=str(2**53 - 1)).impressions == 2**53 - 1
    empty = one("display", user_engagement="", banner="", placement="")
    assert (empty.ad_ref, empty.ad_name) == ("//", "unspecified · unspecified · unspecified")
    assert one("generic", campaign=" Cafe\u0301 ").campaign_name == "Caf\u00e9"
    assert one("generic", campaign="x" * 500).campaign_name == "x" * 500


def test_different_ads_have_different_references(one: One) -> None:
    assert one("display", banner="a/b", placement="c").ad_ref != one("display", banner="a", placement="b/c").ad_ref
    assert one("display", banner="a%2Fb").ad_ref != one("display", banner="a/b").ad_ref


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_dialects(export: Any, delimiter: str, end: str, mark: str) -> None:
    lines = [
        " Clicks ,SPEND,Notes,campaign,impressions,ad,date,,",
        '1,2.5,"a, b",Spring,10,Banner,2020-04-30,,',
        "",
        "2,3.5,,Spring,10,Banner,2020-05-01,,",
    ]
    text = end.join(lines).replace("a, b", "|").replace(",", delimiter).replace("|", "a, b; c\td")
    rows = list(read(export(mark + text), "generic", Options(platform="x")))
    assert [(row.line, getattr(row, "clicks", row)) for row in rows] == [(2, 1), (4, 2)]


def test_a_record_is_known_by_the_line_on_which_it_starts(export: Any) -> None:
    path = export(
        "date,campaign,ad,impressions,clicks,spend,note\n"
        '2020-04-30,Spring,A,10,1,1,"over\nthree\nlines"\n'
        "2020-04-30,Spring,A,ten,1,1,\n"
        "2020-04-30,Spring,A,10,1,1,"
    )
    assert [row.line for row in read(path, "generic", Options(platform="x"))] == [2, 5, 6]
