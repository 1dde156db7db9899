"""The published sources hold by `dbt test` and `dbt source freshness`; and they find what is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import Source
from tests.conformance.planting import STALE, WRONGS, Wrong
from tests.conformance.tools import ROOT, environment, installed

SOURCES = ROOT / "schemas" / "dbt" / "sources.yml"
_PROJECT = """
name: data_team
version: "1.0"
profile: umt
model-paths: [models]
"""
_PROFILE = """
umt:
  target: local
  outputs:
    local:
      type: postgres
      host: 127.0.0.1
      port: "{{ env_var('PGPORT') | as_number }}"
      user: "{{ env_var('PGUSER') }}"
      password: "{{ env_var('PGPASSWORD') }}"
      dbname: "{{ env_var('PGDATABASE') }}"
      schema: read_v1
      threads: 2
"""


class Project:
    """A data team's dbt project with the published sources among its models."""

    def __init__(self, folder: Path, source: Source) -> None:
        self._folder, self._source = folder, source
        (folder / "models").mkdir()
        shutil.copy(SOURCES, folder / "models" / "sources.yml")
        (folder / "dbt_project.yml").write_text(_PROJECT)
        (folder / "profiles.yml").write_text(_PROFILE)

    def run(self, *command: str, results: str) -> tuple[list[dict[str, Any]], str]:
        """Run dbt and give the results that it wrote, and what it said."""
        ours = environment(
            DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            PGPORT=str(self._source.port),
            PGUSER=self._source.login,
            PGPASSWORD=self._source.password,
            PGDATABASE=self._source.database,
        )
        program = str(installed("dbt") / "dbt")
        done = subprocess.run(
            [program, "--no-version-check", "--no-use-colors", *command, "--profiles-dir", str(self._folder)],
            env=ours,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
        written = self._folder / "target" / results
        assert written.exists(), done.stdout + done.stderr
        return json.loads(written.read_text())["results"], done.stdout

    def tests(self, *sources: str) -> tuple[dict[str, str], str]:
        """Each test's outcome by its id."""
        results, said = self.run("test", "--select", *sources, results="run_results.json")
        return {each["unique_id"]: each["status"] for each in results}, said

    def freshness(self) -> dict[str, str]:
        """Each source's by the name of its view."""
        results, _ = self.run("source", "freshness", results="sources.json")
        return {each["unique_id"].rpartition(".")[2]: each["status"] for each in results}


@pytest.fixture(scope="module")
def project(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"), source)


@pytest.fixture(scope="module")
def wrong_project(planted: Source, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("wrong"), planted)


@pytest.fixture(scope="module")
def wrong_outcomes(wrong_project: Project) -> dict[str, str]:
    return wrong_project.tests(*sorted({f"source:umt.{wrong.view}" for wrong in WRONGS}))[0]


def test_every_test_passes_without_a_warning(project: Project) -> None:
    outcomes, said = project.tests("source:*")
    assert {name: status for name, status in outcomes.items() if status != "pass"} == {}
    assert len(outcomes) > 300
    assert "deprecat" not in said.lower()
    assert "[WARNING]" not in said


def test_every_source_is_fresh(project: Project) -> None:
    outcomes = project.freshness()
    assert set(outcomes.values()) == {"pass"}
    assert {"projection_status", "campaign_performance"} <= set(outcomes)


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.name)
def test_a_wrong_value_is_found(wrong_outcomes: dict[str, str], wrong: Wrong) -> None:
    found = [status for name, status in wrong_outcomes.items() if wrong.test in name]
    assert found == ["fail"]


def test_a_stale_source_is_found(wrong_project: Project) -> None:
    assert wrong_project.freshness()[STALE.test] == "error"
