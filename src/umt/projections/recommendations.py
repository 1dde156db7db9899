"""Read model: what became of each recommendation of an agent."""

from __future__ import annotations

from typing import Any

from umt.domain import recommendation as events
from umt.domain.analytics.expectation import Effect
from umt.domain.recommendation import Status
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table


def _effect(prefix: str, what: str) -> tuple[Column, ...]:
    return (
        Column(f"{prefix}_spend", "numeric", f"{what} change of the spend a day, in the currency; null if not known."),
        Column(f"{prefix}_outcome", "numeric", f"{what} change of the outcome a day, in its unit; null if not known."),
    )


AGENT_RECOMMENDATIONS = Table(
    "agent_recommendations",
    "Every change that an agent recommended, what it was expected to do, and what became of it.",
    key=(Column("recommendation", "uuid", "The recommendation's id."),),
    columns=(
        Column("run", "uuid", "The run in which it was made."),
        Column("agent", "text", "The agent's name."),
        Column("campaign", "uuid", "The campaign that it is about."),
        Column("action", "text", "pause, raise_budget or reallocate."),
        Column("platform", "text", "The platform that it is about; of a reallocation the one that gives."),
        Column("target", "text", "The platform that money is moved to; null otherwise."),
        Column("amount", "numeric", "Money that it moves, in the currency; null when none."),
        Column("currency", "text", "ISO 4217 code of the amount and of the spend; null if neither is known."),
        Column("reason", "text", "Why, in plain words."),
        Column("rule", "text", "The policy that decided."),
        Column("score", "numeric", "Performance score between 0 and 1 that was judged."),
        Column("confidence", "numeric", "How sure the policy is, between 0 and 1."),
        Column("evidence", "jsonb", "Figures it rests on: name, value, unit."),
        Column("guardrails", "jsonb", "Limits that were checked: name, limit, observed, met."),
        Column("asked_by", "text", "Who had the campaign judged, as kind:id."),
        Column(
            "state",
            "text",
            "proposed (waits for a person), accepted, applied, rejected, expired, or simulated (dry run).",
        ),
        Column("decided_by", "text", "Who accepted or rejected it, as kind:id; policy within the policy; or null."),
        Column("rejection", "text", "Why it was rejected; null if it was not."),
        *_effect("expected", "Expected"),
        *_effect("measured", "Measured"),
        Column(
            "outcome_unit", "text", "Unit of the outcome: a currency for revenue, else conversions; null if not known."
        ),
        Column("made_at", "timestamptz", "When it was made, by the business's clock."),
        Column("expires_at", "timestamptz", "Until when a person can accept it (UTC); null where none is asked."),
        Column("decided_at", "timestamptz", "When it was accepted, rejected or expired; null while it waits."),
        Column("applied_at", "timestamptz", "When the campaign was changed; null if it was not."),
        Column("measured_at", "timestamptz", "When what came of it was measured; null if it was not."),
        Column("version", "integer", "Version of the recommendation's stream."),
    ),
    indexes=("workspace, campaign, made_at, recommendation", "workspace, state, made_at, recommendation"),
    of_stream=True,
    sorted_by=("made_at",),
)
recommendations = Projection("agent_recommendations", AGENT_RECOMMENDATIONS)


@recommendations.on(events.RecommendationMade)
def made(event: events.RecommendationMade, at: Recorded) -> Change:
    change, amount = event.change, event.change.amount
    priced = amount or event.expected
    return _put(
        at,
        run=event.run,
        agent=event.agent,
        campaign=event.campaign,
        action=change.action,
        platform=change.platform,
        target=change.target,
        amount=amount.amount if amount else None,
        currency=priced.currency if priced else None,
        reason=event.reason,
        rule=event.rule,
        score=event.score,
        confidence=event.confidence,
        evidence=event.evidence,
        guardrails=event.guardrails,
        asked_by=event.asked_by,
        state=Status.SIMULATED if event.simulated else Status.PROPOSED,
        outcome_unit=event.expected.outcome_unit if event.expected else None,
        made_at=at.metadata.effective_at,
        expires_at=event.expires_at,
        **_figures("expected", event.expected),
    )


@recommendations.on(events.RecommendationAccepted)
def accepted(event: events.RecommendationAccepted, at: Recorded) -> Change:
    return _put(at, state=Status.ACCEPTED, decided_by=event.by, decided_at=at.metadata.effective_at)


@recommendations.on(events.RecommendationRejected)
def rejected(event: events.RecommendationRejected, at: Recorded) -> Change:
    return _put(
        at, state=Status.REJECTED, decided_by=event.by, rejection=event.reason, decided_at=at.metadata.effective_at
    )


@recommendations.on(events.RecommendationApplied)
def applied(event: events.RecommendationApplied, at: Recorded) -> Change:
    return _put(at, state=Status.APPLIED, applied_at=at.metadata.effective_at)


@recommendations.on(events.RecommendationExpired)
def expired(event: events.RecommendationExpired, at: Recorded) -> Change:
    return _put(at, state=Status.EXPIRED, decided_at=at.metadata.effective_at)


@recommendations.on(events.RecommendationMeasured)
def measured(event: events.RecommendationMeasured, at: Recorded) -> Change:
    return _put(at, measured_at=at.metadata.effective_at, **_figures("measured", event.measured))


def _figures(prefix: str, effect: Effect | None) -> dict[str, Any]:
    return {f"{prefix}_spend": effect.spend, f"{prefix}_outcome": effect.outcome} if effect else {}


def _put(at: Recorded, **values: Any) -> Change:
    return AGENT_RECOMMENDATIONS.put(at, at.stream, version=at.version, **values)
