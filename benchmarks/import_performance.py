"""How many rows a second `umt import performance` brings in, as a whole command: from its start to the totals.

    .venv/bin/python benchmarks/import_performance.py [--rows 100000] [--runs 3] [--json]

Display exports of our own making, each of distinct rows: of 100 campaigns by day, and of one campaign. Each is imported
into a database of its own, then a second time, when every row is unchanged. Figures are medians; the database runs
already, since starting one is measured elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from umt.adapters.postgres.embedded import EmbeddedPostgres

GOAL = 10_000.0
HEADER = (
    "month,day,campaign_number,user_engagement,banner,placement,displays,cost,clicks,revenue,"
    "post_click_conversions,post_click_sales_amount"
)
SHAPES = {"100 campaigns": 100, "one campaign": 1}
DAYS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="umt-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    database = EmbeddedPostgres(folder / "data")
    try:
        database.start()
        measured = measure(folder, given.rows, given.runs)
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)
    figures = [figure(name, median(rates)) for name, rates in measured.items()]
    if given.json:
        sys.stdout.write(json.dumps({"bench": "import", "figures": figures}) + "\n")
    else:
        for each in figures:
            sys.stdout.write(f"{each['name']:<30} {each['ours']:>8,.0f} rows/s (goal {GOAL:,.0f})\n")
    raise SystemExit(0 if all(each["holds"] for each in figures) else 1)


def measure(folder: Path, rows: int, runs: int) -> dict[str, list[float]]:
    """The rates of each shape's first and second import, shape after shape in each run."""
    import_in(folder, export(folder, "warm-up", 10, 1_000))
    rates: dict[str, list[float]] = {}
    for run in range(runs):
        for shape, campaigns in SHAPES.items():
            file = export(folder, f"{shape} {run}", campaigns, rows)
            for turn in ("first", "second"):
                seconds = import_in(folder, file)
                rates.setdefault(f"{shape}, {turn} import", []).append(rows / seconds)
    return rates


def import_in(folder: Path, file: Path) -> float:
    """The seconds that the command takes."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "umt.cli.main", "import", "performance", str(file), "--format", "display", "--json"],
        env={**os.environ, "UMT_DATA_DIR": str(folder / "data")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def export(folder: Path, name: str, campaigns: int, rows: int) -> Path:
    """A file in the order of days, as platforms write it."""
    path = folder / f"{name}.csv"
    path.write_text("\n".join((HEADER, *records(name, campaigns, rows))) + "\n")
    return path


def records(name: str, campaigns: int, rows: int) -> Iterator[str]:
    chance = random.Random(name)
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


def figure(name: str, rate: float) -> dict[str, Any]:
    return {
        "name": name,
        "unit": "rows/s",
        "ours": round(rate, 1),
        "baseline": None,
        "limit": None,
        "vs_baseline": None,
        "vs_limit": None,
        "goal": GOAL,
        "holds": rate >= GOAL,
    }


if __name__ == "__main__":
    main()
