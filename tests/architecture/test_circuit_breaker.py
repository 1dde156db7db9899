"""Usage example "Circuit Breaker", in this project's shape.

Calls to the outside are durable jobs. A failure has a type: what may pass is tried again later and a limited number
of times, what will not is told to the agent at once. Around each call is the breaker of its service, which all workers share:
after so many failures in a row nothing is sent for a while, then one call probes whether the service is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from tests.architecture.wiring import System, TwoLiner
from tests.unit.domain.stories import BRAND, BRIEF, CONTENT, STRATEGY, brand, requested_content

from umt.adapters import jobs
from umt.adapters.breakers import FRESH_SECONDS, SharedBreakers
from umt.adapters.jobs import PATIENCE, backoff
from umt.adapters.postgres.breaker_rows import BreakerRows, Change, Counts
from umt.adapters.writers import make_writer
from umt.adapters.writers.offline import OfflineWriter
from umt.application.agents.content_creation import agent as content_agent
from umt.application.breakers import Breaker, Policy, State
from umt.application.ports import BreakerOpen, ErrorClass, OutcomeUnknown, OutsideError, Refused, Transient
from umt.domain.agent_run import DecisionMade, EffectAttempted, EffectFailed, EffectHeld, EffectSucceeded
from umt.domain.content import Content, Status, StrategyProposed
from umt.domain.event import Event, fold

MOST = PATIENCE[ErrorClass.TRANSIENT].tries


def waiting(texts: TwoLiner) -> System:
    """A system in which variations wait to be written."""
    system = System(texts)
    system.memory.happened(BRAND, *brand())
    proposed = system.memory.happened(CONTENT, *requested_content(), StrategyProposed(STRATEGY))
    system.agents.react(content_agent, proposed).result()
    return system


def recorded(system: System, kind: type[Event]) -> list[Event]:
    return [each.event for each in system.memory.log if isinstance(each.event, kind)]


def test_how_often_and_when_a_service_is_tried_again_is_said_in_one_place() -> None:
    patience = PATIENCE[ErrorClass.TRANSIENT]
    waits = [backoff(tries, patience).total_seconds() for tries in range(1, patience.tries)]
    for tries, seconds in enumerate(waits[:9], 1):
        assert 0.4 * 2 ** (tries - 1) <= seconds <= 0.6 * 2 ** (tries - 1)
    assert 3600 <= sum(waits) <= 3 * 3600, "a platform may be away for an hour or two"
    assert backoff(1, patience, retry_after=30).total_seconds() >= 30
    assert backoff(100, patience).total_seconds() <= 360


class Shelf(BreakerRows):
    """Where workers find each other's breakers: a dictionary in place of the database, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.breakers: dict[str, Breaker] = {}
        self.now = datetime(2026, 3, 10, 12, tzinfo=UTC)

    def state(self, service: str) -> State:
        return self.breakers[service].state

    def read(self, service: str) -> tuple[Breaker, datetime]:
        return self.breakers.get(service, Breaker()), self.now

    def change(self, service: str, change: Change) -> tuple[Breaker, datetime]:
        self.breakers[service] = change(self.breakers.get(service, Breaker()), self.now)
        return self.read(service)

    def add(self, counts: Mapping[str, Counts]) -> None:
        """Totals are not looked at here."""

    def close(self) -> None:
        """There is nothing to close."""


async def test_a_service_that_keeps_failing_is_left_alone_and_probed_when_its_time_is_over() -> None:
    shelf, policy = Shelf(), Policy(failures=5, reset=timedelta(seconds=30))
    here, there = (SharedBreakers(shelf, policy) for _ in range(2))
    sent = 0

    async def call(worker: SharedBreakers, failure: Exception | None = None) -> None:
        nonlocal sent
        async with worker.call("meta", longest=15):
            sent += 1
            if failure:
                raise failure

    for worker in (here, there, here, there, here):
        with pytest.raises(Transient, match="503"):
            await call(worker, Transient("503"))
    for worker in (here, there):
        with pytest.raises(BreakerOpen) as refused:
            await call(worker)
        assert refused.value.retry_after == pytest.approx(30, abs=1)
    assert sent == 5, "nothing is sent while it is open"

    shelf.now += policy.reset
    await asyncio.sleep(FRESH_SECONDS)
    with pytest.raises(Transient, match="503"):
        await call(there, Transient("503"))
    assert shelf.state("meta") is State.OPEN, "the probe failed"

    shelf.now += policy.reset
    await asyncio.sleep(FRESH_SECONDS)
    await call(here)
    assert shelf.state("meta") is State.CLOSED, "the probe was answered"
    await call(there)
    here.close()
    there.close()


async def test_a_refusal_or_a_fault_of_ours_opens_no_breaker() -> None:
    shelf = Shelf()
    breakers = SharedBreakers(shelf, Policy(failures=1))
    for failure in (Refused("the key was revoked"), ValueError("ours")):
        with pytest.raises(type(failure)):
            async with breakers.call("meta", longest=15):
                raise failure
    assert shelf.breakers == {}
    breakers.close()


async def test_a_call_that_works_is_made_once() -> None:
    texts = TwoLiner()
    system = waiting(texts)
    assert await system.attempt()
    assert await system.attempt(), "the job runs again after a crash and finds its outcome"
    assert texts.calls == 1
    assert len(recorded(system, EffectSucceeded)) == 1


@pytest.mark.parametrize("failure", [Transient("503"), OutcomeUnknown("timed out")], ids=["transient", "unknown"])
async def test_a_failure_that_may_pass_is_tried_again(failure: OutsideError) -> None:
    system = waiting(TwoLiner(failure, failure))
    assert [await system.attempt() for _ in range(3)] == [False, False, True]
    assert len(recorded(system, EffectAttempted)) == 2
    assert len(recorded(system, EffectSucceeded)) == 1


async def test_waiting_for_a_service_that_is_left_alone_is_no_try_and_has_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = waiting(TwoLiner(*[BreakerOpen("meta", 30)] * 3))
    assert [await system.attempt() for _ in range(2)] == [False, False]
    assert recorded(system, EffectAttempted) == []
    (held,) = recorded(system, EffectHeld)
    assert isinstance(held, EffectHeld)
    assert held.since is not None
    monkeypatch.setattr(jobs, "LONGEST_WAIT", timedelta())
    assert await system.attempt()
    (failed,) = recorded(system, EffectFailed)
    assert isinstance(failed, EffectFailed)
    assert failed.error.startswith("given up after 0 hours without a try")


async def test_a_service_that_stays_away_is_given_up_and_what_stands_is_kept() -> None:
    texts = TwoLiner(*[Transient("503")] * 100)
    system = waiting(texts)
    tries = [await system.attempt() for _ in range(MOST)]
    assert tries == [False] * (MOST - 1) + [True]
    assert texts.calls == MOST
    (failed,) = recorded(system, EffectFailed)
    assert isinstance(failed, EffectFailed)
    assert failed.error == f"given up after {MOST} attempts: 503"
    assert system.memory.state(Content, CONTENT).status is Status.PLANNED


async def test_a_refusal_is_not_tried_again_and_its_words_are_on_record() -> None:
    texts = TwoLiner(Refused("the key was revoked"))
    system = waiting(texts)
    assert await system.attempt()
    assert texts.calls == 1
    (failed,) = recorded(system, EffectFailed)
    assert isinstance(failed, EffectFailed)
    assert failed.error == "the key was revoked"
    (alert,) = recorded(system, DecisionMade)
    assert isinstance(alert, DecisionMade)
    assert "the key was revoked" in alert.reason


async def test_without_a_language_model_the_rules_write() -> None:
    texts = make_writer(api_key=None, base_url=None, model="any")
    assert isinstance(texts, OfflineWriter)
    strategy, written = await texts.strategy(fold(brand()), BRIEF, ())
    assert strategy.angle
    assert (written.input_tokens, written.output_tokens) == (0, 0)
