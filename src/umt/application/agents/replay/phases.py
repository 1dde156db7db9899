"""A run's record cut into the times at which the agent was asked, each with what it was told, saw and said.

It is asked at first about what set the run off, then about the outcome of each effect. One that was stopped, or broke off,
is asked again when the run is taken up: what counts then is what it saw then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from umt.domain.agent_run import (
    AgentRun,
    CommandIssued,
    DecisionMade,
    EffectCancelled,
    EffectFailed,
    EffectRequested,
    EffectSucceeded,
    EffectWithheld,
    FactsRead,
    RunCompleted,
    RunFailed,
    RunHeld,
    RunReleased,
    RunStarted,
)
from umt.domain.recorded import Recorded

Said = DecisionMade | CommandIssued | EffectRequested
"""What is recorded of an agent's steps; reminders are timers, not events."""

_FOLLOWS: Final = (FactsRead, DecisionMade, CommandIssued, EffectRequested, EffectWithheld, RunCompleted, RunFailed)
"""What a transaction in which an agent is asked leaves in the run's stream."""


class Phase(msgspec.Struct, frozen=True):
    """One time at which the agent was asked.

    ``effect`` is the one whose outcome it was told, None when it was asked about what set the run off. ``run`` is the run
    as it stood then. ``broken`` says how its code failed, if it did.
    """

    effect: UUID | None
    run: AgentRun
    workspace: UUID
    now: datetime
    facts: dict[str, str]
    said: tuple[Said, ...]
    broken: str | None


class _Asking(msgspec.Struct):
    """A phase of which more may follow."""

    effect: UUID | None
    run: AgentRun
    first: Recorded
    events: list[Recorded]

    def phase(self) -> Phase:
        events = [recorded.event for recorded in self.events]
        return Phase(
            self.effect,
            self.run,
            self.first.workspace,
            self.first.metadata.effective_at,
            {fact.key: fact.value for event in events if isinstance(event, FactsRead) for fact in event.facts},
            tuple(event for event in events if isinstance(event, Said)),
            next((event.error for event in events if isinstance(event, RunFailed)), None),
        )


def phases(record: Sequence[Recorded]) -> list[Phase]:
    """The phases of a run's whole stream, in order; none while it waits."""
    found: list[_Asking] = []
    asking: _Asking | None = None
    run: AgentRun | None = None
    cancelled: dict[UUID, UUID] = {}
    for recorded in record:
        event, before = recorded.event, run
        run = event.evolve(run)
        assert run
        if isinstance(event, _FOLLOWS):
            # A cancellation is told later than it is recorded: what follows from it names it as its cause.
            effect = cancelled.pop(recorded.metadata.causation, None) if recorded.metadata.causation else None
            if effect and before:
                asking = _Asking(effect, before, recorded, [])
                found.append(asking)
            if asking:
                asking.events.append(recorded)
            if isinstance(event, RunCompleted | RunFailed):
                asking = None
            continue
        asking = None
        match event:
            case RunStarted():
                asking = _Asking(None, run, recorded, [])
            case RunReleased():
                asking = _Asking(before.broken_at if before else None, run, recorded, [])
            case EffectSucceeded() | EffectFailed():
                asking = _Asking(event.effect, run, recorded, [])
            case EffectCancelled():
                cancelled[recorded.metadata.event_id] = event.effect
            case RunHeld() if found and isinstance(found[-1].first.event, RunStarted) and not found[-1].events:
                found.pop()  # it was not asked at all
            case _:
                pass
        if asking:
            found.append(asking)
    return [each.phase() for each in found]
