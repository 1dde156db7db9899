"""Words to tell an agent's story in: what happened, what the agent then says.

Every reaction is told twice: once on the facts as they are, once on the facts that were recorded, and must say the
same both times. That is what lets a run be replayed without any outside call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from tests.in_memory import ACME, SYSTEM, InMemory, InMemoryTransaction
from tests.unit.domain.stories import GOOGLE, at

from umt.application.agents.facts import RecordedFacts, RecordingFacts
from umt.application.agents.reaction import Agent, Facts, Settled, Step, Wake
from umt.application.effects import EFFECTS, Effect
from umt.application.ports import PastPerformance
from umt.application.transaction import Context
from umt.domain.agent_run import EffectFailed, EffectRequested, EffectSucceeded, RunStarted
from umt.domain.event import Event, fold
from umt.domain.performance import Figures, Known
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded

NOON = at("2026-03-10T12:00Z")


def integration(platform: Platform = GOOGLE) -> UUID:
    """The id of the one integration of a platform."""
    return uuid5(ACME, platform)


class World:
    """What an agent can know."""

    def __init__(self, now: datetime = NOON) -> None:
        self.memory = InMemory(now)

    def has(self, stream: UUID, *history: Event) -> World:
        self.memory.happened(stream, *history)
        return self

    def connected(self, *platforms: Platform) -> World:
        self.memory.names.update(
            {(ACME, "integration", platform.value): integration(platform) for platform in platforms}
        )
        return self

    def performed(self, campaign: UUID, platform: Platform, figures: dict[Any, Figures]) -> World:
        """Figures that a platform reported of one ad, by day."""
        known = {("ad", day): Known(of_day, self.memory.now) for day, of_day in figures.items()}
        self.memory.figures[campaign, platform] = known
        return self

    def worked_before(self, brand: UUID, *past: PastPerformance) -> World:
        self.memory.past[brand] = past
        return self

    def reaction(self, agent: Agent, stream: UUID, event: Event) -> list[Step]:
        """What the agent says to an event."""
        recorded: Recorded = self.memory.happened(stream, event)
        return self._told(lambda facts: agent.reactions[event.type_name](event, recorded, facts))

    def waking(self, agent: Agent, name: str, subject: UUID, due_at: datetime) -> list[Step]:
        """What the agent says to a reminder."""
        return self._told(lambda facts: agent.timers[name.partition("/")[0]](Wake(name, subject, due_at), facts))

    def outcome(
        self,
        agent: Agent,
        subject: UUID,
        effect: Effect,
        result: Any = None,
        error: str | None = None,
        pending: int = 0,
    ) -> list[Step]:
        """What the agent says to what came of an effect, while so many others are pending."""
        first, request = UUID(int=1), effect.to_json()
        run = fold(
            (
                RunStarted(agent.name, UUID(int=9), "", 0, "", subject),
                *(EffectRequested(UUID(int=1 + n), effect.kind, request) for n in range(1 + pending)),
                EffectFailed(first, 1, error) if error else EffectSucceeded(first, 1, _json(result)),
            )
        )
        asked = msgspec.json.decode(request, type=EFFECTS[effect.kind])
        settled = Settled(asked, result, error, run)
        return self._told(lambda facts: agent.outcomes[effect.kind](settled, facts))

    def _told(self, reaction: Callable[[Facts], Iterable[Step]]) -> list[Step]:
        facts = RecordingFacts(InMemoryTransaction(self.memory, Context(workspace=ACME, actor=SYSTEM)))
        steps = list(reaction(facts))
        seen = {fact.key: fact.value for fact in facts.seen}
        assert list(reaction(RecordedFacts(seen, ACME, self.memory.now))) == steps
        for step in steps:
            if isinstance(step, Effect):
                assert msgspec.json.decode(step.to_json(), type=EFFECTS[step.kind]) == step
        return steps


def _json(result: Any) -> str:
    return msgspec.json.encode(result, order="sorted").decode()
