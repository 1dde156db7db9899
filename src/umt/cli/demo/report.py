"""The demo's outcome for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from umt.cli.demo.checks import Told

_LABELS = {"LINKEDIN": "LinkedIn", "TIKTOK": "TikTok"}
_BARS = " ▁▂▃▄▅▆▇█"


def show(told: Told, checks: dict[str, bool], seconds: float, console: Console) -> None:
    """A page in the story's order, ending with the checks."""
    _content(told, console)
    _campaign(told, console)
    _decisions(told, console)
    _dashboard(told, console)
    _past(told, console)
    _history(told, console)
    _checks(checks, console)
    console.print(f"\n{told.events:,} events in {seconds:.1f} s.")
    console.print(
        f"To look around: `make serve`, open /graphql and log in as {told.story.email} with {told.story.password!r}."
    )


def _content(told: Told, console: Console) -> None:
    content = told.result["content"]
    strategy = content["strategy"]
    lines = [f"[bold]Strategy[/] {_safe(strategy['angle'])}"]
    lines += [f"  · {_safe(f['says'])}" for f in strategy["findings"]]
    for v in content["variations"]:
        chosen = "[green]chosen[/] " if v["number"] == content["selected"] else ""
        lines.append(f"[bold]Variation {v['number']}[/] {chosen}{_safe(v['headline'])} [dim]({v['writer']})[/]")
    lines.append(f"[bold]Published[/] {content['url']}")
    console.print(
        Panel("\n".join(lines), title=f"Content for {_safe(told.result['brand']['name'])}", title_align="left")
    )


def _campaign(told: Told, console: Console) -> None:
    campaign = told.campaign
    spend: dict[str, list[Decimal]] = {}
    for day in sorted(campaign["performance"], key=lambda d: str(d["day"])):
        spend.setdefault(day["platform"], []).append(Decimal(day["spend"]))
    table = Table(
        title=f"Campaign {_safe(campaign['name'])}: {campaign['status'].lower()}, amounts in {campaign['totalBudget']['currency']}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("platform", no_wrap=True)
    for heading in ("budget", "spent", "conversions", "ROAS"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("spend by day", no_wrap=True)
    totals = {t["platform"]: t for t in campaign["totals"]}
    currency = campaign["totalBudget"]["currency"]
    days = max(10, min(45, console.width - 64))
    for share in campaign["allocation"]:
        platform = share["platform"]
        of = totals.get(platform, {})
        table.add_row(
            _LABELS.get(platform, platform.capitalize()) + (" (paused)" if share["paused"] else ""),
            _money(share["amount"]["amount"], ""),
            _money(of.get("spend"), ""),
            f"{int(of.get('conversions', 0)):,}",
            _ratio(of.get("roas")),
            _sparkline(spend.get(platform, [])[-days:]),
        )
    console.print(table)
    console.print(
        f"  reserve {_money(campaign['reserve']['amount'], currency)} of {_money(campaign['totalBudget']['amount'], currency)}\n"
    )


def _decisions(told: Told, console: Console) -> None:
    table = Table(title="What the agents decided, and why", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("day", "decision", "on", "amount", "reason"):
        table.add_column(heading, justify="right" if heading == "amount" else "left", overflow="fold")
    for d in told.decisions:
        amount = _money(d["amount"], d["currency"]) if d["amount"] else ""
        table.add_row(
            str(d["decidedAt"])[:10],
            d["action"].replace("_", " "),
            d["target"].replace(">", " → "),
            amount,
            _safe(d["reason"]),
        )
    console.print(table)
    console.print(
        f"  {told.held} times nothing was done, each time with its reason (guardrails, or no rule applied).\n"
    )


def _dashboard(told: Told, console: Console) -> None:
    for row in told.result["dashboard"]:
        unit = row["currency"]
        table = Table(title=f"Dashboard, {unit}", box=box.SIMPLE_HEAD, title_justify="left", show_header=False)
        table.add_column(style="bold")
        table.add_column(justify="right")
        table.add_column(style="bold")
        table.add_column(justify="right")
        table.add_row("spend", _money(row["spend"], unit), "CTR", _percent(row["ctr"]))
        table.add_row("revenue", _money(row["revenue"], unit), "CPC", _money(row["cpc"], unit))
        table.add_row("impressions", f"{int(row['impressions']):,}", "CPA", _money(row["cpa"], unit))
        table.add_row("clicks", f"{int(row['clicks']):,}", "ROAS", _ratio(row["roas"]))
        table.add_row("conversions", f"{int(row['conversions']):,}", "ROI", _percent(row["roi"]))
        console.print(table)


def _past(told: Told, console: Console) -> None:
    before = told.before
    if before is None:
        console.print("No money was moved.\n")
        return
    currency = before["totalBudget"]["currency"]
    shares = ", ".join(
        f"{_LABELS.get(a['platform'], a['platform'].capitalize())} {_money(a['amount']['amount'], currency)}"
        for a in before["allocation"]
    )
    because = before["because"]
    console.print(
        Panel(
            f"Version {before['version']}: {shares}, reserve {_money(before['reserve']['amount'], currency)}.\n"
            f"Then, on {str(because['effectiveAt'])[:10]}: {_safe(because['text'])}",
            title="The campaign just before its first money moved",
            title_align="left",
        )
    )


def _history(told: Told, console: Console) -> None:
    table = Table(title="The campaign's history", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("version", "day", "who", "what"):
        table.add_column(heading, justify="right" if heading == "version" else "left", overflow="fold")
    telling = [e for e in told.history if e["eventType"] not in ("campaign.scored", "campaign.optimization_requested")]
    for entry in telling:
        table.add_row(
            str(entry["version"]), str(entry["effectiveAt"])[:10], _safe(entry["actor"]), _safe(entry["text"])
        )
    console.print(table)
    console.print(f"  and {len(told.history) - len(telling)} daily judgements.\n")


def _checks(checks: dict[str, bool], console: Console) -> None:
    for name, holds in checks.items():
        console.print(f"[green]✔[/] {name}" if holds else f"[bold red]✘ {name}[/]")


def _money(amount: Any, currency: str) -> str:
    return "–" if amount is None else f"{Decimal(str(amount)).quantize(Decimal('0.01')):,} {currency}".rstrip()


def _percent(value: Any) -> str:
    return "–" if value is None else f"{Decimal(str(value)) * 100:.2f} %"


def _ratio(value: Any) -> str:
    return "–" if value is None else f"{Decimal(str(value)):.2f}"


def _sparkline(values: list[Decimal]) -> str:
    top = max(values, default=Decimal(0))
    return "".join(_BARS[int(v / top * 8)] if top else _BARS[0] for v in values)


def _safe(text: str) -> str:
    """Texts of others never style the report."""
    return str(text).replace("[", r"\[")
