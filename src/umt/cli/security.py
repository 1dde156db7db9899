"""``umt security``: what happened at the gates, of every workspace and of none; for the operator."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from umt.application.security_events import NotedEvent, SecurityEventKind, Wanted
from umt.bootstrap import security_events
from umt.cli.options import DatabaseUrl, DataDir, Json, print_json, settings_from

app = typer.Typer(help="What happened at the gates: sign-ins, refusals, use of keys.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `events` a command of its own."""


@app.command()
def events(
    kind: Annotated[SecurityEventKind | None, typer.Option(help="Only this kind.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only of this actor, like user:<id>.")] = None,
    hours: Annotated[float, typer.Option(min=0, max=876_000, help="How far back; 0: from the beginning.")] = 24,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most, the newest.")] = 100,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show security events, newest first; alike ones of a minute are one line with a count."""
    since = datetime.now(UTC) - timedelta(hours=hours) if hours else None
    wanted = Wanted(kind=kind, actor=actor, since=since)
    found = security_events(settings_from(data_dir, database_url), wanted, limit)
    if as_json:
        print_json([msgspec.to_builtins(each) for each in found])
    else:
        Console().print(_table(found))


def _table(found: Iterable[NotedEvent]) -> Table:
    table = Table("when", "kind", "times", "actor", "address", "workspace", "detail", box=None)
    for each in found:
        when = f"{each.first_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        about = (each.actor or "", each.address or "", str(each.workspace or ""), each.detail)
        table.add_row(when, each.kind, str(each.count), *about)
    return table
