"""``umt export``: what data teams read, as files. docs/data-teams.md tells of their layout.

Exit status: 0 done, 2 wrong use, or a folder that cannot take the export.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from umt.application.contracts import published_views
from umt.application.exporting import Export, ExportRefused, Written
from umt.bootstrap import export_format, export_snapshot
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.projections.catalogue import PROJECTIONS, VIEWS

app = typer.Typer(help="Write what data teams read into files.", no_args_is_help=True)


@app.callback()
def export() -> None:
    """Write what data teams read into files."""


@app.command()
def parquet(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="A new folder, or an export's.")],
    workspace: Annotated[UUID | None, typer.Option(help="One workspace; all of them without it.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Write each view of read_v1 and the log as Parquet; run again, only what changed since."""
    views = published_views(PROJECTIONS.values(), VIEWS)
    settings = settings_from(data_dir, database_url)
    try:
        with export_snapshot(settings) as snapshot, _Bars() as bars:
            written = Export(folder, views, export_format()).run(snapshot, workspace, bars)
    except ExportRefused as error:
        fail(str(error))
    _report(written, folder, as_json)


class _Bars:
    """A bar for each table on standard error, where somebody watches."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, table: str, rows: int) -> None:
        self._task = self._progress.add_task(table, total=rows)

    def advance(self, rows: int) -> None:
        self._progress.advance(self._task, rows)


def _report(written: Written, folder: Path, as_json: bool) -> None:
    tables = written.manifest.tables
    position = written.manifest.log.position
    rows = sum(file.rows for file in written.added)
    if as_json:
        added = [{"path": f.path, "rows": f.rows, "sha256": f.sha256} for f in written.added]
        print_json({"position": position, "tables": len(tables), "rows": rows, "added": added})
        return
    for file in written.added:
        typer.echo(f"{file.rows:>12,} {file.path}")
    what = f"{rows:,} rows in {len(written.added)} files" if written.added else "nothing new"
    typer.echo(f"{folder} is at position {position}: {what}")
