"""The REST side keeps to what openapi.json says, as schemathesis finds by asking everything that the document allows and
much that it does not: nothing undocumented is answered, and no fault of ours.

The server is a process of its own, `umt serve`, and each case is sent by somebody who is signed in. Signing out and
changing the password are left in: whoever was signed out by a case is replaced before the next one (see rest/hooks.py).
New routes are met as soon as they are in /openapi.json. In the soak run each operation is asked 500 times; neither run
stops at a failure.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from tests.conformance.conftest import UMT
from tests.conformance.tools import environment, installed

from umt.settings import Settings

HOOKS: Final = Path(__file__).parent / "rest"
CHECKS: Final = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "allow_header_conformance", "ignored_auth",
)  # fmt: skip
"""All but positive_data_acceptance: that a name is taken, or a time zone unknown, is in no schema."""

RUNNING: Final = frozenset(
    f"POST /api/v1/campaigns/{{campaign}}/{action}"
    for action in ("ad-sets", "approve", "launch", "pause", "resume", "reallocate", "raise-budget", "optimize")
) | {"DELETE /api/v1/campaigns/{campaign}/ad-sets/{adSet}"}
"""What a draft without published content cannot do: a conflict is all that these can come to here."""

Statuses = dict[str, Counter[int]]


@pytest.fixture(scope="module")
def served(settings: Settings) -> Iterator[str]:
    """The address of a server that lets itself be asked as often as anybody likes, from wherever they say they are."""
    ours = environment(
        UMT_DATA_DIR=str(settings.data_dir),
        UMT_EMBEDDED_PORT=str(settings.embedded_port),
        UMT_REQUESTS_PER_MINUTE="1000000",
        UMT_TRUSTED_PROXIES='["127.0.0.1"]',
    )
    command = [*UMT, "serve", "--no-sandbox", "--port", "0"]
    server = subprocess.Popen(command, env=ours, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout
    try:
        announced = server.stdout.readline()
        assert announced, f"the server ended with status {server.wait(timeout=60)}"
        yield json.loads(announced)["url"]
    finally:
        server.terminate()
        server.wait(timeout=60)


def checked(served: str, folder: Path, examples: int, *more: str) -> tuple[int, str, Statuses]:
    """The exit status, what was said, and the statuses that each operation answered with."""
    report = folder / "events.ndjson"
    done = subprocess.run(
        [
            str(installed("schemathesis") / "schemathesis"), "run", f"{served}/openapi.json",
            "--checks", ",".join(CHECKS), "--max-examples", str(examples), "--continue-on-failure",
            "--generation-database", "none", "--no-color",
            "--report", "ndjson", "--report-ndjson-path", str(report), *more,
        ],
        env=environment(SERVED_AT=served, PYTHONPATH=str(HOOKS), SCHEMATHESIS_HOOKS="hooks"),
        cwd=folder, capture_output=True, text=True, timeout=3600,
    )  # fmt: skip
    assert report.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr, _answered(report)


def _answered(report: Path) -> Statuses:
    answered: Statuses = defaultdict(Counter)
    for line in report.read_text().splitlines():
        recorded: dict[str, Any] = json.loads(line).get("ScenarioFinished", {}).get("recorder") or {}
        for interaction in recorded.get("interactions", {}).values():
            if interaction["response"] and "/" in recorded["label"]:  # else it is a chain of several operations
                answered[recorded["label"]][interaction["response"]["status_code"]] += 1
    return answered


def agrees(served: str, folder: Path, examples: int, *more: str) -> None:
    status, said, answered = checked(served, folder, examples, *more)
    assert status == 0, said
    document = httpx.get(f"{served}/openapi.json").json()
    operations = {f"{method.upper()} {path}" for path, known in document["paths"].items() for method in known}
    assert set(answered) == operations
    # Whoever is only ever refused at the door has not been tested.
    shut = {label: found for label, found in answered.items() if not any(s < 300 or s in (404, 409) for s in found)}
    assert shut == {}
    # A campaign of one's own is changed, and not only missed.
    changed = {label: found for label, found in answered.items() if "{campaign}" in label and label not in RUNNING}
    assert {label for label, found in changed.items() if not any(s < 300 for s in found)} == set()


def test_the_rest_side_keeps_to_its_schema(served: str, tmp_path: Path) -> None:
    agrees(served, tmp_path, 15, "--seed", "1")


@pytest.mark.soak
def test_the_rest_side_keeps_to_its_schema_in_500_examples_of_each_operation(served: str, tmp_path: Path) -> None:
    agrees(served, tmp_path, 500)
