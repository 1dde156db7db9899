"""Carries out what agents say: reaction, checkpoint, commands and effect requests in one transaction.

A reaction's run has an id made of what set it off, so a reaction that is met again is known. An effect's outcome is
recorded once; a late or repeated one changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from umt.application.agents.facts import RecordingFacts
from umt.application.agents.model_calls import record_calls, without_calls
from umt.application.agents.reaction import Agent, Remind, Settled, Step, Wake
from umt.application.authorisation import Authorisation
from umt.application.dispatch import Command, Writer
from umt.application.effects import EFFECTS, Effect
from umt.application.errors import ApplicationError
from umt.application.permissions import Permission
from umt.application.ports import ModelCall
from umt.application.transaction import Context, Timer, Transaction
from umt.domain import agent_run
from umt.domain.agent_run import (
    AgentRun,
    CommandIssued,
    DecisionMade,
    EffectRequested,
    EffectStatus,
    FactsRead,
    RunFailed,
)
from umt.domain.errors import DomainError
from umt.domain.recorded import Actor, ActorKind, Recorded
from umt.domain.workspace import Workspace

log = logging.getLogger(__name__)


class AgentRuntime:
    """Runs agents on one process's writer."""

    def __init__(self, writer: Writer, agents: dict[str, Agent], authorisation: Authorisation) -> None:
        self._writer, self.agents = writer, agents
        self._authorisation = authorisation

    def react(self, agent: Agent, at: Recorded) -> None:
        """Take up an event, and move the agent's checkpoint past it."""
        run = uuid5(at.metadata.event_id, agent.name)
        reaction = agent.reactions[at.event.type_name]

        def work(tx: Transaction) -> None:
            if tx.load(AgentRun, run) is None:
                facts = RecordingFacts(tx)
                self._begin(
                    tx,
                    agent,
                    run,
                    (
                        at.metadata.event_id,
                        at.event.type_name,
                        at.position,
                        at.event.type_name.partition(".")[0],
                        at.stream,
                    ),
                    facts,
                    lambda: reaction(at.event, at, facts),
                )
            tx.move_checkpoint(agent.name, at.position)

        self._writer.run(_context(agent, at), work).result()

    def wake(self, timer: Timer) -> None:
        """Take up a reminder that has come due; only the first time."""
        agent = self.agents[timer.agent]
        reaction = agent.timers[timer.name.partition("/")[0]]
        run = uuid5(timer.id, agent.name)

        def work(tx: Transaction) -> None:
            if not tx.finish_timer(timer.id) or tx.load(AgentRun, run):
                return
            facts = RecordingFacts(tx)
            wake = Wake(timer.name, timer.subject, timer.due_at)
            kind = "content" if timer.name.startswith("publish") else "campaign"
            self._begin(
                tx,
                agent,
                run,
                (timer.id, f"timer.{timer.name}", 0, kind, timer.subject),
                facts,
                lambda: reaction(wake, facts),
            )

        context = Context(workspace=timer.workspace, actor=Actor(ActorKind.AGENT, agent.name), correlation=timer.id)
        self._writer.run(context, work).result()

    def open_effect(self, context: Context, run: UUID, effect: UUID) -> tuple[Effect | None, int]:
        """The effect, if its outcome is still open, and how often it was tried."""

        def work(tx: Transaction) -> tuple[Effect | None, int]:
            found = tx.get(AgentRun, run).effect(effect)
            if found.status is not EffectStatus.REQUESTED:
                return None, found.attempts
            return msgspec.json.decode(found.request, type=EFFECTS[found.kind]), found.attempts

        return self._writer.run(context, work).result()  # type: ignore[no-any-return]

    def settle(
        self,
        context: Context,
        run: UUID,
        effect: UUID,
        result: Any,
        error: str | None,
        attempt: int,
        calls: Iterable[ModelCall] = (),
    ) -> None:
        """Record an effect's outcome and carry out what the agent says to it. The ``calls`` to a language model that came
        before, and those of the result, are recorded whether or not the outcome was open."""
        result, noted = without_calls(result)

        def work(tx: Transaction) -> None:
            record_calls(tx, run, effect, attempt, (*calls, *noted))
            found = tx.get(AgentRun, run).effect(effect)
            if found.status is not EffectStatus.REQUESTED:
                return
            if error is None:
                answer = msgspec.json.encode(result, order="sorted").decode()
                tx.decide(AgentRun, run, agent_run.succeed, effect, attempt, answer)
            else:
                tx.decide(AgentRun, run, agent_run.fail, effect, attempt, error)
            state = tx.get(AgentRun, run)
            request = msgspec.json.decode(found.request, type=EFFECTS[found.kind])
            reaction = self.agents[state.agent].outcomes.get(found.kind)
            facts = RecordingFacts(tx)
            if reaction:
                self._carry_out(tx, run, facts, lambda: reaction(Settled(request, result, error, state), facts))
            tx.decide(AgentRun, run, agent_run.complete)

        self._writer.run(context, work).result()

    def note_attempt(
        self,
        context: Context,
        run: UUID,
        effect: UUID,
        attempt: int,
        error: str,
        retry_at: datetime | None,
        calls: Iterable[ModelCall] = (),
    ) -> None:
        """Record that a try failed in a way that may pass, and the calls to a language model that it made."""

        def work(tx: Transaction) -> None:
            record_calls(tx, run, effect, attempt, calls)
            tx.decide(AgentRun, run, agent_run.note_attempt, effect, attempt, error, retry_at)

        self._writer.run(context, work).result()

    def _begin(
        self,
        tx: Transaction,
        agent: Agent,
        run: UUID,
        origin: tuple[UUID, str, int, str, UUID],
        facts: RecordingFacts,
        reaction: Callable[[], Iterable[Step]],
    ) -> None:
        """Start the run if the agent has anything to say."""
        try:
            with tx.attempt():
                steps = list(reaction())
                if steps:
                    tx.create(AgentRun, run, agent_run.start, agent.name, *origin)
                    if facts.seen:
                        tx.record(AgentRun, run, FactsRead(facts.seen))
                    self._do(tx, run, steps)
                    tx.decide(AgentRun, run, agent_run.complete)
        except _BROKEN as error:
            log.exception("agent %s broke off", agent.name)
            tx.create(AgentRun, run, agent_run.start, agent.name, *origin)
            tx.record(AgentRun, run, RunFailed(f"{type(error).__name__}: {error}"[:2000]))

    def _carry_out(
        self, tx: Transaction, run: UUID, facts: RecordingFacts, reaction: Callable[[], Iterable[Step]]
    ) -> None:
        """Continue a run."""
        try:
            with tx.attempt():
                steps = list(reaction())
                if facts.seen:
                    tx.record(AgentRun, run, FactsRead(facts.seen))
                self._do(tx, run, steps)
        except _BROKEN as error:
            log.exception("run %s broke off", run)
            tx.record(AgentRun, run, RunFailed(f"{type(error).__name__}: {error}"[:2000]))

    def _do(self, tx: Transaction, run: UUID, steps: Iterable[Step]) -> None:
        effects = 0
        for step in steps:
            if isinstance(step, DecisionMade):
                tx.record(AgentRun, run, step)
            elif isinstance(step, Command):
                self._issue(tx, run, step)
            elif isinstance(step, Remind):
                due_at = step.due_at.astimezone(UTC)
                agent = tx.get(AgentRun, run).agent
                timer = uuid5(step.subject, f"{agent}/{step.name}/{due_at.isoformat()}")
                tx.start_timer(Timer(timer, tx.context.workspace, agent, step.name, step.subject, due_at))
            else:
                effects += 1
                effect = uuid5(run, f"{len(tx.get(AgentRun, run).effects)}")
                tx.record(AgentRun, run, EffectRequested(effect, step.kind, step.to_json()))
                tx.enqueue(run, effect, lock=step.lock)

    def _issue(self, tx: Transaction, run: UUID, command: Command) -> None:
        """A command of an agent passes the same authorisation, within what the workspace leaves the agent; a rejection is
        its recorded outcome."""
        accepted, outcome = True, "accepted"
        try:
            self._authorisation.require(command.permission, _narrowed(tx))
            with tx.attempt():
                command.handle(tx)
        except (DomainError, ApplicationError) as error:
            accepted, outcome = False, f"{error.code}: {error}"
        name = type(command).__name__
        tx.record(AgentRun, run, CommandIssued(name, command.canonical().decode(), accepted, outcome))


_BROKEN = (
    DomainError,
    ApplicationError,
    LookupError,
    ValueError,
    TypeError,
    AssertionError,
    ArithmeticError,
    AttributeError,
)
"""What a faulty reaction may raise; failures of the database are not the agent's and are tried again."""


def _narrowed(tx: Transaction) -> Context:
    """The agent's context, cut to what its workspace allows it."""
    workspace = tx.load(Workspace, tx.context.workspace)
    limit = workspace.agent_limits.get(tx.context.actor.id) if workspace else None
    if limit is None:
        return tx.context
    known = set(Permission)
    return replace(tx.context, scopes=tuple(Permission(name) for name in limit if name in known))


def _context(agent: Agent, at: Recorded) -> Context:
    return Context(
        workspace=at.workspace,
        actor=Actor(ActorKind.AGENT, agent.name),
        correlation=at.metadata.correlation,
        cause=at.metadata.event_id,
        trace=at.metadata.trace,
    )
