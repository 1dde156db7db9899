"""Read models: what agents did in their runs: the commands they issued and the effects they asked of the outside."""

from __future__ import annotations

from typing import Final

import msgspec

from umt.domain import agent_run as events
from umt.domain.agent_run import EffectStatus
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table

_RUN: Final = Column("run", "uuid", "The run's id.")

AGENT_COMMANDS = Table(
    "agent_commands",
    "The commands that agents issued, and whether the rules of the domain let them.",
    key=(_RUN, Column("sequence", "integer", "Version of the run's stream: the command's place in the run.")),
    columns=(
        Column("command", "text", "Name of the command, e.g. PausePlatform."),
        Column("accepted", "boolean", "Whether it was carried out; a rejection is an outcome and never tried again."),
        Column("outcome", "text", "accepted, or why it was rejected."),
        Column("correlation", "uuid", "Shared by everything that one request led to."),
        Column("issued_at", "timestamptz", "When, by the business's clock."),
    ),
    of_stream=True,
)
AGENT_EFFECTS = Table(
    "agent_effects",
    "What agents asked of the outside: platforms, language models, mail; and what came of it.",
    key=(_RUN, Column("effect", "uuid", "The effect's id.")),
    columns=(
        Column("kind", "text", "What was asked for, e.g. CreateAd, SetBudget, CollectPerformance."),
        Column("platform", "text", "The platform or channel that was asked; null without one."),
        Column(
            "status",
            "text",
            "requested or held (its outcome is open), succeeded, failed (for good), cancelled, or withheld (not sent).",
        ),
        Column("attempts", "integer", "How often it was tried, as far as tries are recorded."),
        Column("error", "text", "What the newest failure said; null without one, or once it succeeded."),
        Column("retry_at", "timestamptz", "When it is tried again (UTC); null when it is not to be."),
        Column("correlation", "uuid", "Shared by everything that one request led to."),
        Column("requested_at", "timestamptz", "When it was asked for, by the business's clock."),
        Column("settled_at", "timestamptz", "When its outcome was known, by the business's clock; null while open."),
        Column(
            "error_class", "text", "transient, client, server or fatal: what kind of failure the newest was; or null."
        ),
    ),
    indexes=("workspace, status",),
    of_stream=True,
)
agent_steps = Projection("agent_steps", AGENT_COMMANDS, AGENT_EFFECTS, version=2)


@agent_steps.on(events.CommandIssued)
def issued(event: events.CommandIssued, at: Recorded) -> Change:
    return AGENT_COMMANDS.put(
        at,
        at.stream,
        at.version,
        command=event.command,
        accepted=event.accepted,
        outcome=event.outcome,
        correlation=at.metadata.correlation,
        issued_at=at.metadata.effective_at,
    )


@agent_steps.on(events.EffectRequested)
def requested(event: events.EffectRequested, at: Recorded) -> Change:
    return AGENT_EFFECTS.put(
        at,
        at.stream,
        event.effect,
        kind=event.effect_kind,
        platform=_platform(event.request),
        status=EffectStatus.REQUESTED,
        attempts=0,
        correlation=at.metadata.correlation,
        requested_at=at.metadata.effective_at,
    )


@agent_steps.on(events.EffectAttempted)
def attempted(event: events.EffectAttempted, at: Recorded) -> Change:
    return AGENT_EFFECTS.put(
        at,
        at.stream,
        event.effect,
        status=EffectStatus.REQUESTED,
        attempts=event.attempt,
        error=event.error,
        retry_at=event.retry_at,
        error_class=event.error_class or None,
    )


@agent_steps.on(events.EffectHeld)
def held(event: events.EffectHeld, at: Recorded) -> Change:
    return AGENT_EFFECTS.put(at, at.stream, event.effect, status=EffectStatus.HELD, error=event.reason, retry_at=None)


@agent_steps.on(events.EffectWithheld)
def withheld(event: events.EffectWithheld, at: Recorded) -> Change:
    return _ended(at, event, EffectStatus.WITHHELD)


@agent_steps.on(events.EffectCancelled)
def cancelled(event: events.EffectCancelled, at: Recorded) -> Change:
    return _ended(at, event, EffectStatus.CANCELLED)


@agent_steps.on(events.EffectRetried)
def retried(event: events.EffectRetried, at: Recorded) -> Change:
    return AGENT_EFFECTS.put(at, at.stream, event.effect, status=EffectStatus.REQUESTED, error=None, settled_at=None)


def _ended(at: Recorded, event: events.EffectWithheld | events.EffectCancelled, status: EffectStatus) -> Change:
    return AGENT_EFFECTS.put(
        at,
        at.stream,
        event.effect,
        status=status,
        error=event.reason,
        retry_at=None,
        settled_at=at.metadata.effective_at,
    )


@agent_steps.on(events.EffectSucceeded)
def succeeded(event: events.EffectSucceeded, at: Recorded) -> Change:
    return _settled(at, event, EffectStatus.SUCCEEDED, None)


@agent_steps.on(events.EffectFailed)
def failed(event: events.EffectFailed, at: Recorded) -> Change:
    return _settled(at, event, EffectStatus.FAILED, event.error, event.error_class or None)


def _settled(
    at: Recorded,
    event: events.EffectSucceeded | events.EffectFailed,
    status: EffectStatus,
    error: str | None,
    error_class: str | None = None,
) -> Change:
    return AGENT_EFFECTS.put(
        at,
        at.stream,
        event.effect,
        status=status,
        attempts=event.attempt,
        error=error,
        retry_at=None,
        settled_at=at.metadata.effective_at,
        error_class=error_class,
    )


class _Addressed(msgspec.Struct):
    platform: str | None = None
    channel: str | None = None


_REQUEST: Final = msgspec.json.Decoder(_Addressed)


def _platform(request: str) -> str | None:
    """Whom a request names; requests of every version are read, so one that names nobody is no fault."""
    try:
        addressed = _REQUEST.decode(request)
    except msgspec.DecodeError:
        return None
    return addressed.platform or addressed.channel
