"""Meta's wire format: what its answers look like, how it counts money and names results and errors."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from umt.adapters.platforms.http import UNTOLD_WAIT, Answer, Failure, Id, amount, bounded, count, whole
from umt.application.ports import AdOrder, Connection, Refused, ReportedDay
from umt.domain.money import Money
from umt.domain.performance import Figures

WHOLE_UNITS = frozenset(["CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"])
"""Currencies that Meta counts in whole units, all others in hundredths ("Currency codes"), whatever ISO 4217 says."""

PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
LEADS = ("lead", "onsite_conversion.lead_grouped", "offsite_conversion.fb_pixel_lead")
"""The same result under several names, the widest first: only the first that is reported counts."""

RATE_LIMITS = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
PASSING = frozenset({1, 2})
LESS_THAN_A_MINUTE = 2.0
"""Seconds to wait where Meta tells no whole minute; the queue waits longer each time that this was too short."""


class Problem(msgspec.Struct, frozen=True):
    message: str = ""
    code: int = 0
    error_subcode: int = 0
    error_user_title: str = ""
    error_user_msg: str = ""
    is_transient: bool = False


class Refusal(msgspec.Struct, frozen=True):
    error: Problem


class Cursors(msgspec.Struct, frozen=True):
    after: str = ""


class Paging(msgspec.Struct, frozen=True):
    cursors: Cursors = Cursors()
    next: str = ""


class Page(msgspec.Struct, frozen=True):
    data: list[Any]
    paging: Paging = Paging()


class Node(msgspec.Struct, frozen=True):
    id: Id
    name: str = ""
    status: str = ""
    effective_status: str = ""
    bid_strategy: str = ""


class Match(msgspec.Struct, frozen=True):
    """A hit of the targeting search: an interest has an id, a place a key and a type."""

    name: str
    id: str = ""
    key: str = ""
    type: str = ""
    country_code: str = ""


class AdAccount(msgspec.Struct, frozen=True):
    name: str = ""
    currency: str | None = None


class Done(msgspec.Struct, frozen=True):
    success: bool


class Action(msgspec.Struct, frozen=True):
    action_type: str
    value: str


class Row(msgspec.Struct, frozen=True):
    ad_id: Id
    date_start: date
    impressions: str = "0"
    clicks: str = "0"
    spend: str = "0"
    actions: list[Action] = []
    action_values: list[Action] = []


def minor_units(money: Money) -> int:
    """The amount as Meta counts it; Refused where Meta's unit is coarser than the amount."""
    unit = Decimal(1) if money.currency in WHOLE_UNITS else Decimal("0.01")
    units = money.amount / unit
    if units != units.to_integral_value():
        raise Refused(f"Meta counts {money.currency} in steps of {unit}, so {money} cannot be set")
    return int(units)


def reported_day(row: Row) -> ReportedDay:
    """A row's figures: a lead counts as a conversion too."""
    leads = result(row.actions, LEADS)
    figures = Figures(
        impressions=count(row.impressions),
        clicks=count(row.clicks),
        conversions=whole(result(row.actions, PURCHASES) + leads),
        leads=whole(leads),
        spend=amount(row.spend),
        revenue=result(row.action_values, PURCHASES) + result(row.action_values, LEADS),
    )
    return ReportedDay(row.ad_id, row.date_start, figures)


def result(actions: list[Action], names: tuple[str, ...]) -> Decimal:
    """The first of these action types that is reported."""
    values = {action.action_type: action.value for action in actions}
    return next((amount(values[name]) for name in names if name in values), Decimal(0))


def explain(answer: Answer) -> Failure | None:
    refusal = answer.read(Refusal)
    if refusal is None:
        return None
    problem = refusal.error
    words = ": ".join(filter(None, (problem.error_user_title, problem.error_user_msg))) or problem.message
    code = f"{problem.code}/{problem.error_subcode}" if problem.error_subcode else str(problem.code)
    limited = problem.code in RATE_LIMITS
    return Failure(
        f"{words} (code {code})",
        frozenset({str(problem.code), str(problem.error_subcode)}),
        again=problem.is_transient or limited or problem.code in PASSING,
        retry_after=regain(answer.headers) or UNTOLD_WAIT if limited else None,
    )


class Usage(msgspec.Struct, frozen=True):
    estimated_time_to_regain_access: int = 0


def regain(headers: httpx.Headers) -> float | None:
    """Seconds until access comes back, from a header that counts whole minutes: 0 of them is less than one."""
    text = headers.get("x-business-use-case-usage", "{}")
    try:
        usage = msgspec.json.decode(text, type=dict[str, list[Usage]])
    except msgspec.DecodeError:
        return None
    minutes = [u.estimated_time_to_regain_access for many in usage.values() for u in many]
    if not minutes:
        return None
    return bounded(60.0 * max(minutes)) or LESS_THAN_A_MINUTE


def times(order: AdOrder) -> tuple[str, str]:
    """The first moment of the first day and the one after the last day."""
    zone = ZoneInfo(order.schedule.time_zone)
    start = datetime.combine(order.schedule.starts_on, time(), zone)
    end = datetime.combine(order.schedule.ends_on + timedelta(days=1), time(), zone)
    return start.strftime("%Y-%m-%dT%H:%M:%S%z"), end.strftime("%Y-%m-%dT%H:%M:%S%z")


def parts_of(connection: Connection) -> tuple[str, str, str]:
    """Ad account, page and Instagram user; the last two may be empty."""
    account, page, instagram = [*connection.account.split("/"), "", ""][:3]
    return number(account.removeprefix("act_")), page and number(page), instagram and number(instagram)


def act(connection: Connection) -> str:
    return f"act_{parts_of(connection)[0]}"


def number(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) < 30):
        raise Refused(f"{text[:40]!r} is not an id of Meta: digits are expected")
    return text


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
