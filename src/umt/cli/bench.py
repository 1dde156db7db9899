"""``umt bench``: measuring, each figure beside a baseline and a limit of the same run. docs/benchmarks.md tells of each.

Exit status: 0 every goal holds, 1 one does not, 2 wrong use or nothing can be measured.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json

if TYPE_CHECKING:
    from umt.bench.figure import Figure
    from umt.bench.trial import Report

Found = dict[str, "list[Figure]"]

_FILE_WIDTH: Final = 160
"""Characters of a line where it is not a terminal that is written to."""


def bench(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="What: log, import, access or graphql; all without it.")
    ] = None,
    as_json: Json = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Less of each thing: to see that it works, not how fast.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="SECTION", help="Only this part of NAME.")] = None,
    runs: Annotated[int, typer.Option("--runs", min=3, help="How often each side is measured.")] = 3,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Measure how fast this is. On an embedded server of its own beside --data-dir, or in a database of its own."""
    # Imported here: what is only measured with takes time to load, and most commands measure nothing.
    from umt.bench.catalogue import BENCHES
    from umt.bench.server import BenchError, server

    if name is not None and name not in BENCHES:
        fail(f"there is no bench {name!r}; there are {', '.join(BENCHES)}")
    if only and name is None:
        fail("--only names a part of one bench: say which bench")
    # A terminated bench takes its server and its databases with it, as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    names = [name] if name else list(BENCHES)
    found: Found = {}
    try:
        with _progress() as report:
            report("starting the server")
            with server(database_url, data_dir) as where:
                description = where.described()
                for each in names:
                    found[each] = BENCHES[each].figures(where, quick=quick, only=only or (), runs=runs, report=report)
    except BenchError as error:
        fail(str(error))
    if as_json:
        documents = [{"bench": each, "figures": msgspec.to_builtins(figures)} for each, figures in found.items()]
        print_json(documents[0] if name else documents)
    else:
        _show(found, description)
    raise typer.Exit(0 if all(f.holds is not False for figures in found.values() for f in figures) else 1)


@contextmanager
def _progress() -> Iterator[Report]:
    """What is measured, on standard error, where somebody watches."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda what: progress.update(task, description=what)


def _show(found: Found, description: str) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FILE_WIDTH)
    console.print(description, highlight=False)
    for name, figures in found.items():
        table = Table(title=f"umt bench {name}", title_justify="left", box=SIMPLE)
        table.add_column("figure", no_wrap=True)
        table.add_column("unit", no_wrap=True)
        for heading in ("ours", "baseline", "limit", "× baseline", "× limit"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("goal")
        table.add_column("holds")
        for f in figures:
            values = (f.ours, f.baseline, f.limit, f.vs_baseline, f.vs_limit)
            table.add_row(f.name, f.unit, *map(_number, values), f.goal or "", _verdict(f.holds))
        console.print(table)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _verdict(holds: bool | None) -> str:
    return "" if holds is None else "[green]yes[/]" if holds else "[red]no[/]"
