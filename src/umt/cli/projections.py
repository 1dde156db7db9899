"""``umt projections``: how far the read models are, and whether they are right."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from umt.application.queries import Freshness, Verification
from umt.bootstrap import system
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.projections.catalogue import PROJECTIONS

app = typer.Typer(help="The read models.", no_args_is_help=True)
Name = Annotated[str | None, typer.Argument(help="A projection; all of them without it.")]


@app.command()
def status(
    name: Name = None, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False
) -> None:
    """Show each projection's position and its lag behind the log."""
    _known(name)

    async def ask() -> list[Freshness]:
        with system(settings_from(data_dir, database_url)) as wired:
            async with wired.reading():
                return [f for f in await wired.reader.freshness() if name in (None, f.name)]

    found = asyncio.run(ask())
    if as_json:
        print_json([_plain(f) for f in found])
        return
    table = Table("projection", "version", "position", "lag (events)", "last beat (UTC)")
    for f in found:
        table.add_row(
            f.name, str(f.version), str(f.position), str(f.head - f.position), f"{f.beat_at:%Y-%m-%d %H:%M:%S}"
        )
    Console().print(table)


@app.command()
def verify(
    name: Name = None,
    workspace: Annotated[UUID | None, typer.Option(help="One workspace; all of them without it.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Fold the events from zero and name every row that differs; exit 1 if one does."""
    _known(name)

    async def ask() -> list[tuple[UUID, Verification]]:
        with system(settings_from(data_dir, database_url)) as wired:
            async with wired.reading():
                places = [workspace] if workspace else await wired.reader.workspaces()
                return [(w, v) for w in places for v in await wired.reader.verify(w) if name in (None, v.projection)]

    found = asyncio.run(ask())
    wrong = [(w, v, d) for w, v in found for d in v.differences]
    if as_json:
        print_json(
            {
                "holds": not wrong,
                "events": sum(v.events for _, v in found),
                "rows": sum(v.rows for _, v in found),
                "differences": [
                    {
                        "workspace": str(w),
                        "projection": v.projection,
                        "table": d.table,
                        "key": d.key,
                        "column": d.column,
                        "stored": d.stored,
                        "folded": d.folded,
                    }
                    for w, v, d in wrong
                ],
            }
        )
    else:
        table = Table("projection", "events", "rows", "differences")
        for each in PROJECTIONS if name is None else (name,):
            of = [v for _, v in found if v.projection == each]
            table.add_row(
                each,
                *(
                    str(sum(n))
                    for n in ([v.events for v in of], [v.rows for v in of], [len(v.differences) for v in of])
                ),
            )
        Console().print(table)
        for w, _, d in wrong[:20]:
            typer.echo(
                f"{d.table} ({d.key}) {d.column}: stored {d.stored}, folded {d.folded} (workspace {w})", err=True
            )
    raise typer.Exit(1 if wrong else 0)


def _known(name: str | None) -> None:
    if name is not None and name not in PROJECTIONS:
        fail(f"there is no projection {name!r}; there are {', '.join(PROJECTIONS)}")


def _plain(f: Freshness) -> dict[str, Any]:
    return {
        "name": f.name,
        "version": f.version,
        "position": f.position,
        "head": f.head,
        "lag": f.head - f.position,
        "beat_at": f.beat_at.isoformat(),
    }
