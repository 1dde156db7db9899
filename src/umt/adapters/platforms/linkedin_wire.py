"""LinkedIn's wire format: what its answers look like, its URNs, lists, money and moments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from umt.adapters.platforms.http import Answer, Failure, Id, amount
from umt.application.ports import AdOrder, Connection, Refused, ReportedDay
from umt.domain.money import Money, minor_unit
from umt.domain.performance import Figures


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """LinkedIn writes field names in camel case."""


class AccountShown(Wire, frozen=True):
    currency: str | None = None
    name: str = ""


class Amount(Wire, frozen=True):
    amount: str
    currency_code: str


class Entity(Wire, frozen=True):
    """A campaign group or campaign has a number, a creative a URN."""

    id: int | Id
    name: str = ""
    status: str = ""
    intended_status: str = ""
    total_budget: Amount | None = None


class Metadata(Wire, frozen=True):
    next_page_token: str = ""


class Page(Wire, frozen=True):
    elements: list[Entity]
    metadata: Metadata = Metadata()


class Target(Wire, frozen=True):
    urn: str
    name: str = ""


class Targets(Wire, frozen=True):
    elements: list[Target] = []


class Day(Wire, frozen=True):
    year: int
    month: int
    day: int


class DateRange(Wire, frozen=True):
    start: Day


class Row(Wire, frozen=True):
    pivot_values: list[str]
    date_range: DateRange
    impressions: int = 0
    clicks: int = 0
    external_website_conversions: int = 0
    one_click_leads: int = 0
    cost_in_local_currency: str = "0"
    conversion_value_in_local_currency: str = "0"


class Rows(Wire, frozen=True):
    elements: list[Row]


class Refusal(Wire, frozen=True):
    message: str = ""
    code: str = ""
    service_error_code: int = 0


def reported_day(row: Row) -> ReportedDay:
    start = row.date_range.start
    figures = Figures(
        impressions=row.impressions,
        clicks=row.clicks,
        conversions=row.external_website_conversions + row.one_click_leads,
        leads=row.one_click_leads,
        spend=amount(row.cost_in_local_currency),
        revenue=amount(row.conversion_value_in_local_currency),
    )
    try:
        return ReportedDay(number(row.pivot_values[0]), date(start.year, start.month, start.day), figures)
    except (IndexError, ValueError) as error:
        raise Refused("LinkedIn reported a day that is none") from error


def explain(answer: Answer) -> Failure | None:
    refusal = answer.read(Refusal)
    if refusal is None:
        return None
    return Failure(f"{refusal.message} ({refusal.code})", frozenset({refusal.code, str(refusal.service_error_code)}))


def schedule_of(order: AdOrder) -> dict[str, int]:
    """The first moment of the first day and the one after the last day, in milliseconds."""
    zone = ZoneInfo(order.schedule.time_zone)
    start = datetime.combine(order.schedule.starts_on, time(), zone)
    end = datetime.combine(order.schedule.ends_on + timedelta(days=1), time(), zone)
    return {"start": int(start.timestamp()) * 1000, "end": int(end.timestamp()) * 1000}


def share_of(total: Money, parts: int) -> Money:
    """An even share, rounded up to the currency's minor unit: the group's own budget caps the sum."""
    share = (total.amount / parts).quantize(minor_unit(total.currency), ROUND_CEILING)
    return Money.of(share, total.currency)


def money_of(money: Money) -> dict[str, str]:
    return {"amount": str(money.quantised().amount), "currencyCode": money.currency}


def path_of(connection: Connection) -> str:
    return f"/rest/adAccounts/{number(connection.account)}"


def urn_of(kind: str, number: str) -> str:
    return f"urn:li:sponsored{kind}:{number}"


def list_of(*values: str) -> str:
    """A Rest.li list, whose values are encoded so that their signs are no structure."""
    return f"List({','.join(quote(value, safe='') for value in values)})"


def date_of(day: date) -> str:
    return f"(year:{day.year},month:{day.month},day:{day.day})"


def number(shown: int | str) -> str:
    """The number of an entity, also at the end of its URN."""
    text = str(shown).rpartition(":")[2]
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Refused(f"{text[:40]!r} is not an id of LinkedIn: digits are expected")
    return text
