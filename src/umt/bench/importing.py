"""``umt bench import``: rows a second of `umt import performance` as a whole command, from its start to the totals.

Display exports of our own making, each of distinct rows: of 100 campaigns by day, and of one campaign. Each is imported,
then imported again, when every row is unchanged. The database runs already, since starting one is another matter.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from umt.bench.figure import Goal, Measure
from umt.bench.server import Server
from umt.bench.trial import Section, Trial, Values
from umt.settings import Settings

ROWS: Final = 100_000
QUICK_ROWS: Final = 5_000
DAYS: Final = 50
SHAPES: Final = {"100 campaigns": 100, "one campaign": 1}
GOAL: Final = Goal(at_least=10_000)
HEADER: Final = (
    "month,day,campaign_number,user_engagement,banner,placement,displays,cost,clicks,revenue,"
    "post_click_conversions,post_click_sales_amount"
)


class Stage(msgspec.Struct, frozen=True):
    """Where it takes place, and how many rows a file has."""

    server: Server
    rows: int


def stage(server: Server, *, quick: bool) -> Stage:
    return Stage(server, QUICK_ROWS if quick else ROWS)


def sections(_: Stage) -> list[Section[Stage]]:
    return [Section("import", imports)]


@contextmanager
def imports(stage: Stage) -> Iterator[Iterable[Trial]]:
    with stage.server.database() as settings:
        folder = stage.server.folder
        import_in(settings, export(folder, "warm-up", campaigns=10, rows=1_000))
        numbers = count()

        def both_times(shape: str, campaigns: int) -> Values:
            file = export(folder, f"{shape} {next(numbers)}", campaigns, stage.rows)
            return {
                Measure(f"{shape}, {turn} import", "rows/s", GOAL): stage.rows / import_in(settings, file)
                for turn in ("first", "second")
            }

        yield [Trial(f"import of {shape}", partial(both_times, shape, number)) for shape, number in SHAPES.items()]


def import_in(settings: Settings, file: Path) -> float:
    """The seconds that the command takes."""
    assert settings.database_url
    where = ["--data-dir", str(settings.data_dir), "--database-url", settings.database_url.get_secret_value()]
    command = [
        sys.executable,
        "-m",
        "umt.cli.main",
        "import",
        "performance",
        str(file),
        "--format",
        "display",
        "--json",
    ]
    started = time.perf_counter()
    done = subprocess.run([*command, *where], capture_output=True, text=True, check=False)  # noqa: S603
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"umt import ended with status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return seconds


def export(folder: Path, name: str, campaigns: int, rows: int) -> Path:
    """A file in the order of days, as platforms write it."""
    path = folder / f"{name}.csv"
    path.write_text("\n".join((HEADER, *records(name, campaigns, rows))) + "\n")
    return path


def records(name: str, campaigns: int, rows: int) -> Iterator[str]:
    """The file's lines, the same for the same name."""
    chance = random.Random(name)  # noqa: S311
    placements = rows // (DAYS * campaigns)
    for day in (date(2020, 4, 1) + timedelta(number) for number in range(DAYS)):
        for campaign in range(campaigns):
            for placement in range(placements):
                displays = chance.randrange(20_000)
                clicks = displays * chance.randrange(1, 50) // 1000
                yield (
                    f"{day:%B},{day.day},{name} {campaign},{('Low', 'Medium', 'High')[placement % 3]},300 x 250,"
                    f"p{placement // 3},{displays},{displays * 0.00137:.5f},{clicks},{clicks * 0.21:.4f},{clicks // 9},0.0"
                )
