"""What agents did for two weeks, decided again from the record: nobody outside is asked, nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from tests.integration.agents.conftest import Marketer, Outside
from tests.integration.agents.test_campaign import launched

from umt.application.commands.agents import StartAgent, StopAgent
from umt.bootstrap import System
from umt.domain.agent_run import RunStarted

ALONE = """
import socket
def refuse(*_):
    raise AssertionError("somebody outside was asked")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""
"""The database is reached over libpq, everybody else over these."""
RUN = """
from umt.cli.main import main
main()
"""


class History:
    """A campaign that ran for two weeks, and a command that looks at it without the outside."""

    def __init__(self, marketer: Marketer, outside: Outside, campaign: UUID) -> None:
        self.marketer, self.outside, self.campaign = marketer, outside, campaign

    def umt(self, *arguments: str, changed: str = "") -> subprocess.CompletedProcess[str]:
        """``changed``: Python that changes the code before the command runs."""
        folder = str(self.marketer.system.settings.data_dir)
        return subprocess.run(
            [sys.executable, "-c", ALONE + changed + RUN, *arguments, "--data-dir", folder],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def state_of_things(self) -> dict[str, Any]:
        """What must be as it was after something that only looks."""
        with self.marketer.system.as_worker() as worker:
            jobs = worker.execute("SELECT count(*), max(id) FROM jobs.procrastinate_jobs").fetchone()
            timers = worker.execute("SELECT count(*), count(*) FILTER (WHERE fired) FROM umt.timer").fetchone()
        ledger = len(self.outside.ledger(action="create")), len(self.outside.ledger(action="update"))
        return {"head": self.marketer.system.source.head(), "jobs": jobs, "timers": timers, "ledger": ledger}


@pytest.fixture(scope="module")
def history(wired: System, outside: Outside) -> Iterator[History]:
    outside.faults(profile="none")
    marketer = Marketer(wired)
    campaign = launched(marketer, outside)
    for day in range(14):
        if day == 5:
            marketer.does(StopAgent(agent="content-ads", reason="let it wait"))
        outside.advance(wired)
        if day == 5:
            marketer.does(StartAgent(agent="content-ads"))
        marketer.at_rest()
    yield History(marketer, outside, campaign)


def test_a_replay_of_everything_finds_every_decision_as_it_was(history: History) -> None:
    before = history.state_of_things()
    told = history.umt("agents", "replay", "--json")
    assert (told.returncode, told.stderr.count("Traceback")) == (0, 0), told.stderr + told.stdout
    runs = [each for each in history.marketer.log() if isinstance(each.event, RunStarted)]
    found = json.loads(told.stdout)
    assert found["changed"] == 0
    assert found["differing"] == []
    assert found["runs"] >= len(runs) > 20
    assert history.state_of_things() == before


def test_a_changed_rule_is_shown_with_its_reasons_then_and_now(history: History) -> None:
    changed = (
        "from decimal import Decimal\nimport umt.domain.analytics.optimisation as o\no.RAISE_ABOVE = Decimal('0.99')\n"
    )
    workspace = str(history.marketer.workspace)
    told = history.umt("agents", "replay", "--workspace", workspace, "--json", changed=changed)
    assert told.returncode == 1, told.stderr
    found = json.loads(told.stdout)
    assert 0 < found["changed"] < found["runs"]
    run = found["differing"][0]
    assert run["agent"] == "content-ads"
    decision = run["differences"][0]
    assert decision["then"]["content"]["reason"]
    one = history.umt("agents", "replay", run["run"], changed=changed)
    assert one.returncode == 1
    assert "1 run replayed: 1 would go otherwise now." in one.stdout
    assert history.umt("agents", "replay", run["run"]).returncode == 0


def test_a_replay_keeps_to_its_period_its_agent_and_its_workspace(history: History) -> None:
    def runs(*arguments: str) -> int:
        return int(json.loads(history.umt("agents", "replay", *arguments, "--json").stdout)["runs"])

    workspace = ("--workspace", str(history.marketer.workspace))
    log = [each for each in history.marketer.log() if isinstance(each.event, RunStarted)]
    tenth = log[9]
    assert runs(*workspace) == len(log)
    assert runs(*workspace, "--until", str(tenth.position)) == 10
    assert runs(*workspace, "--since", str(tenth.position)) == len(log) - 10
    assert runs(*workspace, "--since", tenth.recorded_at.isoformat()) <= len(log) - 10
    assert runs(*workspace, "--agent", "brand-project") == sum(e.event.agent == "brand-project" for e in log)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((str(UUID(int=5)),), "there is no run"),
        (("--agent", "nobody"), "there is no agent 'nobody'"),
        (("--since", "yesterday"), "--since 'yesterday' is neither a position nor a time"),
        ((str(UUID(int=5)), "--since", "1"), "a run is named by its id alone"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(history: History, arguments: tuple[str, ...], said: str) -> None:
    told = history.umt("agents", "replay", *arguments)
    assert told.returncode == 2
    assert said in told.stderr
