"""AgentRun: one reaction of an agent, from what set it off to what came of it.

The stream holds everything the agent saw (facts), decided, asked for (commands and effects) and was answered, so
a run can be replayed without any outside call and gives the same commands.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, NotFound, NotReady
from umt.domain.event import Aggregate, Event, decides
from umt.domain.values import Instant, text


class RunMode(StrEnum):
    """What a run's steps may do."""

    LIVE = "live"
    DRY_RUN = "dry_run"
    """Decisions and their commands are recorded; nothing outside is changed and no money moves."""
    SHADOW = "shadow"
    """Everything is recorded and nothing is sent: no command, no effect, no reminder."""


class EffectStatus(StrEnum):
    """How far an effect has come."""

    REQUESTED = "requested"
    HELD = "held"
    """It waits for something that is no fault of its own: an agent that was stopped, a service that is left alone."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHHELD = "withheld"
    """It was not sent because the run was not to change anything outside."""

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still to come."""
        return self in (EffectStatus.REQUESTED, EffectStatus.HELD)


class Evidence(msgspec.Struct, frozen=True):
    """One figure or fact that a decision rests on."""

    name: str
    value: str
    unit: str = ""


class Guardrail(msgspec.Struct, frozen=True):
    """A limit that was checked before the decision."""

    name: str
    limit: str
    observed: str
    met: bool


class Effect(msgspec.Struct, frozen=True):
    """Something asked of the outside. ``request`` and ``result`` are JSON texts of the effect's own types.

    ``attempts`` are all tries, ``tries`` those since it was asked for or a person had it tried again.
    """

    id: UUID
    kind: str
    request: str
    status: EffectStatus = EffectStatus.REQUESTED
    attempts: int = 0
    result: str | None = None
    error: str | None = None
    tries: int = 0
    held_since: datetime | None = None


class AgentRun(Aggregate, frozen=True, kw_only=True):
    """A run as it stands. ``held`` says for what the reaction waits; ``broken`` how the agent's own code
    failed, and ``broken_at`` over which effect's outcome, if not at the start."""

    kind: ClassVar[str] = "agent_run"
    agent: str
    trigger: UUID
    trigger_type: str
    trigger_position: int
    subject_kind: str
    subject: UUID
    facts: dict[str, str] = {}
    effects: tuple[Effect, ...] = ()
    completed: bool = False
    mode: RunMode = RunMode.LIVE
    held: str | None = None
    broken: str | None = None
    broken_at: UUID | None = None

    def effect(self, identifier: UUID) -> Effect:
        for effect in self.effects:
            if effect.id == identifier:
                return effect
        raise NotFound("effect", identifier)

    @property
    def pending(self) -> tuple[Effect, ...]:
        return tuple(e for e in self.effects if e.status.is_open)

    def _with(self, changed: Effect) -> AgentRun:
        return replace(self, effects=tuple(changed if e.id == changed.id else e for e in self.effects))


class Fact(msgspec.Struct, frozen=True):
    """What the agent saw: a key and the JSON text of the answer."""

    key: str
    value: str


class RunStarted(Event, frozen=True):
    """An agent took up an event or a timer."""

    agent: str
    trigger: UUID
    trigger_type: str
    trigger_position: int
    subject_kind: str
    subject: UUID
    mode: RunMode = RunMode.LIVE

    def evolve(self, _: None) -> AgentRun:
        return AgentRun(
            agent=self.agent,
            trigger=self.trigger,
            trigger_type=self.trigger_type,
            trigger_position=self.trigger_position,
            subject_kind=self.subject_kind,
            subject=self.subject,
            mode=self.mode,
        )


class RunHeld(Event, frozen=True):
    """What set the run off waits: the agent is stopped, or it broke off and somebody has it taken up again."""

    reason: str

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, held=self.reason, broken=None, completed=False)


class RunReleased(Event, frozen=True):
    """What waited is taken up, with what is known now."""

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, held=None, broken_at=None)


class FactsRead(Event, frozen=True):
    """What the agent looked at before it decided."""

    facts: tuple[Fact, ...]

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, facts={**run.facts, **{f.key: f.value for f in self.facts}})


class DecisionMade(Event, frozen=True):
    """What the agent decided, why, on what evidence and within which limits. Scores lie between 0 and 1. ``recommendation``:
    the one that it is about."""

    action: str
    subject_kind: str
    subject: UUID
    reason: str
    rule: str
    target: str = ""
    amount: Decimal | None = None
    currency: str = ""
    score: Decimal | None = None
    confidence: Decimal | None = None
    evidence: tuple[Evidence, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    recommendation: UUID | None = None

    def evolve(self, run: AgentRun) -> AgentRun:
        return run


class CommandIssued(Event, frozen=True):
    """The agent issued a command; a rejection is recorded as its outcome, never retried."""

    command: str
    request: str
    accepted: bool
    outcome: str

    def evolve(self, run: AgentRun) -> AgentRun:
        return run


class EffectRequested(Event, frozen=True):
    """Something is to be done outside. It is done under names made of our own ids, which the outside is asked for
    before anything is created, so that doing it again finds what was done."""

    effect: UUID
    effect_kind: str
    request: str

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, effects=(*run.effects, Effect(self.effect, self.effect_kind, self.request)))


class EffectHeld(Event, frozen=True):
    """It is not tried for now, and this is no try; noted once however long it takes. ``since``: from when on it
    waits for a service, by the machine's clock; a stop by people may last as long as they want."""

    effect: UUID
    reason: str
    since: Instant | None = None

    def evolve(self, run: AgentRun) -> AgentRun:
        before = run.effect(self.effect)
        since = before.held_since or self.since
        return run._with(replace(before, status=EffectStatus.HELD, error=self.reason, held_since=since))


class EffectWithheld(Event, frozen=True):
    """It is not sent, since the run was not to change anything outside."""

    effect: UUID
    reason: str

    def evolve(self, run: AgentRun) -> AgentRun:
        return run._with(replace(run.effect(self.effect), status=EffectStatus.WITHHELD, error=self.reason))


class EffectAttempted(Event, frozen=True):
    """A try failed in a way that may pass; it is tried again at a later time.

    ``unknown``: the request left and no answer came, so the next try looks first whether it was done."""

    effect: UUID
    attempt: int
    error: str
    retry_at: Instant | None
    error_class: str = ""
    unknown: bool = False

    def evolve(self, run: AgentRun) -> AgentRun:
        before = run.effect(self.effect)
        tried = replace(
            before,
            status=EffectStatus.REQUESTED,
            attempts=self.attempt,
            tries=before.tries + 1,
            error=self.error,
            held_since=None,
        )
        return run._with(tried)


class EffectSucceeded(Event, frozen=True):
    """The outside did it and answered."""

    effect: UUID
    attempt: int
    result: str

    def evolve(self, run: AgentRun) -> AgentRun:
        done = replace(
            run.effect(self.effect), status=EffectStatus.SUCCEEDED, attempts=self.attempt, result=self.result
        )
        return run._with(done)


class EffectFailed(Event, frozen=True):
    """The outside refused for good, or too many tries failed."""

    effect: UUID
    attempt: int
    error: str
    error_class: str = ""

    def evolve(self, run: AgentRun) -> AgentRun:
        gone = replace(run.effect(self.effect), status=EffectStatus.FAILED, attempts=self.attempt, error=self.error)
        return run._with(gone)


class EffectCancelled(Event, frozen=True):
    """Somebody does not want it any more; the agent is told as if it had failed."""

    effect: UUID
    reason: str

    def evolve(self, run: AgentRun) -> AgentRun:
        return run._with(replace(run.effect(self.effect), status=EffectStatus.CANCELLED, error=self.reason))


class EffectRetried(Event, frozen=True):
    """Somebody had it tried again after it had ended otherwise than well; the tries are counted anew."""

    effect: UUID

    def evolve(self, run: AgentRun) -> AgentRun:
        again = replace(run.effect(self.effect), status=EffectStatus.REQUESTED, tries=0, held_since=None)
        return replace(run, completed=False)._with(again)


class RunCancelled(Event, frozen=True):
    """Somebody does not want a reaction that waits; it will not be taken up."""

    reason: str

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, held=None, completed=True)


class RunCompleted(Event, frozen=True):
    """Nothing of this reaction is left to do."""

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, completed=True)


class RunFailed(Event, frozen=True):
    """The agent itself broke off: nothing of this reaction was done. It is a fault of ours, to be mended. ``effect``: the
    one over whose outcome it did; None at the start."""

    error: str
    effect: UUID | None = None

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, completed=True, held=None, broken=self.error, broken_at=self.effect)


class ModelOutcome(StrEnum):
    """What came of one call to a language model."""

    ANSWERED = "answered"
    """The answer holds."""
    REPAIRED = "repaired"
    """The answer holds that was asked for because the first one did not."""
    UNUSABLE = "unusable"
    """The answer is not what was asked for."""
    CUT_SHORT = "cut_short"
    """The answer came to its largest length before its end."""
    REFUSED = "refused"
    """The model declined, or a filter of the service stopped it."""
    RATE_LIMITED = "rate_limited"
    """The service took no more calls for the moment."""
    REJECTED = "rejected"
    """The service did not accept the key or the request."""
    FAILED = "failed"
    """The service broke, or what it sent is no response."""
    TOO_LONG = "too_long"
    """The service sent more than any response has, and was not listened to any longer."""
    TIMED_OUT = "timed_out"
    """There was no whole answer in time."""
    UNREACHABLE = "unreachable"
    """There was no connection, or it broke."""


class Parameter(msgspec.Struct, frozen=True):
    """What a call said beside prompt and input, e.g. the most tokens that the answer may have."""

    name: str
    value: str


class Part(msgspec.Struct, frozen=True):
    """A part of an exchange with a model: its text, or the keyed hash by which a large one is found that lies encrypted
    beside the log. ``size`` is in bytes of UTF-8."""

    size: int
    text: str | None = None
    blob: str | None = None


class ModelCalled(Event, frozen=True, kw_only=True):
    """A language model was asked once, for an answer or for its repair. The cost is null where tokens or price are not
    known, which does not mean free; counted is what the budget is charged with: the cost or, without a report of a call
    that may have been served, the most that it can be."""

    effect: UUID
    attempt: int
    model: str
    service: str
    prompt: str
    prompt_sha256: str
    repair: str | None
    parameters: tuple[Parameter, ...]
    sent: Part
    received: Part
    outcome: ModelOutcome
    error: str | None
    error_class: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    counted: Decimal | None
    currency: str
    milliseconds: int
    response: str | None

    def evolve(self, run: AgentRun) -> AgentRun:
        return run


@decides
def start(
    run: AgentRun | None,
    agent: str,
    trigger: UUID,
    trigger_type: str,
    trigger_position: int,
    subject_kind: str,
    subject: UUID,
    mode: RunMode = RunMode.LIVE,
) -> RunStarted:
    if run:
        raise AlreadyExists("agent_run", trigger)
    return RunStarted(agent, trigger, trigger_type, trigger_position, subject_kind, subject, mode)


@decides
def succeed(run: AgentRun, effect: UUID, attempt: int, result: str) -> EffectSucceeded | None:
    """A repeated or late outcome changes nothing."""
    return EffectSucceeded(effect, attempt, result) if _open(run, effect) else None


@decides
def fail(run: AgentRun, effect: UUID, attempt: int, error: str, error_class: str = "") -> EffectFailed | None:
    return EffectFailed(effect, attempt, error[:2000], error_class) if _open(run, effect) else None


@decides
def note_attempt(
    run: AgentRun,
    effect: UUID,
    attempt: int,
    error: str,
    retry_at: datetime | None,
    error_class: str = "",
    unknown: bool = False,
) -> EffectAttempted | None:
    if not _open(run, effect):
        return None
    return EffectAttempted(effect, attempt, error[:2000], retry_at, error_class, unknown)


@decides
def hold(run: AgentRun, effect: UUID, reason: str, since: datetime | None = None) -> EffectHeld | None:
    """Said once for each reason, however often it is looked at."""
    known = run.effect(effect)
    if not known.status.is_open or (known.status is EffectStatus.HELD and known.error == reason):
        return None
    return EffectHeld(effect, reason, since)


@decides
def complete(run: AgentRun) -> RunCompleted | None:
    return None if run.completed or run.pending or run.held or run.broken else RunCompleted()


@decides
def cancel(run: AgentRun, reason: str) -> tuple[Event, ...]:
    """Whatever of the run is still open is not done any more. What is on its way already may arrive, and changes nothing."""
    reason = text(reason, "reason", longest=1000)
    if run.held:
        return (RunCancelled(reason),)
    if not run.pending:
        raise NotReady("Nothing of this run is open, so there is nothing to cancel.")
    return tuple(EffectCancelled(effect.id, reason) for effect in run.pending)


@decides
def retry(run: AgentRun) -> tuple[Event, ...]:
    """Whatever of the run ended otherwise than well is done again; a reaction that broke off is taken up again."""
    if run.mode is RunMode.SHADOW:
        raise NotReady("A run in the shadow sends nothing; there is nothing to do again.")
    if run.broken:
        return (RunHeld("somebody has it taken up again"),)
    again = (EffectStatus.FAILED, EffectStatus.CANCELLED, EffectStatus.WITHHELD)
    effects = tuple(EffectRetried(effect.id) for effect in run.effects if effect.status in again)
    if not effects:
        raise NotReady("Nothing of this run has failed, so there is nothing to do again.")
    return effects


def _open(run: AgentRun, effect: UUID) -> bool:
    return run.effect(effect).status.is_open
