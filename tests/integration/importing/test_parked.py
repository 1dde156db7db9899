"""An import whose rows are in the log but not in the read models, because they are parked."""

from __future__ import annotations

from pathlib import Path

from tests.integration.importing.conftest import Writer
from tests.integration.importing.words import Installation
from tests.integration.parking import poisoned
from typer.testing import CliRunner, Result

from umt.cli.main import app
from umt.domain.performance import PerformanceRecorded
from umt.projections.performance import dashboard


def imported(installation: Installation, file: Path) -> Result:
    """The outcome of the command, run in this process and with its folds."""
    place = ["--workspace", str(installation.workspace), "--data-dir", str(installation.wired.settings.data_dir)]
    return CliRunner().invoke(app, ["import", "performance", str(file), "--format", "generic", "--json", *place])


def test_an_import_says_so_when_its_figures_are_parked(installation: Installation, export: Writer) -> None:
    hit = export("2020-04-01,Spring,bad,100,2,0.25,1,display,EUR", name="hit.csv")
    whole = export("2020-04-01,Autumn,good,200,2,0.25,1,display,EUR", name="whole.csv")
    with poisoned(
        installation.wired, dashboard, PerformanceRecorded, lambda event: event.records[0].figures.impressions == 100
    ):
        parked = imported(installation, hit)
        assert imported(installation, whole).exit_code == 0, "other campaigns are whole"
    assert parked.exit_code == 1
    assert "the rows are in the log" in parked.stderr
    assert "umt dead-letters list" in parked.stderr
    assert parked.stdout == ""
    again = imported(installation, hit)
    assert (again.exit_code, '"impressions": 100' in again.stdout) == (0, True)
