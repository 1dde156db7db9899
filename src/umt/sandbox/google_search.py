"""googleAds:search and :searchStream over the GAQL subset ("Google Ads API: Reporting").

With `segments.date` a row is one entity on one day and days without impressions are left out; without it metrics are
summed over the days the conditions leave, and entities without any show zeros.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from umt.sandbox import gaql
from umt.sandbox.delivery import Figures
from umt.sandbox.google_errors import Problem, refuse, request_id
from umt.sandbox.google_resources import RESOURCES
from umt.sandbox.store import Node
from umt.sandbox.wire import Call, Json, Reply

if TYPE_CHECKING:
    from umt.sandbox.google_ads import GoogleAds

PAGE = 500
"""Rows per page. The real API's pages hold 10,000; smaller ones let a client's paging be seen at work."""

FROM = {
    "customer": (),
    "campaign_budget": ("campaign_budget",),
    "campaign": ("campaign", "campaign_budget"),
    "ad_group": ("ad_group", "campaign", "campaign_budget"),
    "ad_group_ad": ("ad_group_ad", "ad_group", "campaign", "campaign_budget"),
    "ad_group_criterion": ("ad_group_criterion", "ad_group", "campaign"),
    "campaign_criterion": ("campaign_criterion", "campaign"),
}
METRICS = (
    "impressions", "clicks", "cost_micros", "conversions", "conversions_value", "all_conversions", "ctr", "average_cpc",
    "average_cpm", "cost_per_conversion",
)  # fmt: skip
SERVICE = {resource.kind: service for service, resource in RESOURCES.items()}


def search(google: "GoogleAds", call: Call, request: Json) -> Reply:
    if request.get("pageSize"):
        message = "Setting the page size is not supported, and will be unavailable in a future version."
        raise refuse(call, Problem("requestError", "PAGE_SIZE_NOT_SUPPORTED", message))
    query, rows = _run(google, call, request)
    start = _position(call, request.get("pageToken"), query)
    answer: Json = {"results": rows[start : start + PAGE], "fieldMask": _mask(query)}
    if start + PAGE < len(rows):
        answer["nextPageToken"] = _token(start + PAGE, query)
    settings = request.get("searchSettings")
    if isinstance(settings, dict) and settings.get("returnTotalResultsCount"):
        answer["totalResultsCount"] = str(len(rows))
    if not answer["results"]:
        del answer["results"]
    return Reply(200, answer)


def stream(google: "GoogleAds", call: Call, request: Json) -> Reply:
    query, rows = _run(google, call, request)
    batches = [rows[at : at + PAGE] for at in range(0, len(rows), PAGE)]
    head = {"fieldMask": _mask(query), "requestId": request_id(call)}
    return Reply(200, [{"results": batch} | head for batch in batches])


def _mask(query: gaql.Query) -> str:
    return ",".join(_camel(field) for field in query.fields)


def _token(position: int, query: gaql.Query) -> str:
    return urlsafe_b64encode(f"{position}:{len(query.fields)}:{query.resource}".encode()).decode()


def _position(call: Call, token: Any, query: gaql.Query) -> int:
    if not token:
        return 0
    try:
        position = int(urlsafe_b64decode(str(token)).decode().split(":")[0])
    except ValueError:
        position = 0
    if position <= 0 or token != _token(position, query):
        raise refuse(call, Problem("requestError", "INVALID_PAGE_TOKEN", "Next page token specified in user request is"
                                   " invalid."))  # fmt: skip
    return position


def _run(google: "GoogleAds", call: Call, request: Json) -> tuple[gaql.Query, list[Json]]:
    text = request.get("query")
    if not isinstance(text, str) or not text.strip():
        raise refuse(call, Problem("queryError", "QUERY_NOT_ENOUGH", "The query is empty.", "query"))
    try:
        query = gaql.parse(text)
        return query, _select(google, call.account, query)
    except gaql.QueryError as problem:
        raise refuse(call, Problem("queryError", problem.code, str(problem))) from None


def _select(google: "GoogleAds", account: str, query: gaql.Query) -> list[Json]:
    _validate(query)
    metrics = any(field.startswith("metrics.") for field in _used(query))
    by_day = "segments.date" in query.fields
    since, until = gaql.date_range(query, google.clock.today)
    conditions = [condition for condition in query.conditions if condition.field != "segments.date"]
    sums = _sums(google, account, query.resource, since, until, by_day) if metrics or by_day else {}
    days: dict[int, list[date]] = defaultdict(list)
    for entity, day in sums:
        if day is not None:
            days[entity].append(day)
    found: list[dict[str, Any]] = []
    for entity, values in _entities(google, account, query.resource):
        for day in sorted(days[entity]) if by_day else [None]:
            row = dict(values)
            if metrics or by_day:
                row |= _metrics(sums.get((entity, day), Figures()))
            if day is not None:
                row["segments.date"] = day.isoformat()
            if all(gaql.fits(condition, _value(row, condition.field)) for condition in conditions):
                found.append(row)
    for field, down in reversed(query.order):
        found.sort(key=lambda row: _sort_key(_value(row, field)), reverse=down)
    return [_shape(row, query) for row in found[: query.limit]]


def _used(query: gaql.Query) -> list[str]:
    return [*query.fields, *(c.field for c in query.conditions), *(name for name, _ in query.order)]


def _validate(query: gaql.Query) -> None:
    if query.resource not in FROM:
        raise gaql.QueryError(
            f"Unrecognized resource in FROM clause: {query.resource[:60]}.", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"
        )
    for field in _used(query):
        head, _, name = field.partition(".")
        if head == "metrics" and name in METRICS and not query.resource.endswith("criterion"):
            continue
        if field == "segments.date" or (head in ("customer", *FROM[query.resource]) and name):
            continue
        raise gaql.QueryError(f"Unrecognized field in the query: '{field[:80]}'.", "UNRECOGNIZED_FIELD")
    if "segments.date" in query.fields and all(c.field != "segments.date" for c in query.conditions):
        raise gaql.QueryError("A finite date range must be in the WHERE clause when selecting segments.date.")


def _entities(google: "GoogleAds", account: str, resource: str) -> list[tuple[int, dict[str, Any]]]:
    """Each entity of the FROM resource with the fields of itself and all it belongs to."""
    customer = {
        "customer.resourceName": f"customers/{account}", "customer.id": account,
        "customer.descriptiveName": f"Account {account}", "customer.timeZone": "Etc/UTC", "customer.status": "ENABLED",
        "customer.currencyCode": google.store.currency(google.name, account), "customer.manager": False,
        "customer.testAccount": False,
    }  # fmt: skip
    if resource == "customer":
        return [(0, customer)]
    found = []
    for node in google.store.nodes(google.name, resource, account):
        values: dict[str, Any] = dict(customer)
        above: Node | None = node
        while above is not None:
            values |= _fields(google, above)
            above = google.store.node(google.name, above.parent) if above.parent else None
        found.append((node.id, values))
    return found


def _fields(google: "GoogleAds", node: Node) -> dict[str, Any]:
    own = {"resourceName": google.resource_name(SERVICE[node.kind], node), "id": str(node.id), **node.body}
    if node.kind == "ad_group_ad":
        ad = f"customers/{node.account}/ads/{node.id}"
        own["ad"] = {"id": str(node.id), "resourceName": ad} | node.body["ad"]
        own.pop("id")
    if node.kind.endswith("criterion"):
        own["criterionId"] = own.pop("id")
    return {f"{node.kind}.{name}": value for name, value in own.items()}


def _sums(
    google: "GoogleAds", account: str, resource: str, since: date, until: date, by_day: bool
) -> dict[tuple[int, date | None], Figures]:
    owners: dict[int, int] = {}
    sums: dict[tuple[int, date | None], Figures] = defaultdict(Figures)
    if resource.endswith("criterion") or since > until:
        return sums
    for ad, day, figures in google.delivery.figures(google.name, account, since, until):
        if ad not in owners:
            owners[ad] = 0
            node = google.store.node(google.name, ad)
            while node is not None:
                if node.kind == resource:
                    owners[ad] = node.id
                node = google.store.node(google.name, node.parent) if node.parent else None
        if figures.impressions or not by_day:
            sums[owners[ad], day if by_day else None].add(figures)
    return sums


def _metrics(f: Figures) -> dict[str, Any]:
    micros = f.spend * 10_000
    metrics: dict[str, Any] = {
        "impressions": str(f.impressions), "clicks": str(f.clicks), "costMicros": str(micros),
        "conversions": float(f.conversions), "allConversions": float(f.conversions), "conversionsValue": f.value / 100,
        "ctr": f.clicks / f.impressions if f.impressions else 0.0,
    }  # fmt: skip
    if f.clicks:
        metrics["averageCpc"] = micros / f.clicks
    if f.impressions:
        metrics["averageCpm"] = micros * 1000 / f.impressions
    if f.conversions:
        metrics["costPerConversion"] = micros / f.conversions
    return {f"metrics.{name}": value for name, value in metrics.items()}


def _camel(field: str) -> str:
    """campaign_budget.amount_micros -> campaignBudget.amountMicros"""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), field)


def _value(row: dict[str, Any], field: str) -> Any:
    """`ad_group_ad.ad.final_urls`: the first two parts are the row's key, the rest goes into it."""
    head, name, *rest = field.split(".")
    value = row.get(f"{head}.{_camel(name)}")
    for part in rest:
        value = value.get(_camel(part)) if isinstance(value, dict) else None
    return value


def _sort_key(value: Any) -> tuple[int, float, str]:
    try:
        return (0, float(value), "")
    except (TypeError, ValueError):
        return (1, 0.0, str(value or ""))


def _shape(row: dict[str, Any], query: gaql.Query) -> Json:
    """The selected fields, nested as the API nests them, with the resource names of the resources they belong to."""
    shaped: Json = {}
    for field in query.fields:
        head = field.split(".")[0]
        group = shaped.setdefault(_camel(head), {})
        if f"{head}.resourceName" in row:
            group["resourceName"] = row[f"{head}.resourceName"]
        value = _value(row, field)
        if value is None:
            continue
        *path, last = field.split(".")[1:]
        for part in path:
            group = group.setdefault(_camel(part), {})
        group[_camel(last)] = value
    return shaped
