"""What agents did for two weeks, decided again from the record: nobody outside is asked, nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.integration.agents.conftest import Marketer, Outside
from tests.integration.agents.test_campaign import launched

from umt.application.commands.agents import StartAgent, StopAgent
from umt.application.commands.campaign import ReallocateBudget
from umt.bootstrap import System
from umt.domain.agent_run import RunStarted
from umt.domain.campaign import CampaignLaunched, OptimizationRequested
from umt.domain.money import Money
from umt.domain.platform import Platform

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
def history(wired: System, outside: Outside) -> History:
    outside.faults(profile="none")
    marketer = Marketer(wired)
    campaign = launched(marketer, outside)
    for day in range(14):
        if day == 5:
            marketer.does(StopAgent(agent="content-ads", reason="let it wait"))
        outside.advance(wired)
        if day == 5:
            marketer.does(StartAgent(agent="content-ads"))
        if day == 2:
            marketer.does(
                ReallocateBudget(
                    campaign=campaign,
                    source=Platform.LINKEDIN,
                    target=Platform.GOOGLE,
                    amount=Money.parse("50 EUR"),
                    reason="we know better",
                )
            )
        marketer.at_rest()
    return History(marketer, outside, campaign)


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


# What if


def launched_at(history: History) -> int:
    log = history.marketer.log()
    return next(each.position for each in log if isinstance(each.event, CampaignLaunched))


def branched(history: History, *arguments: str) -> Any:
    told = history.umt(
        "agents", "what-if", str(history.campaign), "--at", str(launched_at(history)), *arguments, "--json"
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_under_the_same_settings_all_is_decided_as_it_was(history: History) -> None:
    before = history.state_of_things()
    answer = branched(history)
    assert len(answer["decisions"]) > 10
    assert [each for each in answer["decisions"] if not each["same"]] == []
    assert answer["then"] == answer["branch"]
    assert all(end["allocated_then"] == end["allocated_branch"] for end in answer["platforms"])
    assert answer["not_possible"] == []
    assert history.state_of_things() == before
    assert schemas(history) == []


@pytest.mark.parametrize("days", [4, 9])
def test_wherever_it_branches_the_same_settings_decide_the_same(history: History, days: int) -> None:
    requests = [e.position for e in history.marketer.log() if isinstance(e.event, OptimizationRequested)]
    for position in range(requests[days], requests[days] + 8, 3):
        told = history.umt("agents", "what-if", str(history.campaign), "--at", str(position), "--json")
        answer = json.loads(told.stdout)
        assert answer["decisions"]
        assert (answer["differing"], answer["then"]) == (0, answer["branch"]), position


def test_a_stricter_guardrail_moves_less(history: History) -> None:
    answer = branched(history, "--set", "guardrail.step_of_platform=0.05")
    assert 0 < Decimal(answer["branch"]["moved"]) < Decimal(answer["then"]["moved"])
    assert answer["differing"] > 0
    assert "really seen" in answer["caution"]
    state = history.marketer.state(history.campaign)
    sums = [sum(Decimal(e[f"allocated_{of}"]) for e in answer["platforms"]) for of in ("then", "branch")]
    reserves = [Decimal(answer[of]["reserve"]) for of in ("then", "branch")]
    assert [a + b for a, b in zip(sums, reserves, strict=True)] == [state.total_budget.amount] * 2


def test_a_loosened_guardrail_moves_more_although_the_stricter_of_two_holds(history: History) -> None:
    answer = branched(history, "--set", "guardrail.step_of_platform=0.9", "--set", "guardrail.step_of_total=0.5")
    assert Decimal(answer["branch"]["moved"]) > Decimal(answer["then"]["moved"])


def test_what_would_have_needed_a_person_waits_for_one(history: History) -> None:
    answer = branched(history, "--set", "policy.threshold=1 EUR", "--set", "policy.approval_hours=24")
    assert Decimal(answer["branch"]["moved"]) == 0
    kept = answer["branch"]["recommendations"]
    assert kept.get("proposed", 0) + kept.get("expired", 0) > 0
    assert len(answer["waiting"]) == kept.get("proposed", 0)


def test_in_a_dry_run_nothing_moves(history: History) -> None:
    answer = branched(history, "--set", "policy.dry_run=true")
    assert Decimal(answer["branch"]["moved"]) == 0
    assert set(answer["branch"]["recommendations"]) == {"simulated"}


def test_the_scratch_schema_is_kept_only_when_asked_and_only_for_the_owner(history: History) -> None:
    answer = branched(history, "--keep")
    (schema,) = schemas(history)
    assert answer["schema"] == schema
    with history.marketer.system.as_owner() as owner:
        name = schema.encode()
        (decisions,) = owner.execute(b"SELECT count(*) FROM " + name + b".decision").fetchone() or (0,)
        origins = owner.execute(b"SELECT DISTINCT origin FROM " + name + b".event ORDER BY 1").fetchall()
        assert decisions == len(answer["decisions"])
        assert origins == [("branch",), ("history",)]
        for role in ("umt_app", "umt_worker", "umt_data"):
            row = owner.execute("SELECT has_schema_privilege(%s, %s, 'USAGE')", (role, schema)).fetchone()
            assert row == (False,)
        owner.execute(b"DROP SCHEMA " + name + b" CASCADE")


def schemas(history: History) -> list[str]:
    with history.marketer.system.as_owner() as owner:
        rows = owner.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'umt_what_if%'").fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize(
    ("at", "arguments", "said"),
    [
        ("1", (), "must be from"),
        ("99999999", (), "must be from"),
        ("", ("--until", "99999999"), "until: must be from"),
        ("", ("--set", "guardrail.cooldown_days=0"), "must be between 1 and 90 days, not 0"),
        ("", ("--set", "guardrail.cooldown_days=1.5"), "must be a whole number of days"),
        ("", ("--set", "guardrail.nothing=1"), "there is no such guardrail; there are settling_days"),
        ("", ("--set", "policy.pause=1"), "there is no such setting; there are guardrail.settling_days"),
        ("", ("--set", "policy.dry_run=perhaps"), "must be true or false, not perhaps"),
        ("", ("--set", "policy.approval_hours=0"), "between 1 and 720"),
        ("", ("--set", "policy.threshold=a lot"), "umt: "),
        ("", ("--set", "policy.dry_run"), "write it as NAME=VALUE"),
    ],
)
def test_what_cannot_be_supposed_is_said(history: History, at: str, arguments: tuple[str, ...], said: str) -> None:
    told = history.umt("agents", "what-if", str(history.campaign), "--at", at or str(launched_at(history)), *arguments)
    assert (told.returncode, "Traceback" in told.stderr) == (2, False), told.stderr
    assert said in told.stderr


def test_a_campaign_that_is_not_there_is_said(history: History) -> None:
    told = history.umt("agents", "what-if", str(UUID(int=7)), "--at", "5")
    assert told.returncode == 2
    assert "campaign" in told.stderr
