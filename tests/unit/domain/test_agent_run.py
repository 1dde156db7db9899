"""AgentRun: one reaction of an agent; outcomes count once."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from msgspec.structs import replace
from tests.given import given
from tests.unit.domain.stories import CAMPAIGN, at

from umt.domain import agent_run as decide
from umt.domain.agent_run import (
    CommandIssued,
    DecisionMade,
    EffectAttempted,
    EffectCancelled,
    EffectFailed,
    EffectHeld,
    EffectRequested,
    EffectRetried,
    EffectStatus,
    EffectSucceeded,
    EffectWithheld,
    Fact,
    FactsRead,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunHeld,
    RunMode,
    RunStarted,
)
from umt.domain.errors import AlreadyExists, NotFound, NotReady
from umt.domain.event import Event

TRIGGER, FIRST, SECOND, UNKNOWN = UUID(int=20), UUID(int=21), UUID(int=22), UUID(int=23)
STARTED = RunStarted("content-ads", TRIGGER, "campaign.launched", 7, "campaign", CAMPAIGN)
ASKED = (STARTED, EffectRequested(FIRST, "CreateAd", "{}"), EffectRequested(SECOND, "CreateAd", "{}"))


def test_a_run_knows_what_set_it_off() -> None:
    given().when(decide.start, "content-ads", TRIGGER, "campaign.launched", 7, "campaign", CAMPAIGN).then(
        STARTED
    ).then_state(agent="content-ads", trigger=TRIGGER, subject=CAMPAIGN, completed=False)


def test_a_reaction_happens_once() -> None:
    given(STARTED).when(decide.start, "content-ads", TRIGGER, "campaign.launched", 7, "campaign", CAMPAIGN).then_fails(
        AlreadyExists
    )


def test_a_run_keeps_every_fact_it_saw_and_the_latest_answer_of_each() -> None:
    given(STARTED, FactsRead((Fact("a", "1"), Fact("b", "2"))), FactsRead((Fact("b", "3"),))).then_state(
        facts={"a": "1", "b": "3"}
    )


@pytest.mark.parametrize(
    "event",
    [
        DecisionMade("hold", "campaign", CAMPAIGN, "nothing to do", "nothing_to_do", score=Decimal("0.5")),
        CommandIssued("PausePlatform", "{}", False, "WRONG_STATUS: the campaign is archived"),
    ],
    ids=["decision", "rejected command"],
)
def test_what_was_decided_is_on_record_and_changes_no_effect(event: Event) -> None:
    assert given(*ASKED, event).state == given(*ASKED).state


def test_an_effect_succeeds_once() -> None:
    given(*ASKED).when(decide.succeed, FIRST, 1, '{"id":"9"}').then(EffectSucceeded(FIRST, 1, '{"id":"9"}')).then_state(
        lambda run: run.effect(FIRST).status is EffectStatus.SUCCEEDED
    ).when(decide.succeed, FIRST, 2, '{"id":"10"}').then_nothing()


def test_a_late_outcome_changes_nothing() -> None:
    done = given(*ASKED, EffectSucceeded(FIRST, 1, "{}"))
    done.when(decide.fail, FIRST, 2, "timed out").then_nothing()
    done.when(decide.note_attempt, FIRST, 2, "timed out", None).then_nothing()
    given_up = given(*ASKED, EffectFailed(FIRST, 8, "given up"))
    given_up.when(decide.succeed, FIRST, 9, "{}").then_nothing()
    given_up.when(decide.fail, FIRST, 9, "again").then_nothing()


def test_a_failed_try_is_noted_and_the_effect_stays_open() -> None:
    later = at("2026-03-02T02:00:05Z")
    given(*ASKED).when(decide.note_attempt, FIRST, 1, "503", later).then(
        EffectAttempted(FIRST, 1, "503", later)
    ).then_state(lambda run: run.effect(FIRST) in run.pending and run.effect(FIRST).attempts == 1)


def test_an_effect_fails_for_good_with_its_reason() -> None:
    given(*ASKED).when(decide.fail, FIRST, 1, "policy").then(EffectFailed(FIRST, 1, "policy")).then_state(
        lambda run: [effect.id for effect in run.pending] == [SECOND]
    )


def test_a_long_error_is_cut() -> None:
    given(*ASKED).when(decide.fail, FIRST, 1, "x" * 5000).then(EffectFailed(FIRST, 1, "x" * 2000))
    given(*ASKED).when(decide.note_attempt, FIRST, 1, "x" * 5000, None).then(
        EffectAttempted(FIRST, 1, "x" * 2000, None)
    )


def test_an_outcome_belongs_to_an_effect_of_the_run() -> None:
    given(*ASKED).when(decide.succeed, UNKNOWN, 1, "{}").then_fails(NotFound)
    given(*ASKED).when(decide.fail, UNKNOWN, 1, "no").then_fails(NotFound)
    given(*ASKED).when(decide.note_attempt, UNKNOWN, 1, "no", None).then_fails(NotFound)


def test_a_run_is_complete_when_no_effect_is_open() -> None:
    one_left = given(*ASKED, EffectSucceeded(FIRST, 1, "{}"))
    one_left.when(decide.complete).then_nothing()
    one_left.when(decide.fail, SECOND, 1, "policy").when(decide.complete).then(RunCompleted()).when(
        decide.complete
    ).then_nothing()


def test_a_run_without_effects_is_complete_at_once() -> None:
    given(STARTED).when(decide.complete).then(RunCompleted())


def test_what_waits_is_said_once_for_each_reason() -> None:
    given(*ASKED).when(decide.hold, FIRST, "stopped").then(EffectHeld(FIRST, "stopped")).then_state(
        lambda run: run.effect(FIRST) in run.pending
    ).when(decide.hold, FIRST, "stopped").then_nothing()
    given(*ASKED, EffectHeld(FIRST, "stopped")).when(decide.succeed, FIRST, 1, "{}").then(
        EffectSucceeded(FIRST, 1, "{}")
    )


def test_cancelling_gives_up_what_is_open_and_a_late_outcome_changes_nothing() -> None:
    cancelled = given(*ASKED, EffectSucceeded(FIRST, 1, "{}")).when(decide.cancel, "too late")
    cancelled.then(EffectCancelled(SECOND, "too late"))
    cancelled.when(decide.succeed, SECOND, 1, "{}").then_nothing()
    given(STARTED, RunHeld("stopped")).when(decide.cancel, "too late").then(RunCancelled("too late"))
    given(STARTED, RunCompleted()).when(decide.cancel, "too late").then_fails(NotReady)


def test_what_did_not_end_well_is_tried_again_with_its_tries_counted_anew() -> None:
    ended = (EffectAttempted(FIRST, 1, "503", None), EffectFailed(FIRST, 2, "503"), EffectSucceeded(SECOND, 1, "{}"))
    given(*ASKED, *ended, RunCompleted()).when(decide.retry).then(EffectRetried(FIRST)).then_state(
        lambda run: not run.completed and (run.effect(FIRST).attempts, run.effect(FIRST).tries) == (2, 0)
    )
    given(*ASKED, EffectWithheld(FIRST, "dry run")).when(decide.retry).then(EffectRetried(FIRST))
    given(*ASKED).when(decide.retry).then_fails(NotReady)


def test_a_reaction_that_broke_off_is_taken_up_again() -> None:
    again = given(STARTED, RunFailed("KeyError: 'google'")).when(decide.retry)
    again.then(RunHeld("somebody has it taken up again"))
    again.when(decide.complete).then_nothing()


def test_in_the_shadow_there_is_nothing_to_do_again() -> None:
    shadow = replace(STARTED, mode=RunMode.SHADOW)
    asked = EffectRequested(FIRST, "CreateAd", "{}")
    given(shadow, asked, EffectWithheld(FIRST, "shadow")).when(decide.retry).then_fails(NotReady)


def test_a_run_that_broke_off_is_over() -> None:
    given(STARTED, RunFailed("KeyError: 'google'")).then_state(completed=True).when(decide.complete).then_nothing()
