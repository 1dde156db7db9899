"""``umt projections``: how far the read models are, whether they are right, and building them anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from umt.application.queries import Freshness, Verification
from umt.bootstrap import System, system
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.projections.catalogue import PROJECTIONS
from umt.projections.rebuilding import discard, rebuild
from umt.projections.table import Projection

app = typer.Typer(help="The read models.", no_args_is_help=True)
Name = Annotated[str | None, typer.Argument(help="A projection; all of them without it.")]


@app.command()
def status(
    name: Name = None, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False
) -> None:
    """Show how far each projection is and how it is doing."""
    _chosen(name)
    with system(settings_from(data_dir, database_url)) as wired:
        found = [f for f in wired.status() if name in (None, f.name)]
    if as_json:
        print_json([_plain(f) for f in found])
    else:
        table = Table(
            Column("projection", no_wrap=True), Column("state", no_wrap=True), "lag", "parked", "restarts", "beat"
        )
        for f in found:
            table.add_row(
                f.name if f.live else f"{f.name} (generation {f.generation})",
                f.state if f.healthy else f"[red]{f.state}[/red]",
                f"{f.lag} ({f.lag_seconds:.1f} s)" if f.lag else "0",
                str(f.dead_letters or ""),
                " ".join(filter(None, (str(f.restarts or ""), f.last_error))),
                f"{f.beat_at:%H:%M:%S}",
            )
        Console().print(table)
        if found:
            Console().print(f"log at {found[0].head}; lag in events and their age; beats in UTC", style="dim")


@app.command(name="rebuild")
def rebuild_projections(
    name: Name = None,
    give_up: Annotated[bool, typer.Option("--give-up", help="Drop what an unfinished rebuild has built.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Build a projection anew beside the live tables, then switch to it. Reads are served all the time; one that was
    interrupted goes on where it stopped."""
    chosen = _chosen(name)
    with system(settings_from(data_dir, database_url)) as wired:
        if give_up:
            told: list[dict[str, Any]] = [_given_up(wired, projection) for projection in chosen]
        else:
            told = [_rebuilt(wired, projection) for projection in chosen]
    if as_json:
        print_json(told[0] if name else told)
        return
    for each in told:
        if give_up:
            done = "dropped" if each["dropped"] else "there is no unfinished rebuild"
            typer.echo(f"{each['projection']}: {done}")
            continue
        again = f", resumed from {each['resumed_from']:,}" if each["resumed_from"] else ""
        typer.echo(
            f"{each['projection']}: generation {each['generation']} is live, {each['position']:,} events"
            f" in {each['seconds']:.1f} s ({each['events_per_second']:,} events/s{again})"
        )


def _given_up(wired: System, projection: Projection) -> dict[str, Any]:
    with wired.as_owner() as owner:
        return {"projection": projection.name, "dropped": discard(owner, projection)}


def _rebuilt(wired: System, projection: Projection) -> dict[str, Any]:
    with _progress() as bar:
        told = _told_to(bar, f"rebuilding {projection.name}")
        try:
            done = rebuild(projection, wired.following, wired.as_worker, wired.as_owner, told)
        except KeyboardInterrupt:
            fail(f"interrupted; rebuild {projection.name} again to go on from here, or --give-up what is built", 130)
    return {
        "projection": done.projection,
        "generation": done.generation,
        "position": done.position,
        "resumed_from": done.resumed_from,
        "seconds": round(done.seconds, 3),
        "events_per_second": round((done.position - done.resumed_from) / max(done.seconds, 0.001)),
    }


@app.command()
def verify(
    name: Name = None,
    workspace: Annotated[UUID | None, typer.Option(help="One workspace; all of them without it.")] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="So many streams at random, where each row is of one stream; else everything."),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Fold the events from zero and name every row that differs; exit 1 if one does."""
    chosen = _chosen(name)
    found: list[Verification] = []
    with system(settings_from(data_dir, database_url)) as wired, _progress() as bar:
        for projection in chosen:
            told = _told_to(bar, f"verifying {projection.name}")
            found.append(wired.verifier.verify(projection, workspace=workspace, sample=sample, progress=told))
    differences = [(v, d) for v in found for d in v.differences]
    if as_json:
        print_json(
            {
                "holds": not differences,
                "events": sum(v.events for v in found),
                "rows": sum(v.rows for v in found),
                "parked": sum(v.parked for v in found),
                "discarded": sum(v.discarded for v in found),
                "projections": [_verified(v) for v in found],
                "differences": [
                    {
                        "projection": v.projection,
                        "table": d.table,
                        "key": d.key,
                        "column": d.column,
                        "stored": d.stored,
                        "folded": d.folded,
                    }
                    for v, d in differences
                ],
            }
        )
    else:
        table = Table("projection", "up to", "events", "rows", "differences", "left out as dead letters")
        for v in found:
            left_out = v.parked + v.discarded
            table.add_row(
                v.projection if v.sampled is None else f"{v.projection} ({v.sampled} streams)",
                str(v.position),
                str(v.events),
                str(v.rows),
                f"[red]{len(v.differences) + v.more}[/red]" if v.differences else "0",
                f"{v.parked} parked, {v.discarded} discarded" if left_out else "",
            )
        Console().print(table)
        for _, d in differences[:20]:
            typer.echo(f"{d.table} ({d.key}) {d.column}: stored {d.stored}, folded {d.folded}", err=True)
        if len(differences) > 20:
            typer.echo(f"and {len(differences) - 20} more; --json names them", err=True)
    raise typer.Exit(1 if differences else 0)


def _chosen(name: str | None) -> list[Projection]:
    if name is None:
        return list(PROJECTIONS.values())
    if name not in PROJECTIONS:
        fail(f"there is no projection {name!r}; there are {', '.join(PROJECTIONS)}")
    return [PROJECTIONS[name]]


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _told_to(bar: Progress, what: str) -> Callable[[int, int], None]:
    """A new line of the bar, and what moves it to a position of so many."""
    task = bar.add_task(what, total=None)
    return lambda position, head: bar.update(task, completed=position, total=max(head, 1))


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} events/s" if speed else "")


def _plain(f: Freshness) -> dict[str, Any]:
    return {
        "name": f.name,
        "generation": f.generation,
        "version": f.version,
        "live": f.live,
        "state": f.state,
        "position": f.position,
        "head": f.head,
        "lag": f.lag,
        "lag_seconds": float(f.lag_seconds),
        "worker": f.worker,
        "beat_at": f.beat_at.isoformat(),
        "restarts": f.restarts,
        "failed_at": f.failed_at and f.failed_at.isoformat(),
        "last_error": f.last_error,
        "dead_letters": f.dead_letters,
    }


def _verified(v: Verification) -> dict[str, Any]:
    return {
        "projection": v.projection,
        "position": v.position,
        "events": v.events,
        "rows": v.rows,
        "differences": len(v.differences) + v.more,
        "parked": v.parked,
        "discarded": v.discarded,
        "sampled": v.sampled,
    }
