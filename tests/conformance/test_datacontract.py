"""The published contracts hold by `datacontract test`, as a data team runs it; and it finds what is wrong."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import Source
from tests.conformance.planting import STALE, WRONGS, Wrong
from tests.conformance.tools import ROOT, environment, installed

CONTRACTS = sorted((ROOT / "schemas" / "contracts").glob("*.yaml"))
_EACH = """
import sys
from datacontract.cli import app
for contract, report in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        app(["test", contract, "--output", report, "--output-format", "json"])
    except SystemExit:
        pass
"""
"""The command once for each contract: its imports take longer than its checks."""


def checked(source: Source, contracts: list[Path], folder: Path) -> dict[str, dict[str, Any]]:
    """The report on each contract by the name of its view."""
    reports = {contract: folder / f"{contract.stem}.json" for contract in contracts}
    ours = environment(
        DATACONTRACT_POSTGRES_HOST="127.0.0.1",
        DATACONTRACT_POSTGRES_PORT=str(source.port),
        DATACONTRACT_POSTGRES_DATABASE=source.database,
        DATACONTRACT_POSTGRES_USERNAME=source.login,
        DATACONTRACT_POSTGRES_PASSWORD=source.password,
    )
    arguments = [str(path) for pair in reports.items() for path in pair]
    command = [str(installed("datacontract") / "python"), "-c", _EACH, *arguments]
    done = subprocess.run(command, env=ours, cwd=folder, capture_output=True, text=True, timeout=300)
    missing = [contract.stem for contract, report in reports.items() if not report.exists()]
    assert not missing, f"no report on {missing}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return {contract.stem: json.loads(report.read_text()) for contract, report in reports.items()}


def failed(report: dict[str, Any]) -> dict[tuple[str, str | None], str]:
    """The checks that did not pass, by type and field, and why."""
    return {(c["type"], c["field"]): c["reason"] for c in report["checks"] if c["result"] != "passed"}


@pytest.fixture(scope="module")
def reports(source: Source, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return checked(source, CONTRACTS, tmp_path_factory.mktemp("reports"))


@pytest.mark.parametrize("view", [contract.stem for contract in CONTRACTS])
def test_a_contract_holds(reports: dict[str, dict[str, Any]], view: str) -> None:
    assert failed(reports[view]) == {}
    assert reports[view]["result"] == "passed"


@pytest.fixture(scope="module")
def reports_on_wrong(planted: Source, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    views = {wrong.view for wrong in (*WRONGS, STALE)}
    return checked(planted, [c for c in CONTRACTS if c.stem in views], tmp_path_factory.mktemp("wrong"))


@pytest.mark.parametrize("wrong", [*WRONGS, STALE], ids=lambda wrong: wrong.name)
def test_a_wrong_value_is_found(reports_on_wrong: dict[str, dict[str, Any]], wrong: Wrong) -> None:
    report = reports_on_wrong[wrong.view]
    assert report["result"] == "failed"
    assert wrong.check in failed(report)
