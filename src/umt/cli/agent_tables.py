"""How runs and recommendations are shown to an operator: as tables, and as one JSON document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from umt.application.agents.account import Account

Row = dict[str, Any]


def document(row: Row) -> Row:
    """A row as JSON has it: amounts and times as texts."""
    plain: Row = msgspec.to_builtins(row)
    return plain


def documents(rows: Iterable[Row]) -> list[Row]:
    return [document(row) for row in rows]


def document_of(account: Account) -> Row:
    """All of a run as JSON has it."""
    parts = {
        "decisions": account.decisions,
        "commands": account.commands,
        "effects": account.effects,
        "model_calls": account.model_calls,
    }
    return {
        **document(account.run),
        "trigger": str(account.trigger),
        "facts": list(account.facts),
        **{name: documents(rows) for name, rows in parts.items()},
        "unreadable_events": account.unreadable,
    }


def print_runs(rows: list[Row]) -> None:
    table = Table(Column("run", no_wrap=True), Column("status", no_wrap=True), Column("what", overflow="fold"))
    for row in rows:
        why = row["held_because"] or row["last_error"]
        table.add_row(
            str(row["run"]),
            _status(row),
            f"{row['agent']} on {row['trigger_type']}, {row['subject_kind']} {row['subject']},"
            f" {_time(row['started_at'])}{f': {escape(why)}' if why else ''}",
        )
    Console().print(table if rows else "There are none.")


def print_recommendations(rows: list[Row]) -> None:
    table = Table(
        Column("recommendation", no_wrap=True), Column("state", no_wrap=True), Column("what", overflow="fold")
    )
    for row in rows:
        effects = {which: _effect(row, which) for which in ("expected", "measured")}
        until = f" Waits until {_time(row['expires_at'])}." if row["state"] == "proposed" else ""
        table.add_row(
            str(row["recommendation"]),
            row["state"],
            f"{_change(row)} in campaign {row['campaign']}. {escape(row['rejection'] or row['reason'])}"
            + "".join(f" {which.capitalize()} a day: {effect}." for which, effect in effects.items() if effect)
            + until,
        )
    Console().print(table if rows else "There are none.")


def print_account(account: Account) -> None:
    """A run from what set it off to what came of it."""
    run, say = account.run, Console(highlight=False, soft_wrap=True).print
    say(f"{run['run']} · {run['agent']} · {_status(run)} · mode {run['mode']} · workspace {run['workspace']}")
    at = f" at position {run['trigger_position']}" if run["trigger_position"] else ""
    say(f"set off by {run['trigger_type']}{at} ({account.trigger}), about {run['subject_kind']} {run['subject']}")
    say(f"started {_time(run['started_at'])}" + (f", done {_time(run['completed_at'])}" if run["completed_at"] else ""))
    for name, why in (("waits", run["held_because"]), ("newest failure", run["last_error"])):
        if why:
            say(f"{name}: {escape(why)}")
    if account.unreadable:
        say(f"[red]{account.unreadable} of its events cannot be read[/red]")
    if account.facts:
        say(f"looked at: {escape(', '.join(account.facts))}")
    for each in map(document, account.decisions):
        recommended = f" (recommendation {each['recommendation']})" if each["recommendation"] else ""
        say(f"decided: {' '.join(filter(None, (each['action'], each['target'])))} by {each['rule']}{recommended}")
        say(f"  {escape(each['reason'])}")
        for fact in each["evidence"]:
            say(escape(f"  evidence: {fact['name']} {fact['value']} {fact['unit']}".rstrip()))
        for guardrail in each["guardrails"]:
            met = "met" if guardrail["met"] else "[red]not met[/red]"
            say(f"  guardrail: {guardrail['name']}: {guardrail['limit']}, observed {guardrail['observed']}: {met}")
    for each in account.commands:
        say(f"issued {each['command']}: {escape(each['outcome'])}")
    for each in account.effects:
        where = f" on {each['platform']}" if each["platform"] else ""
        say(f"asked for {each['kind']}{where} ({each['effect']}): {each['status']}, tries: {each['attempts']}")
        if each["error"]:
            say(f"  {each['error_class'] or 'because'}: {escape(each['error'])}")
        if each["retry_at"]:
            say(f"  next try: {_time(each['retry_at'])}")
    for each in account.model_calls:
        cost = f", {each['cost']:f} {each['currency']}" if each["cost"] is not None else ""
        say(
            f"called {escape(each['model'])} with {each['prompt']}: {each['outcome']} in {each['milliseconds']} ms{cost}"
        )


def _status(row: Row) -> str:
    return f"[red]{row['status']}[/red]" if row["status"] == "failed" else str(row["status"])


def _change(row: Row) -> str:
    target = f" to {row['target']}" if row["target"] else ""
    amount = f" {row['amount']} {row['currency']}" if row["amount"] is not None else ""
    return f"{row['action']} {row['platform']}{target}{amount}"


def _effect(row: Row, which: str) -> str:
    spend, outcome = row[f"{which}_spend"], row[f"{which}_outcome"]
    if spend is None or outcome is None:
        return ""
    return f"{outcome:+f} {row['outcome_unit']} for {spend:+f} {row['currency'] or ''}".rstrip()


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""
