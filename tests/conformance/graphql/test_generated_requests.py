"""The GraphQL side meets whatever the schema allows without a fault of its own, as schemathesis finds by asking every query
and mutation with generated arguments and selections. In the soak run each is asked 500 times; neither run stops at a
failure.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import build_schema
from tests.conformance.graphql.conftest import Served
from tests.conformance.graphql.node import HERE, SCHEMA
from tests.conformance.tools import environment, installed
from tests.integration.api.client import PASSWORD

CHECKS: Final = ("is_no_fault", "response_schema_conformance", "content_type_conformance")
"""Not not_a_server_error, which takes a mutation that is refused, by a null and a code, for a fault."""

Statuses = dict[str, Counter[int]]


def asked(served: Served, folder: Path, examples: int, *more: str) -> tuple[int, str, Statuses]:
    """The exit status, what was said, and the statuses that each operation answered with."""
    report = folder / "events.ndjson"
    done = subprocess.run(
        [
            str(installed("schemathesis") / "schemathesis"), "run", str(SCHEMA), "--url", served.graphql,
            "--checks", ",".join(CHECKS), "--phases", "fuzzing", "--max-examples", str(examples), "--continue-on-failure",
            "--generation-database", "none", "--suppress-health-check", "all", "--no-color",
            "--report", "ndjson", "--report-ndjson-path", str(report), *more,
        ],
        env=environment(
            SERVED_AT=served.url,
            ACCOUNT=json.dumps({"email": served.owner.email, "password": PASSWORD}),
            IDS=json.dumps(served.ids),
            PYTHONPATH=str(HERE),
            SCHEMATHESIS_HOOKS="hooks",
        ),
        cwd=folder, capture_output=True, text=True, timeout=7200,
    )  # fmt: skip
    assert report.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr, _answered(report)


def _answered(report: Path) -> Statuses:
    answered: Statuses = defaultdict(Counter)
    for line in report.read_text().splitlines():
        recorded: dict[str, Any] = json.loads(line).get("ScenarioFinished", {}).get("recorder") or {}
        for interaction in recorded.get("interactions", {}).values():
            if interaction["response"]:
                answered[recorded["label"]][interaction["response"]["status_code"]] += 1
    return answered


def holds(served: Served, folder: Path, examples: int, *more: str) -> None:
    status, said, answered = asked(served, folder, examples, *more)
    assert status == 0, said
    schema = build_schema(SCHEMA.read_text())
    roots = [root for root in (schema.query_type, schema.mutation_type) if root]
    assert set(answered) == {f"{root.name}.{field}" for root in roots for field in root.fields}


def test_no_request_meets_a_fault(served: Served, tmp_path: Path) -> None:
    holds(served, tmp_path, 3, "--seed", "1")


@pytest.mark.soak
def test_no_request_meets_a_fault_in_500_examples_of_each_operation(served: Served, tmp_path: Path) -> None:
    holds(served, tmp_path, 500)
