"""A system wired by hand: what the examples have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tests.in_memory import ACME, InMemory, InMemoryTriggers, InMemoryWriter
from tests.unit.domain.stories import STRATEGY, variation

from umt.adapters import jobs
from umt.application.agents import AGENTS
from umt.application.agents.executor import EffectExecutor
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.dispatch import Dispatcher
from umt.application.ports import UNLIMITED, Allowance, OutsideError, PastPerformance, Writer, Written
from umt.application.transaction import Context
from umt.domain.brand import Brand
from umt.domain.content import Brief, Strategy, Variation
from umt.domain.recorded import Actor, ActorKind
from umt.domain.template import Template
from umt.domain.workspace import Role

BY_ANNA = Context(workspace=ACME, actor=Actor(ActorKind.USER, "anna"), role=Role.MARKETER)


class TwoLiner:
    """A writer of texts, with the failures that come before it answers."""

    def __init__(self, *failures: OutsideError) -> None:
        self._failures = list(failures)
        self.calls = 0

    async def strategy(
        self, brand: Brand, brief: Brief, past: Sequence[PastPerformance], allowance: Allowance = UNLIMITED
    ) -> tuple[Strategy, Written]:
        self._called()
        return STRATEGY, Written("two-liner", "strategy@1", "{}")

    async def variations(
        self,
        brand: Brand,
        brief: Brief,
        strategy: Strategy,
        template: Template | None,
        first_number: int,
        allowance: Allowance = UNLIMITED,
    ) -> tuple[tuple[Variation, ...], Written]:
        self._called()
        return (variation(first_number), variation(first_number + 1)), Written("two-liner", "variations@1", "[]")

    def _called(self) -> None:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)


class System:
    """Everything that the examples need, each part handed to the next by constructor."""

    def __init__(self, texts: Writer) -> None:
        self.memory = InMemory()
        writer = InMemoryWriter(self.memory)
        self.dispatcher = Dispatcher(writer, lambda text: hashlib.sha256(text.encode()).digest())
        self.agents = AgentRuntime(writer, AGENTS, Authorisation(), InMemoryTriggers(self.memory))
        self._executor = EffectExecutor(writer, ad_platforms={}, publishers={}, texts=texts)

    async def attempt(self) -> bool:
        """Try the first job as the queue does; whether it is done, one way or the other."""
        job = self.memory.jobs[0]
        context = Context(workspace=ACME, actor=Actor(ActorKind.AGENT, "content-creation"))
        try:
            await jobs.attempt(self.agents, self._executor, context, job.run, job.effect)
        except jobs.Later:
            return False
        return True
