"""LinkedIn adAnalytics: figures by pivot and day ("LinkedIn Marketing: Ads Reporting").

q=analytics with one `pivot`, or q=statistics with `pivots=List(..)`. Not paged: the answer holds all elements.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from umt.sandbox.delivery import Figures
from umt.sandbox.restli import bad_parameter, parameters, refuse
from umt.sandbox.store import Node
from umt.sandbox.wire import Call, Json, Reply

if TYPE_CHECKING:
    from umt.sandbox.linkedin import LinkedIn

PIVOTS = {"CREATIVE": "creative", "CAMPAIGN": "campaign", "CAMPAIGN_GROUP": "campaign_group", "ACCOUNT": "account"}
FACETS = {"accounts": "account", "campaignGroups": "campaign_group", "campaigns": "campaign", "creatives": "creative"}
GRANULARITIES = ("DAILY", "ALL", "MONTHLY")
FIELDS = (
    "pivotValues", "dateRange", "impressions", "clicks", "landingPageClicks", "costInLocalCurrency", "costInUsd",
    "externalWebsiteConversions", "conversionValueInLocalCurrency", "oneClickLeads", "totalEngagements",
)  # fmt: skip


def report(linkedin: "LinkedIn", call: Call) -> Reply:
    asked = parameters(call)
    if asked.get("q") not in ("analytics", "statistics"):
        raise bad_parameter("q")
    pivots = asked.get("pivots") if asked["q"] == "statistics" else [asked.get("pivot")]
    if not isinstance(pivots, list) or not pivots or any(pivot not in PIVOTS for pivot in pivots):
        raise bad_parameter("pivot")
    granularity = asked.get("timeGranularity")
    if granularity not in GRANULARITIES:
        raise bad_parameter("timeGranularity")
    since, until = _range(asked.get("dateRange"), linkedin.clock.today)
    fields = str(asked.get("fields", "impressions,clicks")).split(",")
    if len(fields) > 20:
        raise refuse(400, "ILLEGAL_ARGUMENT", "The maximum number of fields is 20")
    for field in fields:
        if field not in FIELDS:
            raise bad_parameter(f"fields: {field}")
    sums: dict[tuple[str, ...], Figures] = defaultdict(Figures)
    for account, wanted in _facets(linkedin, asked).items():
        for ad, day, figures in linkedin.delivery.figures(linkedin.name, account, since, until):
            urns = _lineage(linkedin, account, ad)
            if all(urns[kind] in values for kind, values in wanted.items()):
                start = {"DAILY": day, "ALL": since, "MONTHLY": max(since, day.replace(day=1))}[granularity]
                sums[start.isoformat(), *(urns[PIVOTS[pivot]] for pivot in pivots)].add(figures)
    elements = [
        _element(date.fromisoformat(start), granularity, until, list(urns), figures, fields)
        for (start, *urns), figures in sorted(sums.items())
        if figures.impressions
    ]
    paging = {"count": 10, "start": 0, "links": []}
    return Reply(200, {"paging": paging, "elements": elements}, content_type="application/json")


def _range(value: Any, today: date) -> tuple[date, date]:
    try:
        start, end = value["start"], value.get("end")
        since = date(int(start["year"]), int(start["month"]), int(start["day"]))
        until = date(int(end["year"]), int(end["month"]), int(end["day"])) if end else today
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
        raise bad_parameter("dateRange") from None
    if since > until:
        raise refuse(400, "ILLEGAL_ARGUMENT", "The start of dateRange must not be after its end")
    return since, min(until, today)


def _facets(linkedin: "LinkedIn", asked: Json) -> dict[str, dict[str, set[str]]]:
    """For each account concerned, the URNs wanted of each kind. At least one facet is required."""
    wanted = {kind: asked[facet] for facet, kind in FACETS.items() if facet in asked}
    if not wanted:
        raise refuse(
            400, "ILLEGAL_ARGUMENT", "At least one facet is required: accounts, campaignGroups, campaigns, creatives"
        )
    for facet, kind in FACETS.items():
        urns = wanted.get(kind, [])
        prefix = linkedin.urn(kind, "")
        if not isinstance(urns, list) or not all(
            isinstance(urn, str) and urn.startswith(prefix) and urn[len(prefix) :].isdigit() for urn in urns
        ):
            raise bad_parameter(facet)
    accounts = {account for _, account, _ in linkedin.store.accounts(linkedin.name)}
    return {account: {kind: set(urns) for kind, urns in wanted.items()} for account in sorted(accounts)}


def _lineage(linkedin: "LinkedIn", account: str, ad: int) -> dict[str, str]:
    """The URN of a creative and of all it belongs to, by kind."""
    urns = {"account": linkedin.urn("account", account), "creative": "", "campaign": "", "campaign_group": ""}
    node: Node | None = linkedin.store.node(linkedin.name, ad)
    while node is not None:
        urns[node.kind] = linkedin.urn(node.kind, str(node.id))
        node = linkedin.store.node(linkedin.name, node.parent) if node.parent else None
    return urns


def _element(start: date, granularity: str, until: date, urns: list[str], f: Figures, fields: list[str]) -> Json:
    month = (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    end = {"DAILY": start, "ALL": until, "MONTHLY": min(until, month)}[granularity]
    element: Json = {
        "pivotValues": urns, "dateRange": {"start": _day(start), "end": _day(end)}, "impressions": f.impressions,
        "clicks": f.clicks, "landingPageClicks": f.clicks, "costInLocalCurrency": f"{f.spend / 100:.2f}",
        "costInUsd": f"{f.spend / 100:.2f}", "externalWebsiteConversions": f.conversions,
        "conversionValueInLocalCurrency": f"{f.value / 100:.2f}", "oneClickLeads": 0,
        "totalEngagements": f.clicks,
    }  # fmt: skip
    return {field: element[field] for field in fields}


def _day(day: date) -> Json:
    return {"year": day.year, "month": day.month, "day": day.day}
