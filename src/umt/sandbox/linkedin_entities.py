"""What a client may write of LinkedIn's campaign groups, campaigns and creatives, how they are found, and what runs.

Source: "LinkedIn Marketing: Create and Manage Campaign Groups / Campaigns / Creatives".
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from umt.sandbox.delivery import Ad, Cap, LineItem, fingerprint
from umt.sandbox.restli import bad_parameter, refuse
from umt.sandbox.store import Node
from umt.sandbox.wire import Json

if TYPE_CHECKING:
    from umt.sandbox.linkedin import LinkedIn

KINDS = {"adCampaignGroups": "campaign_group", "adCampaigns": "campaign", "creatives": "creative"}
URNS = {"campaign_group": "sponsoredCampaignGroup", "campaign": "sponsoredCampaign", "creative": "sponsoredCreative",
        "account": "sponsoredAccount"}  # fmt: skip
STATUSES = ("ACTIVE", "PAUSED", "DRAFT", "ARCHIVED", "CANCELED", "COMPLETED", "PENDING_DELETION", "REMOVED")
REQUIRED = {
    "campaign_group": ("account", "name", "status"),
    "campaign": ("account", "campaignGroup", "name", "type", "costType", "locale"),
    "creative": ("campaign", "content", "intendedStatus"),
}
ENUMS: dict[str, tuple[str, ...]] = {
    "status": STATUSES, "intendedStatus": STATUSES,
    "type": ("TEXT_AD", "SPONSORED_UPDATES", "SPONSORED_INMAILS", "DYNAMIC"),
    "costType": ("CPM", "CPC", "CPV"),
    "objectiveType": (
        "BRAND_AWARENESS", "ENGAGEMENT", "JOB_APPLICANT", "LEAD_GENERATION", "WEBSITE_CONVERSION", "WEBSITE_VISIT",
        "VIDEO_VIEW",
    ),
}  # fmt: skip
SEARCHABLE = {"name", "status", "id", "type", "test", "campaignGroup", "campaign", "intendedStatus"}
BUDGETS = ("dailyBudget", "totalBudget")
FIXED = ("account", "campaignGroup", "campaign", "type", "id")


RECORDS = ("locale", "content", "runSchedule", "dailyBudget", "totalBudget", "targetingCriteria", "unitCost")


def apply(linkedin: "LinkedIn", node: Node, given: Json) -> None:
    """Validate what is sent on top of what the node holds, and take it over."""
    merged = node.body | given
    for name in REQUIRED[node.kind]:
        if merged.get(name) in (None, "", {}):
            message = f"/{name} :: field is required but not found and has no default value"
            raise refuse(400, "MISSING_FIELD", message, 100)
    for name, allowed in ENUMS.items():
        if name in given and given[name] not in allowed:
            raise refuse(400, "INVALID_VALUE", f"/{name} :: {str(given[name])[:40]!r} is not an enum symbol", 100)
    for name in RECORDS:
        if not isinstance(given.get(name, {}), dict):
            raise refuse(400, "INVALID_VALUE", f"/{name} :: is not a record", 100)
    if "name" in given:
        if not isinstance(given["name"], str) or not 0 < len(given["name"]) <= 255:
            raise refuse(400, "INVALID_VALUE", "/name :: must be between 1 and 255 characters", 100)
        node.name = given["name"]
    start, end = schedule(merged)
    if end is not None and end <= start:
        raise refuse(400, "INVALID_VALUE", "/runSchedule/end :: must be after /runSchedule/start", 100)
    budgets = {name: money(linkedin, node, name, merged[name]) for name in BUDGETS if merged.get(name)}
    if node.kind == "campaign":
        _check_budgets(linkedin, node, merged, budgets)
    elif node.kind == "campaign_group" and "totalBudget" in budgets:
        if end is None:
            raise refuse(400, "MISSING_FIELD", "/runSchedule/end :: is required with /totalBudget", 100)
        if node.id and budgets["totalBudget"] < sum(
            linkedin.delivery.spent(linkedin.name, c) for c in _members(linkedin, node)
        ):
            raise refuse(
                400, "VALUE_TOO_LOW", "/CampaignGroup/totalBudget/amount is lower than what has been spent", 10007
            )
    node.body = merged


def _check_budgets(linkedin: "LinkedIn", node: Node, merged: Json, budgets: dict[str, int]) -> None:
    daily, total = (budgets.get(name) for name in BUDGETS)
    if daily is None and total is None:
        raise refuse(400, "MISSING_FIELD", "/dailyBudget or /totalBudget :: one of them is required", 100)
    if daily is not None and total is not None and total < daily:
        message = (
            f"/Campaign/totalBudget/amount cannot be set to {merged['totalBudget']['amount']}; it cannot be lower than"
            f" /Campaign/dailyBudget/amount {merged['dailyBudget']['amount']}"
        )
        raise refuse(400, "CONDITIONAL_VALUE_TOO_LOW", message, 10007)
    if total is not None and node.id and total < linkedin.delivery.spent(linkedin.name, node.id):
        raise refuse(400, "VALUE_TOO_LOW", "/Campaign/totalBudget/amount is lower than what has been spent", 10007)


def money(linkedin: "LinkedIn", node: Node, name: str, value: Json) -> int:
    """Hundredths of an amount in the account's currency."""
    currency, text = linkedin.store.currency(linkedin.name, node.account), value.get("amount")
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", text, re.ASCII) or Decimal(text) < 1:
        raise refuse(400, "INVALID_VALUE", f"/{name}/amount :: is not a valid amount", 100)
    if value.get("currencyCode") != currency:
        raise refuse(400, "INVALID_VALUE", f"/{name}/currencyCode :: must be {currency}, the account's currency", 100)
    return int(Decimal(text) * 100)


def referenced(linkedin: "LinkedIn", account: str, urn: Any, kind: str, name: str) -> Node:
    match = re.fullmatch(rf"urn:li:{URNS[kind]}:(\d{{1,18}})", str(urn), re.ASCII)
    node = linkedin.store.node(linkedin.name, int(match[1]), account) if match else None
    if node is None or node.kind != kind:
        raise refuse(400, "INVALID_VALUE", f"/{name} :: {str(urn)[:80]} does not exist in this account", 100)
    return node


def criteria(linkedin: "LinkedIn", kind: str, asked: Json) -> Callable[[Node], bool]:
    """Search criteria: `search=(name:(values:List(..)),status:(values:List(..)))`, or the older dotted form."""
    search = asked.get("search", {})
    if not isinstance(search, dict):
        raise bad_parameter("search")
    wanted: dict[str, set[str]] = {}
    for name, value in search.items():
        values = value.get("values") if isinstance(value, dict) else [value]
        if not isinstance(values, list):
            raise bad_parameter(f"search.{name}")
        wanted[str(name)] = {str(item) for item in values}
    for name, value in asked.items():
        if match := re.fullmatch(r"search\.(\w+)\.values(?:\[\d+\])?", name):
            wanted.setdefault(match[1], set()).update(value if isinstance(value, list) else [str(value)])
    for plural, name in (("campaigns", "campaign"), ("intendedStatuses", "intendedStatus"), ("creatives", "id")):
        if isinstance(asked.get(plural), list):
            wanted[name] = {str(item) for item in asked[plural]}
    if unknown := wanted.keys() - SEARCHABLE:
        raise bad_parameter(f"search.{min(unknown)}")

    def fits(node: Node) -> bool:
        document = linkedin.show(node)
        for name, values in wanted.items():
            have = document.get(name, False if name == "test" else "")
            text = "false" if have is False else str(have)
            if text not in values and not (name == "id" and linkedin.urn(kind, str(node.id)) in values):
                return False
        return True

    return fits


def line_items(linkedin: "LinkedIn", day: date) -> Iterable[LineItem]:
    """Campaigns with their serving creatives, within the schedule and the total budget of their campaign group."""
    creatives: dict[int, list[Node]] = {}
    for node in linkedin.store.nodes(linkedin.name, "creative"):
        if node.parent is not None and linkedin.serves(node):
            creatives.setdefault(node.parent, []).append(node)
    for id, nodes in creatives.items():
        campaign = linkedin.store.node(linkedin.name, id)
        group = linkedin.store.node(linkedin.name, campaign.parent or 0) if campaign else None
        if campaign is None or group is None:
            continue
        (start, end), (opens, closes) = schedule(campaign.body), schedule(group.body)
        ends = [moment for moment in (end, closes) if moment is not None]
        audience = fingerprint([campaign.body.get("targetingCriteria"), campaign.body["locale"]])
        budgets = {
            name: money(linkedin, campaign, name, campaign.body[name]) for name in BUDGETS if campaign.body.get(name)
        }
        yield LineItem(
            linkedin.name, campaign.account, id, campaign.ordinal, lifetime=budgets.get("totalBudget"),
            daily=budgets.get("dailyBudget"), start=max(start, opens).date(),
            end=(min(ends) - timedelta(microseconds=1)).date() if ends else None,
            ads=tuple(Ad(n.id, n.ordinal, audience, fingerprint(_shown(n.body["content"]))) for n in nodes),
            cap=_cap(linkedin, group),
        )  # fmt: skip


def _shown(content: Json) -> Json:
    """What people see of a creative: not its links, which may name whose it is."""
    text = content.get("textAd")
    return content | {"textAd": {**text, "landingPage": None}} if isinstance(text, dict) else content


def _cap(linkedin: "LinkedIn", group: Node) -> Cap | None:
    total = group.body.get("totalBudget")
    return Cap(money(linkedin, group, "totalBudget", total), _members(linkedin, group)) if total else None


def _members(linkedin: "LinkedIn", group: Node) -> tuple[int, ...]:
    """The ids of a group's campaigns."""
    return tuple(node.id for node in linkedin.store.nodes(linkedin.name, "campaign", group.account, parent=group.id))


def schedule(body: Json) -> tuple[datetime, datetime | None]:
    """runSchedule as moments. Raises `Refusal`."""
    run = body.get("runSchedule") or {}
    try:
        start = datetime.fromtimestamp(int(run.get("start", 0)) / 1000, UTC)
        return start, datetime.fromtimestamp(int(run["end"]) / 1000, UTC) if run.get("end") else None
    except (AttributeError, TypeError, ValueError, OverflowError, OSError):
        raise refuse(
            400, "INVALID_VALUE", "/runSchedule :: start and end must be milliseconds since the epoch", 100
        ) from None
