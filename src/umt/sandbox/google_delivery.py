"""What Google Ads budgets are spent on: enabled ads of enabled ad groups and campaigns."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from umt.sandbox.delivery import Ad, LineItem, fingerprint
from umt.sandbox.store import Node
from umt.sandbox.wire import Json

if TYPE_CHECKING:
    from umt.sandbox.google_ads import GoogleAds


def line_items(google: "GoogleAds", day: date) -> Iterable[LineItem]:
    """Budgets with the running ads of their enabled campaigns and ad groups."""
    ads: dict[int, list[Ad]] = {}
    ends: dict[int, list[date]] = {}
    for node in google.store.nodes(google.name, "ad_group_ad"):
        group = google.store.node(google.name, node.parent or 0)
        campaign = google.store.node(google.name, group.parent or 0) if group else None
        if group is None or campaign is None or campaign.parent is None:
            continue
        if any(n.body["status"] != "ENABLED" for n in (node, group, campaign)):
            continue
        start, end = date.fromisoformat(campaign.body["startDate"]), date.fromisoformat(campaign.body["endDate"])
        if start <= day <= end:
            ads.setdefault(campaign.parent, []).append(
                Ad(node.id, node.ordinal, _audience(google, group, campaign), fingerprint(_words(node.body["ad"])))
            )
            ends.setdefault(campaign.parent, []).append(end)
    for id, running in ads.items():
        budget = google.store.node(google.name, id)
        if budget is None or budget.body["status"] != "ENABLED":
            continue
        end = max(ends[id])
        total, daily = budget.body.get("totalAmountMicros"), budget.body.get("amountMicros")
        yield LineItem(
            google.name, budget.account, id, budget.ordinal, lifetime=int(total) // 10_000 if total else None,
            daily=int(daily) // 10_000 if daily else None, start=date.min, end=end if end.year < 2037 else None,
            ads=tuple(running),
        )  # fmt: skip


def _audience(google: "GoogleAds", group: Node, campaign: Node) -> str:
    """Whom an ad group reaches: its criteria, its campaign's, and the channel."""
    criteria = [
        {key: value for key, value in node.body.items() if key not in ("adGroup", "campaign", "status")}
        for kind, parent in (("ad_group_criterion", group), ("campaign_criterion", campaign))
        for node in google.store.nodes(google.name, kind, group.account, parent=parent.id)
        if node.body["status"] == "ENABLED"
    ]
    return fingerprint([campaign.body["advertisingChannelType"], criteria])


def _words(ad: Json) -> Json:
    return {
        key: value
        for key, value in ad.items()
        if key not in ("finalUrls", "name", "trackingUrlTemplate", "resourceName")
    }
