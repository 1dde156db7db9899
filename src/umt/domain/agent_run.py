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

from umt.domain.errors import AlreadyExists, NotFound
from umt.domain.event import Aggregate, Event, decides
from umt.domain.values import Instant


class EffectStatus(StrEnum):
    """How far an effect has come."""

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


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
    """Something asked of the outside. ``request`` and ``result`` are JSON texts of the effect's own types."""

    id: UUID
    kind: str
    request: str
    status: EffectStatus = EffectStatus.REQUESTED
    attempts: int = 0
    result: str | None = None
    error: str | None = None


class AgentRun(Aggregate, frozen=True, kw_only=True):
    """A run as it stands."""

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

    def effect(self, identifier: UUID) -> Effect:
        for effect in self.effects:
            if effect.id == identifier:
                return effect
        raise NotFound("effect", identifier)

    @property
    def pending(self) -> tuple[Effect, ...]:
        return tuple(e for e in self.effects if e.status is EffectStatus.REQUESTED)

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

    def evolve(self, _: None) -> AgentRun:
        return AgentRun(
            agent=self.agent,
            trigger=self.trigger,
            trigger_type=self.trigger_type,
            trigger_position=self.trigger_position,
            subject_kind=self.subject_kind,
            subject=self.subject,
        )


class FactsRead(Event, frozen=True):
    """What the agent looked at before it decided."""

    facts: tuple[Fact, ...]

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, facts={**run.facts, **{f.key: f.value for f in self.facts}})


class DecisionMade(Event, frozen=True):
    """What the agent decided, why, on what evidence and within which limits. Scores lie between 0 and 1."""

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


class EffectAttempted(Event, frozen=True):
    """A try failed in a way that may pass; it is tried again at a later time."""

    effect: UUID
    attempt: int
    error: str
    retry_at: Instant | None

    def evolve(self, run: AgentRun) -> AgentRun:
        return run._with(replace(run.effect(self.effect), attempts=self.attempt, error=self.error))


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

    def evolve(self, run: AgentRun) -> AgentRun:
        gone = replace(run.effect(self.effect), status=EffectStatus.FAILED, attempts=self.attempt, error=self.error)
        return run._with(gone)


class RunCompleted(Event, frozen=True):
    """Nothing of this reaction is left to do."""

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, completed=True)


class RunFailed(Event, frozen=True):
    """The agent itself broke off: nothing of this reaction was done. It is a fault of ours, to be mended."""

    error: str

    def evolve(self, run: AgentRun) -> AgentRun:
        return replace(run, completed=True)


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
) -> RunStarted:
    if run:
        raise AlreadyExists("agent_run", trigger)
    return RunStarted(agent, trigger, trigger_type, trigger_position, subject_kind, subject)


@decides
def succeed(run: AgentRun, effect: UUID, attempt: int, result: str) -> EffectSucceeded | None:
    """A repeated or late outcome changes nothing."""
    return EffectSucceeded(effect, attempt, result) if _open(run, effect) else None


@decides
def fail(run: AgentRun, effect: UUID, attempt: int, error: str) -> EffectFailed | None:
    return EffectFailed(effect, attempt, error[:2000]) if _open(run, effect) else None


@decides
def note_attempt(
    run: AgentRun, effect: UUID, attempt: int, error: str, retry_at: datetime | None
) -> EffectAttempted | None:
    return EffectAttempted(effect, attempt, error[:2000], retry_at) if _open(run, effect) else None


@decides
def complete(run: AgentRun) -> RunCompleted | None:
    return None if run.completed or run.pending else RunCompleted()


def _open(run: AgentRun, effect: UUID) -> bool:
    return run.effect(effect).status is EffectStatus.REQUESTED
