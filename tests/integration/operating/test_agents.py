"""``umt agents`` and ``umt dead-letters --source agent``: the operator, over all workspaces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.people import Person
from typer.testing import CliRunner, Result

from umt.adapters.postgres.agent_places import checkpoint
from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.cli.main import app
from umt.domain.agent_run import (
    AgentRun,
    CommandIssued,
    DecisionMade,
    EffectAttempted,
    EffectFailed,
    EffectRequested,
    Evidence,
    Fact,
    FactsRead,
    Guardrail,
    RunCompleted,
    RunFailed,
    RunHeld,
    RunStarted,
)
from umt.domain.analytics.decision import Action
from umt.domain.analytics.expectation import Change, Effect
from umt.domain.event import Aggregate, Event
from umt.domain.platform import Platform
from umt.domain.recommendation import Recommendation, RecommendationMade
from umt.domain.recorded import Actor, ActorKind

AGENT = "content-ads"
NOWHERE = UUID(int=7)


def record(wired: System, person: Person, kind: type[Aggregate], stream: UUID, *events: Event) -> UUID:
    """Append what an agent records, and let the read models see it."""

    def work(tx: Transaction) -> None:
        tx.record(kind, stream, *events)

    wired.writer.run(Context(workspace=person.workspace, actor=Actor(ActorKind.AGENT, AGENT)), work).result()
    for projector in wired.projectors():
        if projector.projection.name in ("agent_runs", "agent_steps", "agent_recommendations"):
            projector.reach(wired.source.head())
    return stream


def run_of(wired: System, person: Person, *events: Event, subject: UUID | None = None) -> UUID:
    began = RunStarted(AGENT, uuid4(), "campaign.launched", 7, "campaign", subject or uuid4())
    return record(wired, person, AgentRun, uuid4(), began, *events)


def failed_run(wired: System, person: Person) -> UUID:
    return run_of(wired, person, RunFailed("KeyError: 'budget'"))


def recommended(wired: System, person: Person, *, expires_in: float = 72) -> UUID:
    made = RecommendationMade(
        run=uuid4(),
        agent=AGENT,
        campaign=uuid4(),
        change=Change(action=Action.PAUSE, platform=Platform.GOOGLE),
        reason="It brings nothing.",
        rule="pause_below",
        score=Decimal("0.2"),
        confidence=Decimal("0.8"),
        evidence=(),
        guardrails=(),
        expected=Effect(spend=Decimal(-100), outcome=Decimal(-2), outcome_unit="conversions", currency="EUR", days=7),
        asked_by=f"agent:{AGENT}",
        on=date(2026, 1, 10),
        expires_at=datetime.now(UTC) + timedelta(hours=expires_in),
    )
    return record(wired, person, Recommendation, uuid4(), made)


def umt(wired: System, *arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--data-dir", str(wired.settings.data_dir)])


def told(wired: System, *arguments: object) -> Any:
    done = umt(wired, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def ids(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["run"] for row in rows]


def test_runs_of_every_workspace_are_listed_the_newest_first(wired: System, pat: Person, sam: Person) -> None:
    first, second = run_of(wired, pat, RunHeld("It waits.")), run_of(wired, sam, RunCompleted())
    rows = told(wired, "agents", "runs", "--limit", 2)
    assert ids(rows) == [str(second), str(first)]
    assert [row["workspace"] for row in rows] == [str(sam.workspace), str(pat.workspace)]
    assert (rows[1]["status"], rows[1]["held_because"]) == ("held", "It waits.")
    assert str(first) in umt(wired, "agents", "runs").stdout


def test_runs_are_chosen_by_status_agent_and_campaign(wired: System, pat: Person) -> None:
    campaign = uuid4()
    held = run_of(wired, pat, RunHeld("It waits."), subject=campaign)
    run_of(wired, pat, subject=campaign)
    assert ids(told(wired, "agents", "runs", "--campaign", campaign, "--status", "held")) == [str(held)]
    assert len(told(wired, "agents", "runs", "--subject", campaign, "--agent", AGENT)) == 2
    assert told(wired, "agents", "runs", "--campaign", campaign, "--agent", "brand-project") == []


def test_a_run_is_shown_whole(wired: System, pat: Person) -> None:
    effect, again = uuid4(), datetime(2026, 3, 1, 12, tzinfo=UTC)
    run = run_of(
        wired,
        pat,
        FactsRead((Fact("campaign/1", "{}"),)),
        DecisionMade(
            "pause", "campaign", uuid4(), "It brings nothing.", "pause_below", target="google",
            evidence=(Evidence("clicks", "1000"),), guardrails=(Guardrail("Settled days", "at least 7 days", "3", False),),
        ),
        CommandIssued("Recommend", "{}", False, "FORBIDDEN: not allowed"),
        EffectRequested(effect, "SetBudget", '{"platform":"google"}'),
        EffectAttempted(effect, 1, "too many calls", again, "transient"),
    )  # fmt: skip
    seen = told(wired, "agents", "show", run)
    assert (seen["run"], seen["workspace"], seen["mode"]) == (str(run), str(pat.workspace), "live")
    assert (seen["trigger_type"], seen["trigger_position"], seen["facts"]) == ("campaign.launched", 7, ["campaign/1"])
    assert seen["decisions"][0]["guardrails"] == [
        {"name": "Settled days", "limit": "at least 7 days", "observed": "3", "met": False}
    ]
    assert (seen["commands"][0]["command"], seen["commands"][0]["accepted"]) == ("Recommend", False)
    (asked,) = seen["effects"]
    assert (asked["attempts"], asked["error_class"], asked["retry_at"]) == (1, "transient", "2026-03-01T12:00:00Z")
    said = umt(wired, "agents", "show", run).stdout
    for part in (
        "campaign.launched at position 7",
        "campaign/1",
        "clicks 1000",
        "not met",
        "FORBIDDEN",
        "too many calls",
    ):
        assert part in said
    assert "next try: 2026-03-01 12:00:00 UTC" in said


def test_a_failed_run_is_done_again_once(wired: System, pat: Person) -> None:
    run = failed_run(wired, pat)
    assert told(wired, "agents", "retry", run)["status"] == "held"
    last = wired.source.stream(run)[-1]
    assert (last.event.type_name, str(last.metadata.actor)) == ("agent_run.run_held", "system:operator")
    done = run_of(wired, pat, RunCompleted())
    refused = umt(wired, "agents", "retry", done)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "nothing to do again" in refused.stderr


def test_an_open_run_is_given_up_for_a_reason(wired: System, pat: Person) -> None:
    run = run_of(wired, pat, RunHeld("It waits."))
    assert umt(wired, "agents", "cancel", run).exit_code == 2
    assert umt(wired, "agents", "cancel", run, "--reason", "").exit_code == 2
    assert "is cancelled" in umt(wired, "agents", "cancel", run, "--reason", "Never mind.").stdout
    assert umt(wired, "agents", "cancel", run, "--reason", "Never mind.").exit_code == 1


def test_recommendations_are_listed_approved_and_rejected(wired: System, pat: Person) -> None:
    good, bad, late = recommended(wired, pat), recommended(wired, pat), recommended(wired, pat, expires_in=-1)
    rows = told(wired, "agents", "recommendations", "--state", "proposed", "--limit", 3)
    assert [row["recommendation"] for row in rows] == [str(late), str(bad), str(good)]
    assert (rows[0]["expected_outcome"], rows[0]["outcome_unit"]) == ("-2", "conversions")
    assert "pause google in" in umt(wired, "agents", "recommendations").stdout
    approved = told(wired, "agents", "approve", good)
    assert (approved["state"], approved["decided_by"]) == ("accepted", "system:operator")
    rejected = told(wired, "agents", "reject", bad, "--reason", "The fair is on.")
    assert (rejected["state"], rejected["rejection"]) == ("rejected", "The fair is on.")
    for refused in (umt(wired, "agents", "approve", late), umt(wired, "agents", "reject", good, "--reason", "No.")):
        assert (refused.exit_code, refused.stdout) == (1, "")


def test_an_agent_is_stopped_and_started_in_a_workspace(wired: System, pat: Person) -> None:
    switched = ("--workspace", pat.workspace)
    done = told(wired, "agents", "stop", AGENT, *switched, "--reason", "It spends too fast.")
    assert done == {"workspace": str(pat.workspace), "agent": AGENT, "stopped": True, "changed": True}
    assert "already" in umt(wired, "agents", "stop", AGENT, *switched, "--reason", "It spends too fast.").stdout
    assert told(wired, "agents", "start", AGENT, *switched)["stopped"] is False
    assert umt(wired, "agents", "start", AGENT, *switched).exit_code == 1
    assert told(wired, "agents", "stop", *switched, "--reason", "Holidays.")["agent"] == "*"
    assert "every agent is started" in umt(wired, "agents", "start", *switched).stdout


def test_an_agent_reads_the_log_again_in_the_shadow(wired: System, pat: Person) -> None:
    failed_run(wired, pat)
    with wired.as_worker() as connection:
        before, _, turn = checkpoint(connection, "brand-project")
        if before < 2:
            connection.execute("UPDATE umt.agent_checkpoint SET position = umt.head() WHERE agent = 'brand-project'")
            before, _, turn = checkpoint(connection, "brand-project")
    done = told(wired, "agents", "rebuild", "brand-project", "--from", 2)
    assert done == {"agent": "brand-project", "from": 2, "shadow_until": before}
    with wired.as_worker() as connection:
        assert checkpoint(connection, "brand-project") == (1, before, turn + 1)
    ahead = umt(wired, "agents", "rebuild", "brand-project", "--from", before + 1000)
    assert ahead.exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", NOWHERE),
        ("retry", NOWHERE),
        ("cancel", NOWHERE, "--reason", "No."),
        ("approve", NOWHERE),
        ("reject", NOWHERE, "--reason", "No."),
        ("stop", "--workspace", NOWHERE, "--reason", "No."),
        ("start", "--workspace", NOWHERE),
        ("runs", "--agent", "nobody"),
        ("stop", "nobody", "--workspace", NOWHERE, "--reason", "No."),
        ("rebuild", "nobody", "--from", 1),
        ("show", "nonsense"),
    ],
    ids=lambda arguments: " ".join(map(str, arguments)),
)
def test_what_is_unknown_is_said_in_a_sentence(wired: System, arguments: tuple[object, ...]) -> None:
    refused = umt(wired, "agents", *arguments, "--json")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.strip()


def test_a_thing_of_another_kind_is_no_run(wired: System, pat: Person) -> None:
    recommendation, run = recommended(wired, pat), failed_run(wired, pat)
    assert umt(wired, "agents", "show", recommendation).exit_code == 2
    assert umt(wired, "agents", "retry", pat.workspace).exit_code == 2
    assert umt(wired, "agents", "approve", run).exit_code == 2


def test_runs_that_failed_are_dead_letters(wired: System, pat: Person) -> None:
    broken, effect = failed_run(wired, pat), uuid4()
    asked = EffectRequested(effect, "SetBudget", "{}")
    unreadable = run_of(wired, pat, asked, EffectFailed(effect, 1, "cannot be read", "fatal"), RunCompleted())
    run_of(wired, pat, asked, EffectFailed(effect, 1, "refused", "client"), RunCompleted())
    source = ("--source", "agent")
    found = {
        row["run"] for row in told(wired, "dead-letters", "list", *source) if row["workspace"] == str(pat.workspace)
    }
    assert found == {str(broken), str(unreadable)}
    assert told(wired, "dead-letters", "show", broken, *source)["last_error"] == "KeyError: 'budget'"
    assert told(wired, "dead-letters", "retry", broken, *source) == [
        {"run": str(broken), "retried": True, "error": None}
    ]
    again = umt(wired, "dead-letters", "retry", run_of(wired, pat, RunCompleted()), *source, "--json")
    assert (again.exit_code, json.loads(again.stdout)[0]["retried"]) == (1, False)
    assert umt(wired, "dead-letters", "discard", broken, *source).exit_code == 2
    assert umt(wired, "dead-letters", "list", *source, "--projection", "brands").exit_code == 2
    everything = umt(wired, "dead-letters", "retry", *source)
    assert str(unreadable) in everything.stdout
