"""What Meta's budgets are spent on: ad sets, or campaigns that hold the budget, with their active ads."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from umt.sandbox.delivery import Ad, LineItem, fingerprint
from umt.sandbox.meta_graph import minor_unit, moment
from umt.sandbox.store import Node
from umt.sandbox.wire import Json

if TYPE_CHECKING:
    from umt.sandbox.meta import Meta


def line_items(meta: "Meta", day: date) -> Iterable[LineItem]:
    """Ad sets (or campaigns that hold the budget) with their active ads."""
    ads: dict[int, list[Ad]] = {}
    adsets: dict[int, Node] = {}
    for node in meta.store.nodes(meta.name, "ad"):
        if meta.effective_status(node) == "ACTIVE" and (adset := meta.parent(node)) is not None:
            if not _runs(adset, day):
                continue
            creative = meta.store.node(meta.name, int(node.body["creative"]["creative_id"]))
            adsets[adset.id] = adset
            holder = adset if _cents(adset, "lifetime_budget") or _cents(adset, "daily_budget") else meta.parent(adset)
            if holder is not None:
                shown = _message(creative.body if creative else {})
                ad = Ad(node.id, node.ordinal, fingerprint(adset.body["targeting"]), fingerprint(shown))
                ads.setdefault(holder.id, []).append(ad)
    for id, running in ads.items():
        holder = meta.store.node(meta.name, id)
        if holder is None:
            continue
        unit = minor_unit(meta.store.currency(meta.name, holder.account))
        ends = [_last_day(n) for n in adsets.values() if id in (n.id, n.parent)] + [_last_day(holder)]
        known = [end for end in ends if end is not None]
        yield LineItem(
            meta.name, holder.account, id, holder.ordinal,
            lifetime=(_cents(holder, "lifetime_budget") or 0) * unit or None,
            daily=(_cents(holder, "daily_budget") or 0) * unit or None,
            start=date.min, end=max(known) if known else None, ads=tuple(running),
        )  # fmt: skip


def _message(creative: Json) -> Json:
    """What people see of a creative: its words and picture, not its links."""
    spec = creative.get("object_story_spec") or creative
    shown = spec.get("link_data") or spec.get("video_data") or spec
    return {name: shown.get(name) for name in ("message", "name", "description", "image_hash", "title", "body")}


def _cents(node: Node, name: str) -> int | None:
    return int(node.body.get(name) or 0) or None


def _last_day(node: Node) -> date | None:
    end = moment(node.body, "end_time") or moment(node.body, "stop_time")
    return None if end is None else (end - timedelta(microseconds=1)).date()


def _runs(adset: Node, day: date) -> bool:
    start, last = moment(adset.body, "start_time"), _last_day(adset)
    return (start is None or start.date() <= day) and (last is None or day <= last)
