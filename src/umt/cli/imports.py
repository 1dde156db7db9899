"""``umt import``: bringing what happened elsewhere into the log. docs/importing.md tells of files and options.

Exit status: 0 every row is in the log, 1 the read models did not take the rows in, 2 a row was rejected, or the file or the use
is wrong.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import msgspec
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from umt.application.importing import FORMATS, Options, UnusableInput, read
from umt.application.importing.importer import IMPORTED_WORKSPACE, Import, Place, Sums, import_rows
from umt.application.queries import StaleRead
from umt.application.transaction import Context
from umt.bootstrap import System, system
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.domain.errors import InvalidValue, NotFound
from umt.domain.money import minor_unit
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind

app = typer.Typer(help="Bring what happened elsewhere into the log.", no_args_is_help=True)

SHOWN_REJECTIONS: Final = 100
SHOWN_CAMPAIGNS: Final = 20
ROWS_PER_CATCH_UP: Final = 100_000
"""So many rows are written before the read models take them in, which bounds the memory that takes."""
CATCH_UP_SECONDS: Final = 600.0
"""How long that may take."""

Totals = dict[tuple[Place, str], Sums]


@app.callback()
def imports() -> None:
    """Bring what happened elsewhere into the log."""


@app.command()
def performance(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="A CSV export of an advertising platform.")
    ],
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="What kind of export it is.")],
    currency: Annotated[str, typer.Option(help="Of rows without a currency of their own.")] = "USD",
    year: Annotated[int, typer.Option(help="Of --format display, which has months and days only.")] = 2020,
    platform: Annotated[str | None, typer.Option(help="Of rows without a platform of their own.")] = None,
    workspace: Annotated[UUID | None, typer.Option(help="Where to.", show_default="the workspace Imported")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Import nothing when a row is rejected.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Import an export of ads' performance; what is known already stays unchanged."""
    started = time.monotonic()
    workspace = workspace or IMPORTED_WORKSPACE
    try:
        source = _Source(file, format, Options(currency.strip().upper(), year, platform))
        source.require_usable()
        with system(settings_from(data_dir, database_url)) as wired:
            outcome, totals = _imported(wired, source, workspace, dry_run=dry_run, strict=strict)
    except UnusableInput as error:
        fail(str(error))
    except InvalidValue as error:
        fail(f"--{error}")
    except NotFound:
        fail(f"there is no workspace {workspace} in this database; see --workspace and --data-dir")
    except TimeoutError as error:
        fail(f"the rows are in the log, but the {error}; see umt projections status", status=1)
    except StaleRead as error:
        parked = (
            "an event of these campaigns could not be applied and waits as a dead letter; see umt dead-letters list"
        )
        lagging = f"the read models are at {error.reached} of {error.wanted}; see umt projections status"
        fail(f"the rows are in the log, but {parked if error.reason == 'PARKED' else lagging}", status=1)
    report = _report(outcome, totals)
    if as_json:
        print_json({**report, "workspace": str(workspace), "dry_run": dry_run})
    else:
        _show(outcome, totals, report)
    seconds = time.monotonic() - started
    sys.stderr.write(f"{outcome.rows:,} rows in {seconds:.1f} s ({outcome.rows / seconds:,.0f} rows/s)\n")
    raise typer.Exit(2 if outcome.rejected else 0)


class _Source(msgspec.Struct, frozen=True):
    """The file and how it is to be read."""

    file: Path
    format: str
    options: Options

    def require_usable(self) -> None:
        """UnusableInput, before a database is started for nothing."""
        next(read(self.file, self.format, self.options))

    def run(self, wired: System, context: Context, *, dry: bool) -> Import:
        """One pass over the file, with a bar where somebody watches."""
        with Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f} rows/s"),
            TimeRemainingColumn(),
            console=(console := Console(stderr=True)),
            disable=not console.is_terminal,
            transient=True,
        ) as bar:
            started, caught_up = time.monotonic(), 0

            def done(rows: int) -> None:
                nonlocal caught_up
                bar.update(task, rows=rows, rate=rows / (time.monotonic() - started))
                if not dry and rows - caught_up >= ROWS_PER_CATCH_UP:
                    _catch_up(wired)
                    caught_up = rows

            title = f"{'Checking' if dry else 'Importing'} {self.file.name}"
            task = bar.add_task(title, total=self.file.stat().st_size, rows=0, rate=0.0)
            rows = read(self.file, self.format, self.options, lambda done: bar.update(task, completed=done))
            return import_rows(wired.writer, context, rows, dry=dry, progress=done)


def _imported(wired: System, source: _Source, workspace: UUID, *, dry_run: bool, strict: bool) -> tuple[Import, Totals]:
    """What came of the file, and the totals of its campaigns."""
    context = Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "import"), correlation=uuid4())
    if dry_run or strict:
        checked = source.run(wired, context, dry=True)
        if dry_run:
            return checked, checked.places
        if checked.rejected:
            checked.hold_back()
            return checked, asyncio.run(_totals(wired, context, checked, at_least=None))
    outcome = source.run(wired, context, dry=False)
    head = _catch_up(wired)
    return outcome, asyncio.run(_totals(wired, context, outcome, at_least=head))


def _catch_up(wired: System) -> int:
    """Bring the read models to the end of the log, or wait until a server's workers have done so; where that is."""
    head = wired.source.head()
    with ThreadPoolExecutor(max_workers=2) as threads:
        for reached in [threads.submit(projector.reach, head, CATCH_UP_SECONDS) for projector in wired.projectors()]:
            reached.result()
    return head


async def _totals(wired: System, context: Context, outcome: Import, *, at_least: int | None) -> Totals:
    """What the read models hold of the file's campaigns on the file's platforms; StaleRead if that is not all up to
    a position."""
    places = {place for place, _ in outcome.places}
    campaigns = list({place.campaign for place in places})
    async with wired.reading():
        rows = await wired.queries.many(
            context,
            "campaign_totals",
            where={"campaign": campaigns},
            order=(),
            limit=len(campaigns) * len(Platform),
            at_least=at_least,
        )
    found = (((Place(row["campaign"], Platform(row["platform"])), row["currency"]), row) for row in rows)
    return {key: msgspec.convert(row, Sums) for key, row in found if key[0] in places}


def _report(outcome: Import, totals: Totals) -> dict[str, Any]:
    """What ``--json`` prints. Amounts of different currencies are not added up: then ``spend`` is null."""
    by_currency: dict[str, Sums] = defaultdict(Sums)
    for (_, currency), sums in sorted(totals.items(), key=lambda item: item[0][1]):
        by_currency[currency].add(sums)
    spends = [_amount(sums.spend, currency) for currency, sums in by_currency.items()] or ["0"]
    return {
        "rows": outcome.rows,
        "imported": outcome.new + outcome.restated,
        "restated": outcome.restated,
        "unchanged": outcome.unchanged,
        "held_back": outcome.held_back,
        "rejected": [msgspec.to_builtins(rejected) for rejected in outcome.rejections],
        "rejected_count": outcome.rejected,
        "totals": {
            "impressions": sum(sums.impressions for sums in by_currency.values()),
            "clicks": sum(sums.clicks for sums in by_currency.values()),
            "spend": spends[0] if len(spends) == 1 else None,
            "conversions": sum(sums.conversions for sums in by_currency.values()),
        },
        "totals_by_currency": {
            currency: {**msgspec.structs.asdict(sums), "spend": _amount(sums.spend, currency)}
            for currency, sums in by_currency.items()
        },
        "campaigns": len({place.campaign for place, _ in outcome.places}),
        "ads": outcome.ads,
    }


def _amount(amount: Decimal, currency: str) -> str:
    """With the digits of the currency's minor unit, and more only where it has more."""
    exact = Decimal(f"{amount.normalize():f}")
    return f"{max(exact, exact.quantize(minor_unit(currency)), key=_digits):f}"


def _digits(amount: Decimal) -> int:
    return -int(amount.as_tuple().exponent)


def _show(outcome: Import, totals: Totals, report: Mapping[str, Any]) -> None:
    """The same for people: campaigns by spend on standard output, rejected rows on standard error."""
    for rejected in outcome.rejections[:SHOWN_REJECTIONS]:
        column = f", column {rejected.column}" if rejected.column else ""
        typer.echo(f"line {rejected.line}{column}: {rejected.reason}", err=True)
    if outcome.rejected > SHOWN_REJECTIONS:
        more = outcome.rejected - SHOWN_REJECTIONS
        typer.echo(f"… and {more:,} more rejected rows; --json lists them", err=True)
    numbers = (Column(name, justify="right", no_wrap=True) for name in _NUMBERS)
    columns = Column("campaign", min_width=8), Column("platform", no_wrap=True), *numbers, Column("", no_wrap=True)
    table = Table(*columns, box=SIMPLE, collapse_padding=True, pad_edge=False)
    shown = sorted(totals.items(), key=lambda item: item[1].spend, reverse=True)
    for (place, currency), sums in shown[:SHOWN_CAMPAIGNS]:
        table.add_row(outcome.names[place.campaign], place.platform.label, *_cells(sums, currency))
    if len(shown) > SHOWN_CAMPAIGNS:
        table.add_row(f"… and {len(shown) - SHOWN_CAMPAIGNS:,} more")
    table.add_section()
    for currency, sums in report["totals_by_currency"].items():
        table.add_row("all", "", *_cells(msgspec.convert(sums, Sums), currency))
    console = Console(markup=False, highlight=False)
    console.print(table)
    console.print(
        f"{report['imported']:,} imported ({outcome.restated:,} restated), {outcome.unchanged:,} unchanged, "
        f"{outcome.rejected:,} rejected; {report['campaigns']:,} campaigns, {outcome.ads:,} ads"
    )
    if outcome.held_back:
        console.print(
            f"{outcome.held_back:,} were held back because of --strict: correct the file and import it again."
        )


_NUMBERS = ("impressions", "clicks", "conversions", "spend")


def _cells(sums: Sums, currency: str) -> tuple[str, ...]:
    """The numbers as people read them, the amount in its currency's minor unit."""
    counts = (f"{count:,}" for count in (sums.impressions, sums.clicks, sums.conversions))
    return *counts, f"{sums.spend.quantize(minor_unit(currency)):,f}", currency
