"""What the state machines of Content and Campaign have in common: decide, compare with the model, check the fold."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Concatenate, ParamSpec

import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant

from umt.domain.errors import DomainError
from umt.domain.event import Event, fold

P = ParamSpec("P")

SOAK = os.environ.get("UMT_SOAK") == "1"
PROFILE = (
    settings(max_examples=2000, stateful_step_count=60, deadline=None)
    if SOAK
    else settings(max_examples=120, stateful_step_count=40, deadline=None, derandomize=True)
)


class Answer(Enum):
    """What the model expects of a decision."""

    REFUSED = auto()
    NOTHING = auto()
    EVENTS = auto()


def answer(allowed: bool, changes: bool = True) -> Answer:
    """Refused unless allowed; nothing unless it changes something."""
    return (Answer.EVENTS if changes else Answer.NOTHING) if allowed else Answer.REFUSED


class Story(RuleBasedStateMachine):
    """One aggregate's life, told in valid and invalid decisions beside a simple model of it."""

    arrows: Mapping[str, set[str]]
    """The documented statuses and where each may lead."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[Event] = []
        self.state: Any = None

    def decide(
        self,
        expected: Answer,
        decision: Callable[Concatenate[Any, P], tuple[Event, ...]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> bool:
        """Decide, and keep what follows; whether anything did. The answer must be the one that the model expects."""
        before = msgspec.json.encode(self.state)
        events: tuple[Event, ...] = ()
        try:
            events = decision(self.state, *args, **kwargs)
            found = Answer.EVENTS if events else Answer.NOTHING
        except DomainError:
            found = Answer.REFUSED
        assert found is expected, f"{decision.__name__}: {found} where the model expects {expected}"
        assert msgspec.json.encode(self.state) == before, "a decision changed the state it was asked about"
        for event in events:
            self._happen(event)
        return bool(events)

    def _happen(self, event: Event) -> None:
        was = self.state and self.state.status
        self.state = event.evolve(self.state)
        self.history.append(event)
        now = self.state.status
        assert was is None or now == was or now in self.arrows[was], f"{was} → {now} is no documented arrow"
        assert was != "archived", f"{event} happened after the archive"

    @invariant()
    def the_history_leads_to_the_state(self) -> None:
        assert fold(self.history) == self.state


def told(machine: type[Story]) -> Any:
    """The test case that pytest runs; in full by `make soak`."""
    case: Any = machine.TestCase
    case.settings = PROFILE
    return pytest.mark.soak(case) if SOAK else case
