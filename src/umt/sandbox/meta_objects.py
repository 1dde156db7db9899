"""What a client may write of campaigns, ad sets, ads and creatives, and how it is validated.

Source: the Marketing API's reference of Ad Campaign, Ad Set, Ad and Ad Creative, "Creating" and "Updating".
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from umt.sandbox.clock import iso
from umt.sandbox.meta_graph import (
    graph_time,
    invalid,
    minor_unit,
    moment,
    one_of,
    parse,
    refuse,
    require,
    whole_number,
)  # fmt: skip
from umt.sandbox.store import Node
from umt.sandbox.wire import Json

if TYPE_CHECKING:
    from umt.sandbox.meta import Meta

EDGES = {"campaigns": "campaign", "adsets": "adset", "ads": "ad", "adcreatives": "adcreative"}
STATUSES = ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED")
OBJECTIVES = (
    "OUTCOME_APP_PROMOTION", "OUTCOME_AWARENESS", "OUTCOME_ENGAGEMENT", "OUTCOME_LEADS", "OUTCOME_SALES",
    "OUTCOME_TRAFFIC",
)  # fmt: skip
CATEGORIES = (
    "NONE", "EMPLOYMENT", "HOUSING", "CREDIT", "ISSUES_ELECTIONS_POLITICS", "ONLINE_GAMBLING_AND_GAMING",
    "FINANCIAL_PRODUCTS_SERVICES",
)  # fmt: skip
BILLING_EVENTS = ("IMPRESSIONS", "LINK_CLICKS", "THRUPLAY", "PAGE_LIKES", "POST_ENGAGEMENT", "CLICKS")
GOALS = (
    "REACH", "IMPRESSIONS", "LINK_CLICKS", "LANDING_PAGE_VIEWS", "OFFSITE_CONVERSIONS", "LEAD_GENERATION",
    "QUALITY_LEAD", "POST_ENGAGEMENT", "THRUPLAY", "VALUE", "AD_RECALL_LIFT", "CONVERSATIONS", "APP_INSTALLS",
)  # fmt: skip
BID_STRATEGIES = ("LOWEST_COST_WITHOUT_CAP", "LOWEST_COST_WITH_BID_CAP", "COST_CAP", "LOWEST_COST_WITH_MIN_ROAS")

_COMMON = (
    "id",
    "name",
    "account_id",
    "status",
    "effective_status",
    "configured_status",
    "created_time",
    "updated_time",
)
_BUDGET = ("daily_budget", "lifetime_budget", "budget_remaining", "bid_strategy", "start_time")
FIELDS: dict[str, tuple[str, ...]] = {
    "campaign": (*_COMMON, *_BUDGET, "objective", "special_ad_categories", "buying_type", "stop_time", "spend_cap"),
    "adset": (
        *_COMMON, *_BUDGET, "campaign_id", "campaign", "billing_event", "optimization_goal", "targeting", "bid_amount",
        "end_time", "promoted_object", "destination_type",
    ),
    "ad": (*_COMMON, "campaign_id", "campaign", "adset_id", "adset", "creative", "tracking_specs"),
    "adcreative": (
        "id", "name", "account_id", "status", "object_story_spec", "object_story_id", "effective_object_story_id",
        "asset_feed_spec", "title", "body", "image_hash", "image_url", "link_url", "call_to_action_type", "url_tags",
    ),
    "account": (
        "id", "account_id", "name", "currency", "timezone_name", "timezone_id", "timezone_offset_hours_utc",
        "account_status", "amount_spent", "balance", "created_time", "min_daily_budget",
    ),
}  # fmt: skip
WRITABLE: dict[str, tuple[str, ...]] = {
    "campaign": (
        "name", "objective", "status", "special_ad_categories", "buying_type", "daily_budget", "lifetime_budget",
        "bid_strategy", "start_time", "stop_time", "spend_cap",
    ),
    "adset": (
        "name", "campaign_id", "status", "daily_budget", "lifetime_budget", "bid_strategy", "bid_amount",
        "billing_event", "optimization_goal", "targeting", "start_time", "end_time", "promoted_object",
        "destination_type",
    ),
    "ad": ("name", "adset_id", "creative", "status", "tracking_specs"),
    "adcreative": FIELDS["adcreative"][1:2] + FIELDS["adcreative"][4:],
}  # fmt: skip
FIXED = ("campaign_id", "adset_id", "objective", "buying_type", "billing_event")


def apply(meta: "Meta", node: Node, parameters: Json, *, creating: bool) -> None:
    """Validate what is sent and take it over."""
    given = {name: parse(parameters, name) for name in WRITABLE[node.kind] if parameters.get(name) not in (None, "")}
    for name in FIXED:
        if not creating and name in given and str(given[name]) != str(node.body.get(name, "")):
            raise refuse(f"Param {name} cannot be changed")
    if "name" in given:
        given["name"] = str(parameters["name"])
        if len(given["name"]) > 400:
            raise refuse("Param name must be at most 400 characters")
        node.name = given.pop("name")
    if "status" in given:
        one_of(given, "status", STATUSES[:2] if creating else STATUSES)
    if node.body.get("status") == "DELETED" and given:
        raise invalid("Object Is Deleted", "You can't edit an object that has been deleted.", 1487056)
    _CHECKS[node.kind](meta, node, given, creating)
    if node.kind in ("campaign", "adset"):
        _budget(meta, node, given, creating)
    if creating and node.kind != "adcreative":
        node.body["status"] = "ACTIVE"
    node.body |= given


def _budget(meta: "Meta", node: Node, given: Json, creating: bool) -> None:
    """One budget at most, on the campaign or on its ad sets; a lifetime budget needs an end in the future."""
    for name in ("daily_budget", "lifetime_budget", "bid_amount", "spend_cap"):
        if (amount := whole_number(given, name)) is not None:
            if amount < 100 and name.endswith("budget"):
                raise invalid("Budget is too low", f"The {name} must be at least 100.", 1885272)
            if amount < 0:
                raise refuse(f"Param {name} must be greater than or equal to 0")
            given[name] = amount if name == "bid_amount" else str(amount)
    for name in ("start_time", "end_time", "stop_time"):
        if (at := moment(given, name)) is not None:
            given[name] = graph_time(iso(at))
    merged = node.body | given
    daily, lifetime = (merged.get(name, "0") not in ("0", None) for name in ("daily_budget", "lifetime_budget"))
    if daily and lifetime:
        raise invalid("Can't Have Both Budgets", "You can only set a daily or a lifetime budget, not both.", 1885091)
    unit = minor_unit(meta.store.currency(meta.name, node.account))
    if lifetime and node.id and int(merged["lifetime_budget"]) * unit < meta.delivery.spent(meta.name, node.id):
        raise invalid("Budget Too Low", "The lifetime budget can't be less than what has been spent.", 1885650)
    if node.kind == "adset":
        if creating:
            _adset_budget(meta, node, daily or lifetime)
            node.body |= {"daily_budget": "0", "lifetime_budget": "0", "start_time": graph_time(iso(meta.clock.now))}
        end = moment(merged, "end_time")
        if lifetime and end is None:
            raise invalid("End Time Required", "An ad set with a lifetime budget needs an end time.", 1487094)
        if end is not None and "end_time" in given:
            start = moment(merged, "start_time") or meta.clock.now
            if end <= meta.clock.now or end <= start:
                raise invalid(
                    "End Time Is Not Valid", "The end time must be in the future and after the start.", 1487089
                )


def _adset_budget(meta: "Meta", node: Node, has_budget: bool) -> None:
    campaign = meta.parent(node)
    shared = campaign is not None and any(campaign.body.get(b) for b in ("daily_budget", "lifetime_budget"))
    if has_budget and shared:
        raise invalid("Budget Is Set on the Campaign", "Its ad sets can't have budgets of their own.", 1885621)
    if not has_budget and not shared:
        raise invalid("Budget Required", "Set a daily or a lifetime budget on the ad set or on its campaign.", 1885183)


def _adset(meta: "Meta", node: Node, given: Json, creating: bool) -> None:
    if creating:
        require({"name": node.name} | given, "name", "campaign_id", "billing_event", "optimization_goal", "targeting")
        node.parent = _own(meta, node, given.pop("campaign_id"), "campaign", "campaign_id").id
    for name, allowed in (
        ("billing_event", BILLING_EVENTS),
        ("optimization_goal", GOALS),
        ("bid_strategy", BID_STRATEGIES),
    ):
        if name in given:
            one_of(given, name, allowed)
    merged = node.body | given
    if not isinstance(merged["targeting"], dict):
        raise refuse("Param targeting must be a valid targeting spec")
    if not (merged["targeting"].get("geo_locations") or merged["targeting"].get("custom_audiences")):
        raise invalid("Location Required", "Your ad set's audience needs a location or a custom audience.", 1885364)
    if merged["optimization_goal"] in ("OFFSITE_CONVERSIONS", "VALUE"):
        promoted = merged.get("promoted_object")
        if not isinstance(promoted, dict) or not (promoted.get("pixel_id") or promoted.get("custom_conversion_id")):
            raise invalid("Promoted Object Required", "Choose the pixel and event to optimise for.", 1815430)
    if merged.get("bid_strategy") in BID_STRATEGIES[1:3] and not merged.get("bid_amount"):
        raise invalid("Bid Amount Required", "The bid strategy needs a bid_amount.", 1815857)


def _ad(meta: "Meta", node: Node, given: Json, creating: bool) -> None:
    if creating:
        require({"name": node.name} | given, "name", "adset_id", "creative")
        node.parent = _own(meta, node, given.pop("adset_id"), "adset", "adset_id").id
    if "creative" in given:
        creative = given["creative"]
        if not isinstance(creative, dict) or not (id := creative.get("creative_id") or creative.get("id")):
            raise refuse("Param creative must contain a creative_id")
        given["creative"] = {"creative_id": str(_own(meta, node, id, "adcreative", "creative").id)}


def _own(meta: "Meta", node: Node, id: Any, kind: str, name: str) -> Node:
    """The node of the same account that a parameter names."""
    text = str(id)
    found = meta.store.node(meta.name, int(text), node.account) if re.fullmatch(r"\d{1,18}", text, re.A) else None
    if found is None or found.kind != kind or found.body.get("status") == "DELETED":
        raise invalid("Object Not Found", f"The {name} {text[:40]} does not belong to this account.", 1815001)
    return found


def _campaign(meta: "Meta", node: Node, given: Json, creating: bool) -> None:
    if creating:
        require({"name": node.name} | given, "name", "objective", "special_ad_categories")
        node.body["buying_type"] = "AUCTION"
    if "objective" in given:
        one_of(given, "objective", OBJECTIVES)
    if "special_ad_categories" in given:
        named = given["special_ad_categories"]
        named = [named] if isinstance(named, str) else named
        if not isinstance(named, list) or any(item not in CATEGORIES for item in named):
            raise refuse(f"Param special_ad_categories must be a list of {{{', '.join(CATEGORIES)}}}")
        given["special_ad_categories"] = [item for item in named if item != "NONE"]
    if "bid_strategy" in given:
        one_of(given, "bid_strategy", BID_STRATEGIES)


def _creative(meta: "Meta", node: Node, given: Json, creating: bool) -> None:
    spec = given.get("object_story_spec")
    if creating and not any(name in given for name in ("object_story_spec", "object_story_id", "asset_feed_spec")):
        raise invalid(
            "Creative Is Incomplete", "Provide object_story_spec, object_story_id or asset_feed_spec.", 1487015
        )
    if spec is None:
        return
    if not isinstance(spec, dict) or not spec.get("page_id"):
        raise refuse("The parameter object_story_spec[page_id] is required")
    link = spec.get("link_data") or spec.get("video_data")
    if not isinstance(link, dict) or ("link_data" in spec and not link.get("link")):
        raise refuse("The parameter object_story_spec[link_data][link] is required")


_CHECKS: dict[str, Callable[["Meta", Node, Json, bool], None]] = {
    "campaign": _campaign,
    "adset": _adset,
    "ad": _ad,
    "adcreative": _creative,
}
