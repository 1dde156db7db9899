"""What an agent is: pure functions from an event, a timer or an outcome, and what is known, to steps.

A step is a decision to record, a command to issue, an effect to request or a reminder to set. The functions touch
nothing; the runtime carries the steps out in one transaction with the agent's checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from umt.application.dispatch import Command
from umt.application.effects import Effect
from umt.application.ports import PastPerformance
from umt.domain.agent_policy import Rules
from umt.domain.agent_run import AgentRun, DecisionMade
from umt.domain.analytics.figures import DailyFigures
from umt.domain.event import Aggregate, Event
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded

A = TypeVar("A", bound=Aggregate)


class Remind(msgspec.Struct, frozen=True):
    """Wake the agent at a time about a thing; the same name, thing and time is one reminder."""

    name: str
    subject: UUID
    due_at: datetime


class Wake(msgspec.Struct, frozen=True):
    """A reminder that has come due."""

    name: str
    subject: UUID
    due_at: datetime


class Settled(msgspec.Struct, frozen=True):
    """An effect's outcome: its result, or the error for which it was given up."""

    effect: Effect
    result: Any
    error: str | None
    run: AgentRun


Step = DecisionMade | Command | Effect | Remind


class Facts(Protocol):
    """What an agent can know. Every answer is recorded in the run, so a replay sees the same."""

    now: datetime
    workspace: UUID

    def find(self, kind: type[A], identifier: UUID) -> A | None:
        """The thing as it stands, or None."""
        ...

    def get(self, kind: type[A], identifier: UUID) -> A:
        """The thing as it stands; NotFound if there is none."""
        ...

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]: ...

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]: ...

    def past_performance(self, brand: UUID) -> tuple[PastPerformance, ...]: ...

    def integration_of(self, platform: Platform) -> UUID | None: ...

    def rules(self, campaign: UUID) -> Rules:
        """Within which limits agents may change the campaign."""
        ...


OnEvent = Callable[[Any, Recorded, Facts], Iterable[Step]]
OnOutcome = Callable[[Any, Facts], Iterable[Step]]
E_ = TypeVar("E_", bound=OnEvent)
O_ = TypeVar("O_", bound=OnOutcome)


class Agent:
    """A named set of reactions."""

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title = name, title
        self.reactions: dict[str, OnEvent] = {}
        self.outcomes: dict[str, OnOutcome] = {}
        self.timers: dict[str, OnOutcome] = {}

    def on(self, *event_types: type[Event]) -> Callable[[E_], E_]:
        """React to events."""

        def register(reaction: E_) -> E_:
            self.reactions.update({t.type_name: reaction for t in event_types})
            return reaction

        return register

    def after(self, effect_type: type[Effect]) -> Callable[[O_], O_]:
        """React to what came of an effect."""

        def register(reaction: O_) -> O_:
            self.outcomes[effect_type.kind] = reaction
            return reaction

        return register

    def at(self, name: str) -> Callable[[O_], O_]:
        """React to a reminder."""

        def register(reaction: O_) -> O_:
            self.timers[name] = reaction
            return reaction

        return register
