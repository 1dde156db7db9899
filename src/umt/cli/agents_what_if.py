"""``umt agents what-if``: what would have been decided under other settings."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from umt import bootstrap
from umt.application.what_if import CAUTION, Compared, Side, WhatIf, supposed
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.domain.agent_run import DecisionMade
from umt.domain.recorded import Unreadable

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="guardrail.NAME, policy.dry_run, policy.threshold (like '100 EUR', or none) or policy.approval_hours;"
        " may be given often. Without any, what was decided is decided again.",
    ),
]


def what_if(
    campaign: Annotated[UUID, typer.Argument(help="The campaign.")],
    at: Annotated[int, typer.Option("--at", metavar="POSITION", help="Up to here history is as it was.")],
    set_: Set = None,
    until: Annotated[
        int | None, typer.Option("--until", metavar="POSITION", help="Up to here; else to the end.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the scratch schema with the branch's events.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show what agents would have decided about a campaign under other settings.

    Nothing is sent, and the log stays as it is. Figures stay those that were really seen; people's commands count as far as they still apply, and what needs a
    person's approval is approved only where a person did so then."""
    # The business's clock is not asked: everything has its own time on record.
    settings = settings_from(data_dir, database_url).model_copy(update={"clock_url": None})
    changed = supposed(set_ or ())
    with bootstrap.system(settings) as wired:
        try:
            answer, schema = bootstrap.what_if(wired, campaign, at, until, changed, keep=keep)
        except Unreadable as error:
            fail(f"history cannot be branched: {error}")
    if as_json:
        print_json(_plain(answer, set_ or (), schema))
    else:
        _show(answer, schema)


def _show(answer: WhatIf, schema: str | None) -> None:
    console = Console()
    table = Table("when (UTC)", "platform", "then", "in the branch", title=f"Decisions on “{escape(answer.name)}”")
    for each in answer.decisions:
        if not each.same_verdict:
            when = f"{each.at:%Y-%m-%d %H:%M}"
            table.add_row(when, each.platform, escape(_said(each.then)), escape(_said(each.branch)), end_section=True)
    if answer.differing:
        console.print(table)
    count = len(answer.decisions)
    console.print(
        f"{count} decisions from position {answer.position} to {answer.until}, {answer.differing} of them other."
    )
    ends = Table("platform", "allocation then", "in the branch", "then", "in the branch", title="At the end")
    for end in answer.platforms:
        money = (_amount(amount, answer.currency) for amount in (end.allocated_then, end.allocated_branch))
        ends.add_row(end.platform, *money, *("runs" if on else "paused" for on in (end.active_then, end.active_branch)))
    console.print(ends)
    for name, side in (("then", answer.then), ("in the branch", answer.branch)):
        console.print(f"{name}: {_summary(side, answer.currency)}")
    for waits in answer.waiting:
        console.print(f"Still proposed in the branch, since nobody accepted it there: {escape(waits)}")
    for refused in answer.refused:
        console.print(f"Not possible in the branch: {refused.type} at {refused.position}: {escape(refused.reason)}")
    console.print(CAUTION, style="yellow")
    if schema:
        console.print(f"Kept in the schema {schema}; the owner drops it by DROP SCHEMA {schema} CASCADE.")


def _summary(side: Side, currency: str) -> str:
    recommended = ", ".join(f"{count} {status}" for status, count in side.recommendations.items()) or "none"
    return (
        f"campaign {side.status}, {_amount(side.moved, currency)} moved by agents, {_amount(side.reserve, currency)} in"
        f" reserve; recommendations: {recommended}"
    )


def _amount(amount: Decimal | None, currency: str) -> str:
    return "–" if amount is None else f"{amount:,} {currency}"


def _said(decision: DecisionMade | None) -> str:
    if decision is None:
        return "–"
    amount = f" {_amount(decision.amount, decision.currency)}" if decision.amount is not None else ""
    return f"{decision.action} {decision.target}{amount}\n{decision.reason}"


def _plain(answer: WhatIf, given: list[str] | tuple[str, ...], schema: str | None) -> Mapping[str, Any]:
    told = msgspec.to_builtins(answer)
    return {
        "campaign": told["campaign"],
        "name": answer.name,
        "currency": answer.currency,
        "position": answer.position,
        "until": answer.until,
        "settings": list(given),
        "differing": answer.differing,
        "differing_in_limits": answer.differing_in_limits,
        "decisions": [_compared(each) for each in answer.decisions],
        "then": told["then"],
        "branch": told["branch"],
        "platforms": told["platforms"],
        "waiting": told["waiting"],
        "not_possible": told["refused"],
        "schema": schema,
        "caution": CAUTION,
    }


def _compared(compared: Compared) -> Mapping[str, Any]:
    return {**msgspec.to_builtins(compared), "same": compared.same, "same_verdict": compared.same_verdict}
