"""`umt bench` as it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FIELDS = ["name", "unit", "ours", "baseline", "limit", "vs_baseline", "vs_limit", "goal", "holds"]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "umt.cli.main", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture(scope="module")
def quick(administration: str, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    where = ("--database-url", administration, "--data-dir", str(tmp_path_factory.mktemp("bench") / "data"))
    return bench("log", "--quick", "--json", *where)


def test_the_document_is_the_published_one(quick: subprocess.CompletedProcess[str]) -> None:
    document = json.loads(quick.stdout)

    assert list(document) == ["bench", "figures"]
    assert document["bench"] == "log"
    assert all(list(figure) == FIELDS for figure in document["figures"])
    assert {figure["unit"] for figure in document["figures"]} == {"commands/s", "events/s", "ms"}


def test_ratios_are_those_of_the_figures(quick: subprocess.CompletedProcess[str]) -> None:
    def expected(figure: dict[str, Any], other: str) -> float | None:
        if figure[other] is None:
            return None
        ratio: float = figure["ours"] / figure[other]
        return 1 / ratio if figure["unit"] == "ms" else ratio

    for figure in json.loads(quick.stdout)["figures"]:
        for other in ("baseline", "limit"):
            assert figure[f"vs_{other}"] == pytest.approx(expected(figure, other))
        assert (figure["goal"] is None) == (figure["holds"] is None)


def test_the_status_says_whether_every_goal_holds(quick: subprocess.CompletedProcess[str]) -> None:
    holds = all(figure["holds"] is not False for figure in json.loads(quick.stdout)["figures"])

    assert quick.returncode == (0 if holds else 1), quick.stderr


def test_the_import_is_measured_too(administration: str, tmp_path: Path) -> None:
    done = bench("import", "--quick", "--json", "--database-url", administration, "--data-dir", str(tmp_path / "data"))
    figures = json.loads(done.stdout)["figures"]

    assert [figure["name"] for figure in figures] == [
        "100 campaigns, first import",
        "100 campaigns, second import",
        "one campaign, first import",
        "one campaign, second import",
    ]
    assert {figure["goal"] for figure in figures} == {"≥ 10,000 rows/s"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("logs",), "there is no bench 'logs'; there are log, import"),
        (("--only", "reading"), "--only names a part of one bench: say which bench"),
    ],
)
def test_wrong_use_is_said(arguments: tuple[str, ...], said: str) -> None:
    done = bench(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
