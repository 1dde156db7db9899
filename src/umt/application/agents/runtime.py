"""Has agents react: reaction, checkpoint, commands and effect requests in one transaction.

A reaction's run has an id made of what set it off, so a reaction that is met again is known. An effect's outcome is
recorded once; a late or repeated one changes nothing. What an agent is to react to while it is stopped becomes a run that
waits, and is taken up with what is known then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID, uuid5

import msgspec

from umt.application.agents.facts import RecordingFacts
from umt.application.agents.model_calls import record_calls, without_calls
from umt.application.agents.outcomes import request_of, settled
from umt.application.agents.reaction import Agent, Step, Wake
from umt.application.agents.steps import Steps, withheld
from umt.application.authorisation import Authorisation
from umt.application.dispatch import Writer
from umt.application.effects import Effect
from umt.application.errors import ApplicationError
from umt.application.ports import ErrorClass, ModelCall, Unreadable
from umt.application.transaction import Context, Timer, Transaction
from umt.domain import agent_run
from umt.domain.agent_policy import EVERY_AGENT, AgentPolicy, AgentStarted, policy_of_workspace
from umt.domain.agent_run import (
    AgentRun,
    EffectCancelled,
    EffectRetried,
    EffectWithheld,
    FactsRead,
    RunFailed,
    RunHeld,
    RunMode,
    RunReleased,
)
from umt.domain.errors import DomainError
from umt.domain.recorded import Actor, ActorKind, Recorded, Undecoded
from umt.domain.recorded import Unreadable as UnreadableEvent

log = logging.getLogger(__name__)

ATTENDED: Final = tuple(event.type_name for event in (AgentStarted, EffectRetried, EffectCancelled, RunHeld))
"""Events about agents themselves, which the runtime acts upon in the place of the agent."""


class Triggers(Protocol):
    """Gives back what set a run off that has waited; None for what is gone or cannot be read."""

    def event(self, position: int) -> Recorded | None: ...

    def timer(self, identifier: UUID) -> Timer | None: ...


class Ready(msgspec.Struct, frozen=True):
    """An effect that is to be done now, how often it was tried (in all, and since a person had it tried again), and since
    when it has waited without a try."""

    effect: Effect
    attempts: int
    tries: int
    held_since: datetime | None


class Turn(msgspec.Struct, frozen=True):
    """How an agent goes through the log: ``number`` counts how often it was put back to an earlier position, ``after`` is where
    its checkpoint must be, if that is known; in the ``shadow`` it only says what it would do."""

    number: int = 0
    after: int | None = None
    shadow: bool = False


class Waits(msgspec.Struct, frozen=True):
    """An effect that is not to be done now, and why."""

    reason: str


class AgentRuntime:
    """Runs agents on one process's writer."""

    def __init__(
        self, writer: Writer, agents: dict[str, Agent], authorisation: Authorisation, triggers: Triggers
    ) -> None:
        self._writer, self.agents, self._triggers = writer, agents, triggers
        self._steps = Steps(authorisation)

    # Reactions

    def react(self, agent: Agent, at: Recorded | Undecoded, turn: Turn = Turn()) -> Future[None]:  # noqa: B008 - frozen
        """Take up an event, and move the agent's checkpoint past it. What is to happen to agents themselves has happened when
        this returns; all else when its answer is there, so that many reactions can share a commit.

        The answer is CheckpointMoved if another worker has taken it up, or one before it failed.
        """
        if isinstance(at, Undecoded):
            return self._writer.run(*self._unreadable(agent, at, turn))
        if at.event.type_name in ATTENDED:
            return self._attend(agent, at, turn)
        shadow = turn.shadow
        run = uuid5(at.metadata.event_id, f"{agent.name}/shadow/{turn.number}" if shadow else agent.name)
        origin = _of_event(at, RunMode.SHADOW if shadow else RunMode.LIVE)

        def work(tx: Transaction) -> Exception | None:
            known = tx.load(AgentRun, run, new=True)
            broken = None if known else self._begin(tx, agent, run, origin, _reaction(agent, at))
            tx.move_checkpoint(agent.name, at.position, turn.number, turn.after)
            return broken

        return self._submit(_context(agent, at), run, work)

    def _unreadable(self, agent: Agent, at: Undecoded, turn: Turn) -> tuple[Context, Callable[[Transaction], None]]:
        """What an agent cannot read is a run that failed; everything after it goes on."""
        trigger = uuid5(at.stream, str(at.version))
        run = uuid5(trigger, agent.name)
        kind = at.type_name.partition(".")[0]

        def work(tx: Transaction) -> None:
            if tx.load(AgentRun, run) is None:
                origin = (trigger, at.type_name, at.position, kind, at.stream)
                tx.create(AgentRun, run, agent_run.start, agent.name, *origin)
                tx.record(AgentRun, run, _broken(at.error))
            tx.move_checkpoint(agent.name, at.position, turn.number, turn.after)

        return Context(workspace=at.workspace, actor=Actor(ActorKind.AGENT, agent.name)), work

    def wake(self, timer: Timer) -> None:
        """Take up a reminder that has come due; only the first time."""
        agent = self.agents[timer.agent]
        run = uuid5(timer.id, agent.name)

        def work(tx: Transaction) -> Exception | None:
            if not tx.finish_timer(timer.id) or tx.load(AgentRun, run, new=True):
                return None
            return self._begin(tx, agent, run, _of_timer(timer), _waking(agent, timer))

        self._submit(_context_of_timer(timer), run, work).result()

    def _submit(self, context: Context, run: UUID, work: Callable[[Transaction], Exception | None]) -> Future[Any]:
        """Have it done; what an agent broke off over is told to the operator once that is so for good."""

        def tell(done: Future[Any]) -> None:
            if not done.cancelled() and done.exception() is None and (broken := done.result()):
                log.error("run %s of %s broke off", run, context.actor.id, exc_info=broken)

        answer = self._writer.run(context, work)
        answer.add_done_callback(tell)
        return answer

    def _begin(
        self, tx: Transaction, agent: Agent, run: UUID, origin: _Origin, reaction: _Reaction
    ) -> Exception | None:
        """Start the run if the agent has anything to say, or let it wait if the agent is stopped. The answer is what it broke
        off over."""
        facts = RecordingFacts(tx)
        try:
            with tx.attempt():
                stop = _stop_of(tx, agent.name)
                if stop and origin.mode is not RunMode.SHADOW:
                    tx.create(AgentRun, run, agent_run.start, agent.name, *origin)
                    tx.record(AgentRun, run, RunHeld(stop))
                    tx.hold_run(agent.name, run)
                elif steps := list(reaction(facts)):
                    tx.create(AgentRun, run, agent_run.start, agent.name, *origin)
                    self._say(tx, run, facts, steps)
                    tx.decide(AgentRun, run, agent_run.complete)
        except BROKEN as error:
            tx.create(AgentRun, run, agent_run.start, agent.name, *origin)
            self._break_off(tx, run, facts, _broken(error))
            return error
        return None

    def _continue(
        self, tx: Transaction, run: UUID, reaction: _Reaction, effect: UUID | None = None
    ) -> Exception | None:
        """Go on with a run; ``effect``: the one whose outcome the agent is told. The answer is what it broke off over."""
        facts = RecordingFacts(tx)
        try:
            with tx.attempt():
                self._say(tx, run, facts, list(reaction(facts)))
                tx.decide(AgentRun, run, agent_run.complete)
        except BROKEN as error:
            self._break_off(tx, run, facts, _broken(error, effect))
            return error
        return None

    def _break_off(self, tx: Transaction, run: UUID, facts: RecordingFacts, broken: RunFailed) -> None:
        """Of a reaction that broke off nothing was done; what it saw is kept, so that it can be replayed once mended."""
        if facts.seen:
            tx.record(AgentRun, run, FactsRead(facts.seen))
        tx.record(AgentRun, run, broken)

    def _say(self, tx: Transaction, run: UUID, facts: RecordingFacts, steps: Iterable[Step]) -> None:
        if facts.seen:
            tx.record(AgentRun, run, FactsRead(facts.seen))
        self._steps.carry_out(tx, run, steps)

    # Effects

    def open_effect(self, context: Context, run: UUID, effect: UUID) -> Future[Ready | Waits | None]:
        """The effect, if it is to be done now; None if its outcome is known, or it is withheld by now."""

        def work(tx: Transaction) -> Ready | Waits | None:
            state = tx.get(AgentRun, run)
            found = state.effect(effect)
            if not found.status.is_open:
                return None
            if stop := _stop_of(tx, state.agent):
                waits = Waits(f"{self.agents[state.agent].title} is stopped: {stop}")
                tx.decide(AgentRun, run, agent_run.hold, effect, waits.reason)
                return waits
            request = request_of(found)
            if reason := withheld(tx, state, request):
                tx.record(AgentRun, run, EffectWithheld(effect, reason))
                tx.decide(AgentRun, run, agent_run.complete)
                return None
            return Ready(request, found.attempts, found.tries, found.held_since)

        return self._writer.run(context, work)

    def hold(
        self, context: Context, run: UUID, effect: UUID, reason: str, since: datetime | None = None
    ) -> Future[None]:
        """Record that an effect waits for something that is no fault of its own; ``since`` when, if that is not to go on for
        ever."""
        return self._writer.run(context, lambda tx: tx.decide(AgentRun, run, agent_run.hold, effect, reason, since))

    def settle(
        self,
        context: Context,
        run: UUID,
        effect: UUID,
        result: Any,
        error: str | None,
        attempt: int,
        error_class: ErrorClass | None = None,
        calls: Iterable[ModelCall] = (),
    ) -> Future[None]:
        """Record an effect's outcome and carry out what the agent says to it. The ``calls`` to a language model that came
        before, and those of the result, are recorded whether or not the outcome was open."""
        result, noted = without_calls(result)

        def work(tx: Transaction) -> Exception | None:
            record_calls(tx, run, effect, attempt, (*calls, *noted))
            if not tx.get(AgentRun, run).effect(effect).status.is_open:
                return None
            if error is None:
                answer = msgspec.json.encode(result, order="sorted").decode()
                tx.decide(AgentRun, run, agent_run.succeed, effect, attempt, answer)
            else:
                tx.decide(AgentRun, run, agent_run.fail, effect, attempt, error, error_class or "")
            return self._conclude(tx, run, effect)

        return self._submit(context, run, work)

    def give_up(self, context: Context, run: UUID, effect: UUID, error: str) -> Future[None]:
        """An effect whose own record cannot be read: it is ended without the agent, who could not read it either."""

        return self._writer.run(context, lambda tx: _give_up(tx, run, tx.get(AgentRun, run).effect(effect), error))

    def note_attempt(
        self,
        context: Context,
        run: UUID,
        effect: UUID,
        attempt: int,
        error: str,
        retry_at: datetime | None,
        error_class: ErrorClass | None = None,
        unknown: bool = False,
        calls: Iterable[ModelCall] = (),
    ) -> Future[None]:
        """Record that a try failed in a way that may pass, and the calls to a language model that it made."""
        noted = (effect, attempt, error, retry_at, error_class or "", unknown)

        def work(tx: Transaction) -> None:
            record_calls(tx, run, effect, attempt, calls)
            tx.decide(AgentRun, run, agent_run.note_attempt, *noted)

        return self._writer.run(context, work)

    def _conclude(self, tx: Transaction, run: UUID, effect: UUID) -> Exception | None:
        """Tell the agent what came of the effect."""
        state = tx.get(AgentRun, run)
        found = state.effect(effect)
        reaction = self.agents[state.agent].outcomes.get(found.kind)
        if reaction is None:
            tx.decide(AgentRun, run, agent_run.complete)
            return None
        try:
            outcome = settled(state, effect)
        except Unreadable as error:
            tx.record(AgentRun, run, _broken(error, effect))
            return error
        return self._continue(tx, run, lambda facts: reaction(outcome, facts), effect)

    # What people do about agents

    def _attend(self, agent: Agent, at: Recorded, turn: Turn) -> Future[None]:
        """Act on an event about agents themselves, and move the agent's checkpoint past it."""
        context, event, run = _context(agent, at), None if turn.shadow else at.event, at.stream
        by_person = at.metadata.actor.kind is not ActorKind.AGENT
        if isinstance(event, AgentStarted) and event.agent in (EVERY_AGENT, agent.name):
            waiting: list[UUID] = self._writer.run(context, lambda tx: tx.held_runs(agent.name)).result()
            for each in waiting:
                self._take_up(agent, context, each)
        elif isinstance(event, RunHeld) and by_person:
            self._take_up(agent, context, run)

        def work(tx: Transaction) -> Exception | None:
            broken = None
            if isinstance(event, EffectRetried | EffectCancelled) and tx.get(AgentRun, run).agent == agent.name:
                again = isinstance(event, EffectRetried)
                broken = (self._again if again else self._conclude)(tx, run, event.effect)
            tx.move_checkpoint(agent.name, at.position, turn.number, turn.after)
            return broken

        answer: Future[None] = self._submit(context, run, work)
        answer.result()
        return answer

    def _again(self, tx: Transaction, run: UUID, effect: UUID) -> Exception | None:
        """Put the effect into the queue once more; one whose record cannot be read fails for good, as it did before."""
        found = tx.get(AgentRun, run).effect(effect)
        try:
            request = request_of(found)
        except Unreadable as error:
            _give_up(tx, run, found, str(error))
            return error
        tx.enqueue(run, effect, lock=request.lock, priority=request.priority)
        return None

    def _take_up(self, agent: Agent, context: Context, run: UUID) -> None:
        """Go on with a run that waits, with what is known now: from what set it off, or where it broke off."""
        state: AgentRun | None = self._writer.run(context, lambda tx: tx.load(AgentRun, run)).result()
        if state is None or state.agent != agent.name:
            return
        reaction = self._reaction_of(agent, state)

        def work(tx: Transaction) -> Exception | None:
            if not tx.get(AgentRun, run).held:
                return None
            if _stop_of(tx, agent.name):
                tx.hold_run(agent.name, run)
                return None
            tx.drop_held_run(run)
            tx.record(AgentRun, run, RunReleased())
            if state.broken_at:
                return self._conclude(tx, run, state.broken_at)
            if reaction:
                return self._continue(tx, run, reaction)
            tx.record(AgentRun, run, RunFailed("what set it off is gone"))
            return None

        self._submit(context, run, work).result()

    def _reaction_of(self, agent: Agent, run: AgentRun) -> _Reaction | None:
        """The reaction to what set the run off; None if that is gone."""
        if run.trigger_position:
            event = self._triggers.event(run.trigger_position)
            return _reaction(agent, event) if event and event.event.type_name in agent.reactions else None
        timer = self._triggers.timer(run.trigger)
        return _waking(agent, timer) if timer else None


_Reaction = Callable[[RecordingFacts], Iterable[Step]]

BROKEN: Final = (
    DomainError,
    ApplicationError,
    UnreadableEvent,
    LookupError,
    ValueError,
    TypeError,
    AssertionError,
    ArithmeticError,
    AttributeError,
)
"""What a faulty reaction may raise; failures of the database are not the agent's and are tried again."""


class _Origin(NamedTuple):
    """What set a run off."""

    trigger: UUID
    trigger_type: str
    trigger_position: int
    subject_kind: str
    subject: UUID
    mode: RunMode


def _of_event(at: Recorded, mode: RunMode) -> _Origin:
    kind = at.event.type_name
    return _Origin(at.metadata.event_id, kind, at.position, kind.partition(".")[0], at.stream, mode)


def _of_timer(timer: Timer) -> _Origin:
    kind = SUBJECTS.get(timer.name.partition("/")[0], "campaign")
    return _Origin(timer.id, f"timer.{timer.name}", 0, kind, timer.subject, RunMode.LIVE)


SUBJECTS: Final = {"publish": "content", "expire": "recommendation", "measure": "recommendation"}
"""What kind of thing reminders are about, by name; a campaign where nothing else is said."""


def _reaction(agent: Agent, at: Recorded) -> _Reaction:
    return lambda facts: agent.reactions[at.event.type_name](at.event, at, facts)


def _waking(agent: Agent, timer: Timer) -> _Reaction:
    wake = Wake(timer.name, timer.subject, timer.due_at)
    return lambda facts: agent.timers[timer.name.partition("/")[0]](wake, facts)


def _broken(error: Exception, effect: UUID | None = None) -> RunFailed:
    return RunFailed(f"{type(error).__name__}: {error}"[:2000], effect)


def _give_up(tx: Transaction, run: UUID, effect: agent_run.Effect, error: str) -> None:
    tx.decide(AgentRun, run, agent_run.fail, effect.id, effect.attempts, error, ErrorClass.FATAL)
    tx.decide(AgentRun, run, agent_run.complete)


def _stop_of(tx: Transaction, agent: str) -> str | None:
    policy = tx.load(AgentPolicy, policy_of_workspace(tx.context.workspace))
    return policy.stop_of(agent) if policy else None


def _context(agent: Agent, at: Recorded) -> Context:
    return Context(
        workspace=at.workspace,
        actor=Actor(ActorKind.AGENT, agent.name),
        correlation=at.metadata.correlation,
        cause=at.metadata.event_id,
        trace=at.metadata.trace,
    )


def _context_of_timer(timer: Timer) -> Context:
    return Context(workspace=timer.workspace, actor=Actor(ActorKind.AGENT, timer.agent), correlation=timer.id)
