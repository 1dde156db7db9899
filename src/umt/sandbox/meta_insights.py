"""Meta's Insights: figures of an account, campaign, ad set or ad ("Marketing API: Insights").

Rows appear only where something was delivered. Numbers are strings; `spend` is a decimal string of the currency.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from umt.sandbox.delivery import Figures
from umt.sandbox.meta_graph import error, matcher, page, parse, refuse, split_fields
from umt.sandbox.store import Node
from umt.sandbox.wire import Call, Json, Refusal, Reply

if TYPE_CHECKING:
    from umt.sandbox.meta import Meta

LEVELS = ("account", "campaign", "adset", "ad")
FIELDS = (
    "account_id", "account_name", "account_currency", "campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id",
    "ad_name", "objective", "date_start", "date_stop", "impressions", "clicks", "inline_link_clicks", "reach",
    "frequency", "spend", "cpc", "cpm", "ctr", "actions", "action_values", "cost_per_action_type", "conversions",
    "purchase_roas",
)  # fmt: skip
PRESETS = {
    "today": (0, 0), "yesterday": (1, 1), "last_3d": (3, 1), "last_7d": (7, 1), "last_14d": (14, 1),
    "last_28d": (28, 1), "last_30d": (30, 1), "last_90d": (90, 1), "maximum": (1127, 0),
}  # fmt: skip


def report(meta: "Meta", call: Call, node: Node | None) -> Reply:
    """GET .../insights. Without `time_range` or `date_preset`: the last 30 days, as one row."""
    own = "account" if node is None else node.kind
    level = call.query.get("level", own)
    if level not in LEVELS:
        raise refuse(f"Param level must be one of {{{', '.join(LEVELS)}}}")
    level = max(level, own, key=LEVELS.index)
    if call.query.get("breakdowns"):
        raise refuse("Breakdowns are not available for this account")
    asked = split_fields(call.query.get("fields", "impressions,spend,account_id"))
    for name in asked:
        if name not in FIELDS:
            raise refuse(
                f"{name} is not valid for fields param. please check https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values"
            )
    since, until = _range(call, meta.clock.today)
    rows = _rows(meta, call, node, level, since, until)
    fits = matcher(call.query, lambda row, name: row.get(_row_field(name), "") if _row_field(name) in FIELDS else None)
    kept = [row for row in rows if fits(row)]
    shown = [*asked, "date_start", "date_stop"]
    return Reply(200, page(
        call, kept, lambda row: f"{row['date_start']}/{row['_node']}",
        lambda row: {name: row[name] for name in shown if name in row},
    ))  # fmt: skip


def _row_field(name: str) -> str:
    """`campaign.id` -> `campaign_id`."""
    return name.replace(".", "_")


def _range(call: Call, today: date) -> tuple[date, date]:
    given = parse(call.query, "time_range")
    if given is None:
        preset = call.query.get("date_preset", "last_30d")
        if preset not in PRESETS:
            raise refuse(f"Param date_preset must be one of {{{', '.join(PRESETS)}}}")
        first, last = PRESETS[preset]
        return today - timedelta(days=first), today - timedelta(days=last)
    try:
        since, until = date.fromisoformat(given["since"]), date.fromisoformat(given["until"])
    except (TypeError, KeyError, ValueError):
        raise refuse(
            'Must be a JSON object with since and until of format {"since":"YYYY-MM-DD","until":"YYYY-MM-DD"}'
        ) from None
    if since > until:
        raise refuse("time_range: since must not be later than until")
    if since < today - timedelta(days=1127):
        message = "(#3018) The start date of the time range cannot be beyond 37 months from the current date"
        raise Refusal(error(message, 3018))
    return since, min(until, today)


def _step(call: Call) -> int:
    """Days per row; 0 for one row over all."""
    text = call.query.get("time_increment", "all_days")
    if text == "all_days":
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 2 or not 1 <= int(text) <= 90:
        raise refuse("Param time_increment must be all_days or an integer between 1 and 90")
    return int(text)


def _rows(meta: "Meta", call: Call, node: Node | None, level: str, since: date, until: date) -> list[Json]:
    step = _step(call)
    names: dict[int, dict[str, Node]] = {}
    sums: dict[tuple[date, int], Figures] = defaultdict(Figures)
    examples: dict[int, dict[str, Node]] = {}
    for ad, day, figures in meta.delivery.figures(meta.name, call.account, since, until):
        if ad not in names:
            names[ad] = _above(meta, ad)
        if node is not None and names[ad].get(node.kind, node).id != node.id:
            continue
        at = names[ad][level].id if level != "account" else 0
        examples[at] = names[ad]
        start = since + timedelta(days=(day - since).days // step * step) if step else since
        sums[start, at].add(figures)
    rows = []
    for (start, at), figures in sorted(sums.items(), key=lambda item: item[0]):
        if figures.impressions:
            stop = min(until, start + timedelta(days=step - 1)) if step else until
            rows.append(_row(meta, call.account, examples[at], level, start, stop, figures) | {"_node": at})
    return rows


def _above(meta: "Meta", ad: int) -> dict[str, Node]:
    """An ad with its ad set and campaign, by kind."""
    found: dict[str, Node] = {}
    node = meta.store.node(meta.name, ad)
    while node is not None:
        found[node.kind] = node
        node = None if node.parent is None else meta.store.node(meta.name, node.parent)
    return found


def _row(meta: "Meta", account: str, nodes: dict[str, Node], level: str, start: date, stop: date, f: Figures) -> Json:
    row: Json = {
        "account_id": account, "account_name": f"Account {account}",
        "account_currency": meta.store.currency(meta.name, account),
        "date_start": start.isoformat(), "date_stop": stop.isoformat(),
        "impressions": str(f.impressions), "clicks": str(f.clicks), "inline_link_clicks": str(f.clicks),
        "reach": str(max(1, int(f.impressions / 1.2))), "frequency": "1.2", "spend": _money(f.spend),
        "cpm": f"{f.spend * 10 / f.impressions:.6f}", "ctr": f"{100 * f.clicks / f.impressions:.6f}",
    }  # fmt: skip
    for kind in LEVELS[1 : LEVELS.index(level) + 1]:
        row |= {f"{kind}_id": str(nodes[kind].id), f"{kind}_name": nodes[kind].name}
    if level != "account":
        row["objective"] = nodes["campaign"].body["objective"]
    actions = [{"action_type": "link_click", "value": str(f.clicks)}] if f.clicks else []
    if f.clicks:
        row["cpc"] = f"{f.spend / 100 / f.clicks:.6f}"
    if f.conversions:
        event = "lead" if nodes["campaign"].body["objective"] == "OUTCOME_LEADS" else "purchase"
        types = (event, f"offsite_conversion.fb_pixel_{event}")
        actions += [{"action_type": name, "value": str(f.conversions)} for name in types]
        row["action_values"] = [{"action_type": name, "value": _money(f.value)} for name in types]
        row["cost_per_action_type"] = [
            {"action_type": name, "value": f"{f.spend / 100 / f.conversions:.6f}"} for name in types
        ]
        if f.spend:
            row["purchase_roas"] = [{"action_type": "omni_purchase", "value": f"{f.value / f.spend:.6f}"}]
    if actions:
        row["actions"] = actions
    return row


def _money(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"
