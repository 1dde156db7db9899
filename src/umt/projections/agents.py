"""Read models: agents' runs and their decisions."""

from __future__ import annotations

from umt.domain import agent_run as events
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Row, Table

AGENT_RUNS = Table(
    "agent_runs",
    "Every reaction of an agent.",
    key=(Column("run", "uuid", "The run's id."),),
    columns=(
        Column("agent", "text", "The agent's name."),
        Column("trigger_type", "text", "The event or timer that set it off."),
        Column("subject_kind", "text", "What kind of thing it is about."),
        Column("subject", "uuid", "The thing it is about."),
        Column("status", "text", "running, held (its agent is stopped), completed, cancelled or failed."),
        Column("pending_effects", "integer", "Effects whose outcome is still open."),
        Column("failed_effects", "integer", "Effects that failed for good."),
        Column("last_error", "text", "What the newest failure said; null without one."),
        Column("started_at", "timestamptz", "When it began, by the business's clock."),
        Column("completed_at", "timestamptz", "When nothing was left to do, by the business's clock."),
        Column("version", "integer", "Version of the run's stream."),
        Column("trigger_position", "bigint", "Place in the log of the event that set it off; 0 for a timer."),
        Column("correlation", "uuid", "Shared by everything that one request led to."),
        Column("mode", "text", "live; dry_run: nothing outside was changed; shadow: nothing was sent at all."),
        Column("held_because", "text", "For what the reaction waits; null when it does not."),
    ),
    indexes=(
        "workspace, subject, started_at, run",
        "workspace, status, started_at, run",
        "workspace, trigger_position",
    ),
    of_stream=True,
    sorted_by=("started_at", "position"),
)
agent_runs = Projection("agent_runs", AGENT_RUNS, version=3)

AGENT_DECISIONS = Table(
    "agent_decisions",
    "What agents decided, why, on what evidence and within which limits.",
    key=(
        Column("run", "uuid", "The run in which it was decided."),
        Column("sequence", "integer", "Version of the run's stream: the decision's place in the run."),
    ),
    columns=(
        Column("agent", "text", "The agent's name, as the event's actor."),
        Column("action", "text", "What was decided, e.g. reallocate, pause, raise_budget, alert, hold."),
        Column("subject_kind", "text", "What kind of thing it is about."),
        Column("subject", "uuid", "The thing it is about."),
        Column("target", "text", "The platform or channel concerned; source and target as source>target."),
        Column("amount", "numeric", "Money concerned, in the currency; null without any."),
        Column("currency", "text", "ISO 4217 code of the amount; empty without one."),
        Column("reason", "text", "Why, in plain words."),
        Column("rule", "text", "The policy that decided."),
        Column("score", "numeric", "Performance score between 0 and 1 that was judged."),
        Column("confidence", "numeric", "How sure the policy is, between 0 and 1."),
        Column("evidence", "jsonb", "Figures it rests on: name, value, unit."),
        Column("guardrails", "jsonb", "Limits that were checked: name, limit, observed, met."),
        Column("decided_at", "timestamptz", "When, by the business's clock."),
        Column("correlation", "uuid", "Shared by everything that one request led to."),
        Column("recommendation", "uuid", "The recommendation that it is about; null without one."),
    ),
    indexes=("workspace, subject, position, run, sequence", "workspace, recommendation"),
    of_stream=True,
    sorted_by=("position", "decided_at"),
)
agent_decisions = Projection("agent_decisions", AGENT_DECISIONS, version=3)


@agent_runs.on(events.RunStarted)
def started(event: events.RunStarted, at: Recorded) -> Change:
    return AGENT_RUNS.put(
        at,
        at.stream,
        agent=event.agent,
        trigger_type=event.trigger_type,
        subject_kind=event.subject_kind,
        subject=event.subject,
        status="running",
        pending_effects=0,
        failed_effects=0,
        last_error=None,
        started_at=at.metadata.effective_at,
        completed_at=None,
        version=at.version,
        trigger_position=event.trigger_position,
        correlation=at.metadata.correlation,
        mode=event.mode,
        held_because=None,
    )


@agent_runs.on(events.RunHeld)
def run_held(event: events.RunHeld, at: Recorded) -> Change:
    return AGENT_RUNS.put(
        at, at.stream, status="held", held_because=event.reason, completed_at=None, version=at.version
    )


@agent_runs.on(events.RunReleased)
def run_released(event: events.RunReleased, at: Recorded) -> Change:
    return AGENT_RUNS.put(at, at.stream, status="running", held_because=None, version=at.version)


@agent_runs.on(events.RunCancelled)
def run_cancelled(event: events.RunCancelled, at: Recorded) -> Change:
    return AGENT_RUNS.put(
        at,
        at.stream,
        status="cancelled",
        held_because=None,
        last_error=event.reason,
        completed_at=at.metadata.effective_at,
        version=at.version,
    )


@agent_runs.on(events.EffectHeld)
def effect_held(event: events.EffectHeld, at: Recorded) -> Change:
    return AGENT_RUNS.put(at, at.stream, last_error=event.reason, version=at.version)


@agent_runs.on(events.EffectWithheld, events.EffectCancelled)
def effect_dropped(event: events.EffectWithheld | events.EffectCancelled, at: Recorded) -> Change:
    """Nothing of it is open any more, and nothing of it has failed."""

    def drop(row: Row) -> Row:
        pending = row["pending_effects"] - 1
        return {"pending_effects": pending, "last_error": event.reason, "version": at.version}

    return AGENT_RUNS.update(at, at.stream, by=drop)


@agent_runs.on(events.EffectRetried)
def effect_retried(event: events.EffectRetried, at: Recorded) -> Change:
    def again(row: Row) -> Row:
        # Of the effects that can be tried again, those that had failed are counted as such.
        failed = max(row["failed_effects"] - 1, 0)
        return {
            "pending_effects": row["pending_effects"] + 1,
            "failed_effects": failed,
            "status": "running",
            "completed_at": None,
            "version": at.version,
        }

    return AGENT_RUNS.update(at, at.stream, by=again)


@agent_runs.on(events.EffectRequested)
def effect_requested(event: events.EffectRequested, at: Recorded) -> Change:
    return AGENT_RUNS.update(
        at, at.stream, by=lambda row: {"pending_effects": row["pending_effects"] + 1, "version": at.version}
    )


@agent_runs.on(events.EffectAttempted)
def effect_attempted(event: events.EffectAttempted, at: Recorded) -> Change:
    return AGENT_RUNS.put(at, at.stream, last_error=event.error, version=at.version)


@agent_runs.on(events.EffectSucceeded)
def effect_succeeded(event: events.EffectSucceeded, at: Recorded) -> Change:
    return AGENT_RUNS.update(
        at, at.stream, by=lambda row: {"pending_effects": row["pending_effects"] - 1, "version": at.version}
    )


@agent_runs.on(events.EffectFailed)
def effect_failed(event: events.EffectFailed, at: Recorded) -> Change:
    def fail(row: Row) -> Row:
        return {
            "pending_effects": row["pending_effects"] - 1,
            "failed_effects": row["failed_effects"] + 1,
            "last_error": event.error,
            "version": at.version,
        }

    return AGENT_RUNS.update(at, at.stream, by=fail)


@agent_runs.on(events.RunCompleted)
def completed(event: events.RunCompleted, at: Recorded) -> Change:
    return AGENT_RUNS.put(at, at.stream, status="completed", completed_at=at.metadata.effective_at, version=at.version)


@agent_runs.on(events.RunFailed)
def run_failed(event: events.RunFailed, at: Recorded) -> Change:
    return AGENT_RUNS.put(
        at,
        at.stream,
        status="failed",
        last_error=event.error,
        completed_at=at.metadata.effective_at,
        version=at.version,
    )


@agent_decisions.on(events.DecisionMade)
def decided(event: events.DecisionMade, at: Recorded) -> Change:
    return AGENT_DECISIONS.put(
        at,
        at.stream,
        at.version,
        agent=at.metadata.actor.id,
        action=event.action,
        subject_kind=event.subject_kind,
        subject=event.subject,
        target=event.target,
        amount=event.amount,
        currency=event.currency,
        reason=event.reason,
        rule=event.rule,
        score=event.score,
        confidence=event.confidence,
        evidence=event.evidence,
        guardrails=event.guardrails,
        decided_at=at.metadata.effective_at,
        correlation=at.metadata.correlation,
        recommendation=event.recommendation,
    )
