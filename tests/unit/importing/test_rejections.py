"""Which records are left out, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from umt.application.importing import Options, PerformanceRow, RejectedRow, Summary, check, read

Rejection: TypeAlias = Callable[..., tuple[str | None, str]]

WHOLE = "a whole number such as 1250 is expected"
AMOUNT = "a plain decimal such as 1250.50 is expected"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", f"is empty; {WHOLE}"),
        ("many", f"'many' is not a number; {WHOLE}"),
        ("12.5", f"'12.5' is not a whole number; {WHOLE}"),
        ("-3", f"'-3' is negative; {WHOLE}"),
        ("1e5", f"'1e5' is in exponent form; {WHOLE}"),
        ("NaN", f"'NaN' is not a finite number; {WHOLE}"),
        ("1,250", f"'1,250' has a comma (thousands separator or decimal comma); {WHOLE}"),
        ("1 250", f"'1 250' has thousands separators; {WHOLE}"),
        ("1_250", f"'1_250' has thousands separators; {WHOLE}"),
        ("\u0663", f"'\u0663' is not a number; {WHOLE}"),
        ("+5", f"'+5' is not a number; {WHOLE}"),
        (
            "9007199254740992",
            "'9007199254740992' is above 9007199254740991 (2^53-1), the largest count that is kept exactly",
        ),
        ("9" * 50, f"'{'9' * 40}…' is above 9007199254740991 (2^53-1), the largest count that is kept exactly"),
    ],
)
def test_counts(rejection: Rejection, written: str, reason: str) -> None:
    assert rejection("display", displays=written) == ("displays", reason)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", f"is empty; {AMOUNT}"),
        ("free", f"'free' is not a number; {AMOUNT}"),
        ("-0.5", f"'-0.5' is negative; {AMOUNT}"),
        ("1e5", f"'1e5' is in exponent form; {AMOUNT}"),
        ("1.5E-3", f"'1.5E-3' is in exponent form; {AMOUNT}"),
        ("inf", f"'inf' is not a finite number; {AMOUNT}"),
        ("-Infinity", f"'-Infinity' is not a finite number; {AMOUNT}"),
        ("1,250.50", f"'1,250.50' has a comma (thousands separator or decimal comma); {AMOUNT}"),
        ("1,43", f"'1,43' has a comma (thousands separator or decimal comma); {AMOUNT}"),
        ("1'250.50", f'"1\'250.50" has thousands separators; {AMOUNT}'),
        ("$1.43", f"'$1.43' has a currency sign; {AMOUNT}"),
        ("1.43 EUR", f"'1.43 EUR' has a currency sign; {AMOUNT}"),
        ("5%", f"'5%' has a percent sign; {AMOUNT}"),
        ("1.2.3", f"'1.2.3' is not a number; {AMOUNT}"),
        ("\x1b[31m1", f"'\\x1b[31m1' is not a number; {AMOUNT}"),
        ("1000000000000", "'1000000000000' is too large; an amount below 1000000000000 (12 digits) is expected"),
        (
            "999999999999.9999999",
            "'999999999999.9999999' is too large; an amount below 1000000000000 (12 digits) is expected",
        ),
        ("9" * 64, f"'{'9' * 40}…' is too large; an amount below 1000000000000 (12 digits) is expected"),
        ("9" * 65, f"'{'9' * 40}…' has 65 characters; {AMOUNT}"),
    ],
)
def test_amounts(rejection: Rejection, written: str, reason: str) -> None:
    assert rejection("display", cost=written) == ("cost", reason)


def test_days_that_do_not_exist(rejection: Rejection) -> None:
    assert rejection("display", day="31") == ("day", "April 2020 has no day 31")
    assert rejection("display", day="0") == ("day", "April 2020 has no day 0")
    assert rejection("display", day=str(2**53 - 1)) == ("day", "April 2020 has no day 9007199254740991")
    assert rejection("display", month="Brumaire") == ("month", "'Brumaire' is not a month; April, Apr or 4 is expected")
    assert rejection("display", month="13") == ("month", "'13' is not a month; April, Apr or 4 is expected")
    assert rejection("display", day="") == ("day", f"is empty; {WHOLE}")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2021-02-29", "'2021-02-29' is not a day of the calendar"),
        ("0000-01-01", "'0000-01-01' is not a day of the calendar"),
        (
            "30/04/2020",
            "'30/04/2020' is not a date; one such as 2020-04-30 is expected, or nothing for a lifetime record",
        ),
        ("20200430", "'20200430' is not a date; one such as 2020-04-30 is expected, or nothing for a lifetime record"),
    ],
)
def test_dates(rejection: Rejection, written: str, reason: str) -> None:
    assert rejection("generic", date=written) == ("date", reason)


def test_names(rejection: Rejection) -> None:
    assert rejection("facebook", ad_id="") == ("ad_id", "is empty; a name is expected")
    assert rejection("generic", campaign=" ") == ("campaign", "is empty; a name is expected")
    control = "'Spring\\x07' has a control character; write it without tabs, line breaks and the like"
    assert rejection("generic", campaign="Spring\x07") == ("campaign", control)
    long = f"'{'x' * 40}…' has 501 characters; at most 500 are allowed"
    assert rejection("generic", ad="x" * 501) == ("ad", long)
    assert rejection("facebook", interest="x" * 501) == ("interest", long)
    together = "user_engagement and banner and placement have over 500 characters together"
    assert rejection("display", banner="x" * 300, placement="x" * 300) == (None, together)


def test_impossible_clicks(rejection: Rejection) -> None:
    assert rejection("facebook", Clicks="1001") == ("Clicks", "1001 clicks of 1000 impressions are impossible")


def test_unknown_platform_and_currency(rejection: Rejection, export: Any) -> None:
    column, reason = rejection("generic", platform="myspace")
    assert column == "platform"
    assert reason.startswith("'myspace' is not a known platform; one of google, facebook, ")
    path = export("date,campaign,ad,impressions,clicks,spend,currency\n,Spring,A,1,1,1,EURO\n")
    (row,) = read(path, "generic", Options(platform="x"))
    assert row == RejectedRow(2, "currency", "'EURO' is not an ISO 4217 currency code such as EUR")


def test_a_platform_that_neither_the_cell_nor_the_options_name(rejection: Rejection) -> None:
    column, reason = rejection("generic", platform="")
    assert (column, reason[:40]) == ("platform", "'' is not a known platform; one of googl")


def test_wrong_number_of_fields(rejection: Rejection) -> None:
    assert rejection("generic", "2020-04-30,Spring") == (
        None,
        "the number of fields is 2; 8 are expected, as in the header",
    )
    assert rejection("generic", "x," * 8) == (None, "the number of fields is 9; 8 are expected, as in the header")


def test_malformed_quotes_cost_only_their_record(reading: Any) -> None:
    good = "2020-04-30,Spring,A,10,1,1,x,0"
    rows = reading("generic", good, '2020-04-30,"Spr"ing,A,10,1,1,x,0', '2020-04-30,"Open,A', '2020-04-30,"B",A', good)
    assert [type(row) for row in rows] == [PerformanceRow, RejectedRow, RejectedRow, PerformanceRow]
    doubled = "a quote inside a quoted field is doubled"
    assert rows[1] == RejectedRow(3, None, f"has text after a closing quote; {doubled}")
    assert rows[2] == RejectedRow(4, None, f"has text after a closing quote (lines 4 to 5); {doubled}")
    assert rows[3].line == 6


def test_other_malformed_records(reading: Any) -> None:
    good = "2020-04-30,Spring,A,10,1,1,x,0"
    rows = reading("generic", "a\rb,c", f"2020-04-30,{'x' * 200_000}", good)
    assert rows[0] == RejectedRow(2, None, "has a carriage return outside quotes; end lines with LF or CR LF")
    assert rows[1] == RejectedRow(3, None, "has a field of more than 131072 characters")
    assert isinstance(rows[2], PerformanceRow)


def test_the_first_reason_is_given_and_the_other_rows_are_kept(export: Any) -> None:
    path = export("April,30,c,Low,b,p,x,1,y,1,1,1\nApril,30,c,Low,b,p,9,1,9,1,1,1", "display")
    first, second = read(path, "display", Options())
    assert isinstance(first, RejectedRow)
    assert first.column == "displays"
    assert isinstance(second, PerformanceRow)
    assert check(path, "display", Options()) == Summary(rows=1, rejected=1)
