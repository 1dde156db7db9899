"""Agents' reactions over GraphQL: those that wait, are given up and are done again, told as it happens."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace
from tests.integration.api.client import Caller
from tests.integration.api.following import Socket
from tests.integration.api.recording import decided, runs, started

from umt.bootstrap import System
from umt.domain.agent_run import (
    EffectAttempted,
    EffectCancelled,
    EffectFailed,
    EffectHeld,
    EffectRequested,
    EffectRetried,
    EffectWithheld,
    RunCancelled,
    RunCompleted,
    RunHeld,
    RunMode,
    RunReleased,
)

RUN = """query($id: ID!, $p: String) { agentRun(id: $id, atLeast: $p) {
    status mode heldBecause pendingEffects failedEffects lastError version effects { status errorClass error } } }"""
WANTED = "status heldBecause pendingEffects failedEffects version completedAt"
SAID = "errors { message ... on %sError { code } }"


@pytest.fixture
def campaign(caller: Caller) -> str:
    return caller.campaign(caller.brand())


def asked_for(effect: UUID) -> EffectRequested:
    return EffectRequested(effect, "SetBudget", '{"platform":"google"}')


def test_a_reaction_that_waits_says_for_what_and_is_given_up(wired: System, caller: Caller, campaign: str) -> None:
    run = uuid4()
    position = runs(wired, caller, (run, [started(campaign), RunHeld("It spends too fast.")]))
    seen = caller.asks(RUN, id=str(run), p=position)["agentRun"]
    assert (seen["status"], seen["heldBecause"], seen["mode"]) == ("HELD", "It spends too fast.", "LIVE")
    waiting = caller.asks("{ agentRuns(filter: {statuses: [HELD]}, first: 9) { nodes { id } } }")["agentRuns"]["nodes"]
    assert waiting == [{"id": str(run)}]
    done = caller.mutates("cancelRun", {"run": str(run), "reason": "Never mind."}, f"position run {{ {WANTED} }}")
    assert (done["run"]["status"], done["run"]["heldBecause"]) == ("CANCELLED", None)
    assert caller.asks(f"query($i: ID!, $p: String) {{ agentRun(id: $i, atLeast: $p) {{ {WANTED} }} }}", i=str(run), p=done["position"]) == {
        "agentRun": done["run"]
    }  # fmt: skip


def test_effects_tell_why_they_wait_failed_or_were_not_sent(wired: System, caller: Caller, campaign: str) -> None:
    run, held, failed, kept = uuid4(), *sorted(uuid4() for _ in range(3))
    position = runs(
        wired,
        caller,
        (
            run,
            [
                started(campaign),
                *map(asked_for, (held, failed, kept)),
                EffectHeld(held, "Google is left alone for a while."),
                EffectAttempted(failed, 1, "busy", None, "transient"),
                EffectFailed(failed, 2, "no such account", "client"),
                EffectWithheld(kept, "not sent: dry run"),
            ],
        ),
    )
    seen = caller.asks(RUN, id=str(run), p=position)["agentRun"]
    assert seen["effects"] == [
        {"status": "HELD", "errorClass": None, "error": "Google is left alone for a while."},
        {"status": "FAILED", "errorClass": "CLIENT", "error": "no such account"},
        {"status": "WITHHELD", "errorClass": None, "error": "not sent: dry run"},
    ]
    assert (seen["status"], seen["pendingEffects"], seen["failedEffects"]) == ("RUNNING", 1, 1)


def test_a_reaction_is_done_again(wired: System, caller: Caller, campaign: str) -> None:
    run, effect = uuid4(), uuid4()
    events = [started(campaign), asked_for(effect), EffectFailed(effect, 1, "refused"), RunCompleted()]
    runs(wired, caller, (run, events))
    done = caller.mutates("retryRun", {"run": str(run)}, f"run {{ {WANTED} }}")["run"]
    assert (done["status"], done["pendingEffects"], done["failedEffects"]) == ("RUNNING", 1, 0)
    again = caller.mutates("retryRun", {"run": str(run)}, f"run {{ id }} {SAID % 'RetryRun'}")
    assert (again["run"], again["errors"][0]["code"]) == (None, "NOT_READY")
    done = caller.mutates("cancelRun", {"run": str(run), "reason": "Enough."}, "run { pendingEffects }")["run"]
    assert done == {"pendingEffects": 0}
    assert caller.refusal("cancelRun", {"run": str(run), "reason": "Enough."}) == "NOT_READY"


def test_a_run_in_the_shadow_is_marked(wired: System, caller: Caller, campaign: str) -> None:
    run = uuid4()
    position = runs(wired, caller, (run, [replace(started(campaign), mode=RunMode.SHADOW), decided(campaign)]))
    assert caller.asks(RUN, id=str(run), p=position)["agentRun"]["mode"] == "SHADOW"
    assert caller.refusal("retryRun", {"run": str(run)}) == "NOT_READY"


def test_a_run_of_another_workspace_is_nowhere(wired: System, caller: Caller, stranger: Caller, campaign: str) -> None:
    run = uuid4()
    runs(wired, caller, (run, [started(campaign), RunHeld("It waits.")]))
    assert stranger.refusal("cancelRun", {"run": str(run), "reason": "No."}) == "NOT_FOUND"
    assert stranger.refusal("retryRun", {"run": str(run)}) == "NOT_FOUND"


def test_a_reactions_every_step_is_told_as_it_happens(wired: System, caller: Caller, campaign: str) -> None:
    run, effect, kept = uuid4(), uuid4(), uuid4()
    runs(wired, caller, (run, [started(campaign), RunHeld("It waits.")]))
    document = "subscription($r: ID!) { agentRunEvents(id: $r) { entry { eventType text } } }"
    with Socket.of(caller) as speaking:
        speaking.subscribes(document, r=str(run))
        assert [speaking.next()["agentRunEvents"]["entry"]["eventType"] for _ in range(2)] == [
            "agent_run.run_started",
            "agent_run.run_held",
        ]
        later = [
            RunReleased(),
            asked_for(effect),
            EffectHeld(effect, "Google is left alone."),
            EffectCancelled(effect, "Never mind."),
            EffectRetried(effect),
            asked_for(kept),
            EffectWithheld(kept, "not sent: dry run"),
            RunCancelled("Enough."),
        ]
        runs(wired, caller, (run, later))
        told = [speaking.next()["agentRunEvents"]["entry"] for _ in later]
    assert [each["eventType"] for each in told] == [type(event).type_name for event in later]
    assert all(each["text"] for each in told)
