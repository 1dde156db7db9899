"""The Google Ads resources a client may write: their required fields, enums, and what may change later.

A table per resource ("Google Ads API: Resource reference", v21). Money is in micros as a string (int64 in JSON).
"""

import re
from dataclasses import dataclass
from typing import Any

from umt.sandbox.google_errors import Problem
from umt.sandbox.wire import Json

STATUSES = ("ENABLED", "PAUSED", "REMOVED")
MAX_INT64 = 2**63 - 1


@dataclass(frozen=True)
class Resource:
    """One kind of resource and its service. `parent` is the field that names the resource it belongs to."""

    kind: str
    field: str
    required: tuple[str, ...]
    updatable: tuple[str, ...]
    enums: dict[str, tuple[str, ...]]
    int64: tuple[str, ...] = ()
    parent: str = ""
    parent_service: str = ""
    unique_name: tuple[str, str, str] | None = None
    defaults: tuple[tuple[str, Any], ...] = ()


CHANNELS = (
    "SEARCH",
    "DISPLAY",
    "SHOPPING",
    "VIDEO",
    "PERFORMANCE_MAX",
    "DEMAND_GEN",
    "MULTI_CHANNEL",
    "LOCAL",
    "SMART",
)
BIDDING = (
    "manualCpc", "manualCpm", "maximizeConversions", "maximizeConversionValue", "targetSpend", "targetCpa",
    "targetRoas", "targetImpressionShare", "percentCpc", "biddingStrategy", "targetCpm", "manualCpv",
)  # fmt: skip

RESOURCES: dict[str, Resource] = {
    "campaignBudgets": Resource(
        "campaign_budget", "campaignBudget", (), ("name", "amountMicros", "totalAmountMicros", "deliveryMethod",
        "explicitlyShared"), {"deliveryMethod": ("STANDARD", "ACCELERATED"), "period": ("DAILY", "CUSTOM_PERIOD")},
        int64=("amountMicros", "totalAmountMicros"),
        unique_name=("campaignBudgetError", "DUPLICATE_NAME", "A campaign budget with this name already exists."),
        defaults=(("status", "ENABLED"), ("deliveryMethod", "STANDARD"), ("period", "DAILY"), ("explicitlyShared", True)),
    ),
    "campaigns": Resource(
        "campaign", "campaign", ("name", "advertisingChannelType", "campaignBudget", "containsEuPoliticalAdvertising"),
        ("name", "status", "campaignBudget", "startDate", "endDate", "networkSettings", "geoTargetTypeSetting",
         "containsEuPoliticalAdvertising", "trackingUrlTemplate", "finalUrlSuffix", *BIDDING),
        {"status": STATUSES, "advertisingChannelType": CHANNELS, "containsEuPoliticalAdvertising":
         ("CONTAINS_EU_POLITICAL_ADVERTISING", "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING")},
        parent="campaignBudget", parent_service="campaignBudgets",
        unique_name=("campaignError", "DUPLICATE_CAMPAIGN_NAME",
                     "A campaign with the provided name already exists in this account. Please choose a different name."),
        defaults=(("status", "ENABLED"), ("servingStatus", "SERVING"), ("startDate", None), ("endDate", "2037-12-30")),
    ),
    "adGroups": Resource(
        "ad_group", "adGroup", ("name", "campaign"),
        ("name", "status", "cpcBidMicros", "cpmBidMicros", "targetCpaMicros"),
        {"status": STATUSES, "type": ("SEARCH_STANDARD", "DISPLAY_STANDARD", "SHOPPING_PRODUCT_ADS", "VIDEO_RESPONSIVE")},
        int64=("cpcBidMicros", "cpmBidMicros", "targetCpaMicros"), parent="campaign", parent_service="campaigns",
        unique_name=("adGroupError", "DUPLICATE_ADGROUP_NAME", "AdGroup with the same name already exists for the campaign."),
        defaults=(("status", "ENABLED"), ("type", "SEARCH_STANDARD")),
    ),
    "adGroupAds": Resource(
        "ad_group_ad", "adGroupAd", ("adGroup", "ad"), ("status",), {"status": STATUSES},
        parent="adGroup", parent_service="adGroups", defaults=(("status", "ENABLED"),),
    ),
    "adGroupCriteria": Resource(
        "ad_group_criterion", "adGroupCriterion", ("adGroup",), ("status", "cpcBidMicros"), {"status": STATUSES},
        int64=("cpcBidMicros",), parent="adGroup", parent_service="adGroups", defaults=(("status", "ENABLED"),),
    ),
    "campaignCriteria": Resource(
        "campaign_criterion", "campaignCriterion", ("campaign",), ("bidModifier",), {},
        parent="campaign", parent_service="campaigns", defaults=(("status", "ENABLED"),),
    ),
}  # fmt: skip

_COMPOSITE = ("adGroupAds", "adGroupCriteria", "campaignCriteria")


def composite(service: str) -> bool:
    """Whether resource names hold the parent's id too: `adGroupAds/{adGroup}~{ad}`."""
    return service in _COMPOSITE


def check(resource: Resource, given: Json, action: str) -> Json:
    """The fields as stored: enums known, int64 as strings, names within limits. Raises `Problem`."""
    clean = dict(given)
    for field, value in given.items():
        if value not in resource.enums.get(field, (value,)):
            message = "Enum value is not permitted."
            raise Problem("requestError", "INVALID_ENUM_VALUE", message, action, field, trigger=value)
        if field in resource.int64:
            clean[field] = int64(value, action, field)
    if "name" in given:
        _check_name(given["name"], action)
    if resource.kind == "campaign_budget":
        for field in ("amountMicros", "totalAmountMicros"):
            if field in clean:
                _check_amount(int(clean[field]), action, field)
    return clean


def _check_name(name: Any, action: str) -> None:
    if not isinstance(name, str) or not name.strip():
        raise Problem("stringLengthError", "EMPTY", "The field is empty.", action, "name")
    if len(name) > 255:
        raise Problem("stringLengthError", "TOO_LONG", "Too long.", action, "name", trigger=name[:300])
    if re.search(r"[\0\n\r]", name):
        message = "The name contains characters that are not allowed."
        raise Problem("stringFormatError", "ILLEGAL_CHARS", message, action, "name", trigger=name)


def _check_amount(micros: int, action: str, field: str) -> None:
    if micros <= 0:
        message = "The money amount is too small."
        raise Problem("campaignBudgetError", "MONEY_AMOUNT_TOO_SMALL", message, action, field, trigger=micros)
    if micros % 10_000:
        message = "The money amount was not a multiple of a minimum unit."
        code = "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"
        raise Problem("campaignBudgetError", code, message, action, field, trigger=micros)


def int64(value: Any, *path: str) -> str:
    text = str(value)
    if isinstance(value, (bool, float)) or not text.lstrip("-").isdigit() or not text.isascii() or len(text) > 19:
        raise Problem("fieldError", "INVALID_VALUE", "The field's value is invalid.", *path, trigger=text[:80])
    if abs(int(text)) > MAX_INT64:
        raise Problem("fieldError", "INVALID_VALUE", "The field's value is invalid.", *path, trigger=text[:80])
    return text


def require(resource: Resource, fields: Json) -> None:
    for name in resource.required:
        if fields.get(name) in (None, "", {}):
            raise Problem("fieldError", "REQUIRED", "The required field was not present.", "create", name)
    if resource.kind == "campaign" and not any(name in fields for name in BIDDING):
        raise Problem(
            "fieldError", "REQUIRED", "The required field was not present.", "create", "campaign_bidding_strategy"
        )
    if resource.kind == "campaign_budget":
        period = fields.get("period", "DAILY")
        name = "totalAmountMicros" if period == "CUSTOM_PERIOD" else "amountMicros"
        if name not in fields:
            raise Problem("fieldError", "REQUIRED", "The required field was not present.", "create", name)
    if resource.kind == "ad_group_ad":
        _require_ad(fields["ad"])


def _require_ad(ad: Any) -> None:
    if not isinstance(ad, dict):
        raise Problem("adError", "AD_TYPE_NOT_ALLOWED", "The ad's type is not allowed.", "create", "ad")
    if not isinstance(ad.get("finalUrls"), list) or not ad["finalUrls"]:
        raise Problem("adError", "MISSING_FINAL_URLS", "Final URLs are required.", "create", "ad", "final_urls")
    responsive = ad.get("responsiveSearchAd")
    if isinstance(responsive, dict):
        for name, least in (("headlines", 3), ("descriptions", 2)):
            if not isinstance(responsive.get(name), list) or len(responsive[name]) < least:
                path = ("create", "ad", "responsive_search_ad", name)
                raise Problem("collectionSizeError", "TOO_FEW", "Too few.", *path)
