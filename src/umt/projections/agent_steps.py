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
AGENT_MODEL_CALLS = Table(
    "agent_model_calls",
    "Every call to a language model that agents made, failed ones too: what it took and cost.",
    key=(_RUN, Column("sequence", "integer", "Version of the run's stream: the call's place in the run.")),
    columns=(
        Column("effect", "uuid", "The effect that it was made for."),
        Column("attempt", "integer", "The try of the effect, counted from 1."),
        Column("model", "text", "The model's name."),
        Column("service", "text", "Host of the service that was asked."),
        Column("prompt", "text", "Version of the prompt, e.g. strategy@1."),
        Column("prompt_sha256", "text", "SHA-256 of the prompt's text, in hexadecimal digits."),
        Column("repair", "text", "Version of what asked for a repair, e.g. repair@1; null at the first answer."),
        Column(
            "outcome",
            "text",
            "answered, repaired, unusable, cut_short, refused, rate_limited, rejected, failed, too_long, timed_out or "
            "unreachable.",
        ),
        Column("error", "text", "What was wrong; null if nothing was."),
        Column("error_class", "text", "transient, client, server or fatal; null if the service did not fail."),
        Column("input_tokens", "bigint", "Tokens that were sent, as the service reports them; null if it does not."),
        Column("cached_tokens", "bigint", "Those of them that the service had in its cache; null without a report."),
        Column(
            "output_tokens", "bigint", "Tokens that were written, as the service reports them; null if it does not."
        ),
        Column(
            "cost", "numeric", "In the currency; null where tokens or price are not known, which does not mean free."
        ),
        Column(
            "counted",
            "numeric",
            "What the budget is charged with, in the currency: the cost or, without a report, the most that it can be; "
            "null for nothing.",
        ),
        Column("currency", "text", "ISO 4217 code of the amounts."),
        Column("milliseconds", "bigint", "How long it took, in milliseconds."),
        Column("response", "text", "The service's own id of the response; null without one."),
        Column("correlation", "uuid", "Shared by everything that one request led to."),
        Column("called_at", "timestamptz", "When it was recorded, by the business's clock."),
    ),
    indexes=("workspace, called_at",),
    of_stream=True,
)
agent_steps = Projection("agent_steps", AGENT_COMMANDS, AGENT_EFFECTS, AGENT_MODEL_CALLS, version=3)


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


@agent_steps.on(events.ModelCalled)
def model_called(event: events.ModelCalled, at: Recorded) -> Change:
    return AGENT_MODEL_CALLS.put(
        at,
        at.stream,
        at.version,
        effect=event.effect,
        attempt=event.attempt,
        model=event.model,
        service=event.service,
        prompt=event.prompt,
        prompt_sha256=event.prompt_sha256,
        repair=event.repair,
        outcome=event.outcome,
        error=event.error,
        error_class=event.error_class,
        input_tokens=event.input_tokens,
        cached_tokens=event.cached_tokens,
        output_tokens=event.output_tokens,
        cost=event.cost,
        counted=event.counted,
        currency=event.currency,
        milliseconds=event.milliseconds,
        response=event.response,
        correlation=at.metadata.correlation,
        called_at=at.metadata.effective_at,
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
