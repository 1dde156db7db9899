"""Google Ads' wire format: what its answers look like, its query language, its errors, its limits of length."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from textwrap import wrap
from typing import Any
from urllib.parse import urlsplit

import msgspec

from umt.adapters.platforms.http import Answer, Failure, Id, amount, bounded, count, whole
from umt.application.ports import AdOrder, Connection, Refused, ReportedDay
from umt.domain.brand import Audience
from umt.domain.money import Money
from umt.domain.performance import Figures

AGE_RANGES = {
    "AGE_RANGE_18_24": (18, 24),
    "AGE_RANGE_25_34": (25, 34),
    "AGE_RANGE_35_44": (35, 44),
    "AGE_RANGE_45_54": (45, 54),
    "AGE_RANGE_55_64": (55, 64),
    "AGE_RANGE_65_UP": (65, 120),
}
GENDERS = {"male": "MALE", "men": "MALE", "female": "FEMALE", "women": "FEMALE"}

LONGEST_HEADLINE, LONGEST_DESCRIPTION, LONGEST_KEYWORD = 30, 90, 80
MICROS = 10**6
METRICS = ("impressions", "clicks", "cost_micros", "conversions", "conversions_value")
PASSING = frozenset(
    {
        "RESOURCE_EXHAUSTED",
        "RESOURCE_TEMPORARILY_EXHAUSTED",
        "CONCURRENT_MODIFICATION",
        "TRANSIENT_ERROR",
        "INTERNAL_ERROR",
        "DEADLINE_EXCEEDED",
    }
)


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """Google writes field names in camel case, and 64-bit integers as text."""


class Quota(Wire, frozen=True):
    retry_delay: str = ""


class ErrorDetails(Wire, frozen=True):
    quota_error_details: Quota = Quota()


class AdsError(Wire, frozen=True):
    error_code: dict[str, str] = {}
    message: str = ""
    details: ErrorDetails = ErrorDetails()


class Detail(Wire, frozen=True):
    errors: list[AdsError] = []
    retry_delay: str = ""


class Status(Wire, frozen=True):
    message: str = ""
    status: str = ""
    details: list[Detail] = []


class Refusal(Wire, frozen=True):
    error: Status


class Page(Wire, frozen=True):
    results: list[Any] = []
    next_page_token: str = ""


class Result(Wire, frozen=True):
    resource_name: str


class Mutated(Wire, frozen=True):
    results: list[Result]


class Customer(Wire, frozen=True):
    currency_code: str
    descriptive_name: str = ""


class CustomerRow(Wire, frozen=True):
    customer: Customer


class Named(Wire, frozen=True):
    """A resource; ``id`` only where it is selected."""

    resource_name: str
    id: str = ""
    campaign_budget: str = ""
    bidding_strategy_type: str = ""
    status: str = ""
    total_amount_micros: str = ""


class AdId(Wire, frozen=True):
    id: Id


class AdGroupAd(Wire, frozen=True):
    ad: AdId
    status: str = ""


class Keyword(Wire, frozen=True):
    text: str = ""


class Criterion(Wire, frozen=True):
    keyword: Keyword = Keyword()


class Location(Wire, frozen=True):
    geo_target_constant: str = ""


class CampaignCriterion(Wire, frozen=True):
    location: Location = Location()


class GeoTarget(Wire, frozen=True):
    resource_name: str
    name: str = ""


class Suggestion(Wire, frozen=True):
    geo_target_constant: GeoTarget


class Suggestions(Wire, frozen=True):
    geo_target_constant_suggestions: list[Suggestion] = []


class Metrics(Wire, frozen=True):
    impressions: str = "0"
    clicks: str = "0"
    cost_micros: str = "0"
    conversions: float = 0.0
    conversions_value: float = 0.0


class Segments(Wire, frozen=True):
    date: date


class Row(Wire, frozen=True):
    ad_group_ad: AdGroupAd
    segments: Segments
    metrics: Metrics


def micros(money: Money) -> str:
    """Millionths of a unit, exactly, as 64-bit integers travel in JSON."""
    return str(int(money.amount * MICROS))


def texts(order: AdOrder) -> tuple[list[str], list[str]]:
    """At least 3 headlines and 2 descriptions from the creative's words, cut between words to Google's lengths."""
    creative = order.creative
    head, body = " ".join(creative.headline.split()), " ".join(creative.body.split())
    host = (urlsplit(creative.url).hostname or "").removeprefix("www.")
    title = wrap(head, LONGEST_HEADLINE)
    spare = [*wrap(body, LONGEST_HEADLINE), host[:LONGEST_HEADLINE], "Learn more", "Find out how", "Visit us"]
    headlines = list(dict.fromkeys([*title, *filter(None, spare)]))[: max(3, min(len(title), 15))]
    lines = [*wrap(body, LONGEST_DESCRIPTION), *wrap(head, LONGEST_DESCRIPTION), "Learn more on our site."]
    return headlines, list(dict.fromkeys(lines))[: max(2, min(len(wrap(body, LONGEST_DESCRIPTION)), 4))]


def keywords(order: AdOrder) -> list[str]:
    """What people search for: the audience's interests, else the headline, for no keyword means no impression."""
    cleaned = [
        " ".join(re.sub(r"[^\w\s&'.-]|_", " ", text).split()[:10])[:LONGEST_KEYWORD].strip()
        for text in order.audience.interests or (order.creative.headline,)
    ]
    return [word for word in dict.fromkeys(cleaned) if word]


def excluded(audience: Audience) -> list[dict[str, Any]]:
    """The criteria of those who are outside the audience: search ads reach all whom no criterion excludes."""
    ages = [
        {"ageRange": {"type": name}}
        for name, (first, last) in AGE_RANGES.items()
        if last < audience.age_from or first > audience.age_to
    ]
    wanted = {GENDERS[g.casefold()] for g in audience.genders if g.casefold() in GENDERS}
    others = {"MALE", "FEMALE"} - wanted if len(wanted) == 1 else set()
    return [*ages, *({"gender": {"type": name}} for name in sorted(others))]


def reported_day(row: Row) -> ReportedDay:
    """A row's figures: money from micros exactly, conversions (shares of attribution) to the next whole number."""
    metrics = row.metrics
    figures = Figures(
        impressions=count(metrics.impressions),
        clicks=count(metrics.clicks),
        conversions=whole(amount(repr(metrics.conversions))),
        spend=amount(metrics.cost_micros) / MICROS,
        revenue=amount(repr(metrics.conversions_value)).quantize(Decimal(1) / MICROS),
    )
    return ReportedDay(row.ad_group_ad.ad.id, row.segments.date, figures)


def explain(answer: Answer) -> Failure | None:
    refusal = answer.read(Refusal)
    if refusal is None:
        return None
    status = refusal.error
    errors = [error for detail in status.details for error in detail.errors]
    codes = frozenset(code for error in errors for code in error.error_code.values())
    waits = [error.details.quota_error_details.retry_delay for error in errors]
    waits += [detail.retry_delay for detail in status.details]
    named = [f"{error.message} ({', '.join(error.error_code.values())})" for error in errors]
    return Failure(
        "; ".join(named) or f"{status.message} ({status.status})",
        codes,
        again=bool(codes & PASSING),
        retry_after=max((w for text in waits if (w := seconds(text)) is not None), default=None),
    )


def seconds(duration: str) -> float | None:
    """A protobuf duration in JSON, like ``1.5s``."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)s", duration, re.ASCII)
    return bounded(float(match[1])) if match else None


def customer_id(connection: Connection) -> str:
    return digits(connection.account.partition("/")[0].replace("-", ""))


def digits(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Refused(f"{text[:40]!r} is not an id of Google Ads: digits are expected")
    return text


def last_id(resource_name: str) -> str:
    """The id at the end of ``customers/1/campaigns/2`` or ``customers/1/adGroupAds/2~3``."""
    return digits(re.split(r"[/~]", resource_name)[-1])


def select(resource: str, where: str, *fields: str) -> str:
    """A GAQL query; what comes from outside is ``quoted`` or ``digits``."""
    condition = f" WHERE {where}" if where else ""
    return f"SELECT {', '.join(fields)} FROM {resource}{condition}"  # noqa: S608 - GAQL, not SQL


def quoted(text: str) -> str:
    """A GAQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
