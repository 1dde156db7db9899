"""What a breaker does, whatever calls begin and end in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from umt.application.breakers import Breaker, Policy, State, answered, asked, failed, given_up, site
from umt.application.ports import ErrorClass

POLICY = Policy(failures=3, reset=timedelta(seconds=30))
LONGEST = timedelta(seconds=16)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Calls(RuleBasedStateMachine):
    """Calls of many workers on one breaker. Some never end: their workers were killed."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.now = Breaker(), NOON
        self.under_way: list[UUID | None] = []
        """Calls that were let through: a probe's id, None for an ordinary one."""
        self.in_a_row = 0
        self.number = 0

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def a_call_begins(self) -> None:
        if self.breaker.state is State.CLOSED:
            self.under_way.append(None)
            return
        self.number += 1
        call, due = UUID(int=self.number), self.breaker.probe_due(self.now)
        self.breaker = asked(self.breaker, self.now, call, LONGEST)
        assert (self.breaker.probe == call) == due
        if due:
            self.under_way.append(call)
            assert self.breaker.state is State.HALF_OPEN
            assert not self.breaker.probe_due(self.now), "nobody else probes at the same time"

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), answer=st.booleans())
    def a_call_ends(self, data: st.DataObject, answer: bool) -> None:
        call = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        before, decides = self.breaker, call is not None and call == self.breaker.probe
        if answer:
            self.breaker = answered(before, self.now, call)
        else:
            self.breaker = failed(before, self.now, call, ErrorClass.SERVER, POLICY)
        if before.state is State.CLOSED:
            self.in_a_row = 0 if answer else self.in_a_row + 1
            assert (self.breaker.state is State.OPEN) == (self.in_a_row >= POLICY.failures)
        elif decides:
            assert self.breaker.state is (State.CLOSED if answer else State.OPEN)
        else:
            assert self.breaker == before, "a late end of another call says nothing"
        if self.breaker.state is State.OPEN and before.state is not State.OPEN:
            assert self.breaker.next_probe_at == self.now + POLICY.reset
        if self.breaker.state is not State.CLOSED or decides:
            self.in_a_row = 0

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def a_worker_is_stopped(self, data: st.DataObject) -> None:
        call = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        probing = call is not None and call == self.breaker.probe
        self.breaker = given_up(self.breaker, self.now, call)
        assert not probing or self.breaker.probe_due(self.now)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def a_worker_is_killed(self, data: st.DataObject) -> None:
        self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))

    @invariant()
    def it_is_never_shut_for_ever(self) -> None:
        later = self.now + max(POLICY.reset, LONGEST)
        assert self.breaker.state is State.CLOSED or self.breaker.probe_due(later)
        assert 0 <= self.breaker.retry_after(self.now) <= POLICY.reset.total_seconds()

    @invariant()
    def it_says_since_when_and_until_when(self) -> None:
        shut = self.breaker.state is not State.CLOSED
        assert (self.breaker.opened_at is not None) == (self.breaker.next_probe_at is not None) == shut


TestCalls = Calls.TestCase
TestCalls.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("https://Blog.Example.com/news", "cms:https://blog.example.com"),
        ("https://blog.example.com:443", "cms:https://blog.example.com"),
        ("http://127.0.0.1:8080/sites/a", "cms:http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "cms:http://[::1]:8080"),
        ("http://[::1", "cms:http://[::1"),
    ],
)
def test_a_site_is_known_by_its_origin(endpoint: str, name: str) -> None:
    assert site(endpoint) == name


def test_a_name_is_never_too_long() -> None:
    assert len(site("https://" + "a" * 1900)) == 300
