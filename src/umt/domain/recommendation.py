"""Recommendation: one change that an agent wants, from why it wants it to what came of it.

::

    proposed ──accept──▶ accepted ──apply──▶ applied ──▶ measured
        │                    └─refuse──▶ rejected
        ├──reject──▶ rejected
        └──expire──▶ expired
    simulated             said in a dry run, and never carried out

Within the guardrails and below the approval threshold the policy itself accepts, at once.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace

from umt.domain.agent_run import Evidence, Guardrail
from umt.domain.analytics.expectation import Change, Effect
from umt.domain.campaign import Approver
from umt.domain.errors import AlreadyExists, SecondPersonNeeded, WrongStatus
from umt.domain.event import Aggregate, Event, decides
from umt.domain.values import Instant, text

POLICY = "policy"
"""Who accepts what is within the guardrails and below the threshold."""


class Status(StrEnum):
    """How far a recommendation has come."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    APPLIED = "applied"
    EXPIRED = "expired"
    SIMULATED = "simulated"


class Recommendation(Aggregate, frozen=True, kw_only=True):
    """A recommendation as it stands. ``asked_by`` is whoever had the campaign judged, as kind:id."""

    kind: ClassVar[str] = "recommendation"
    run: UUID
    agent: str
    campaign: UUID
    change: Change
    reason: str
    rule: str
    asked_by: str
    status: Status
    made_on: date
    expires_at: datetime | None = None
    expected: Effect | None = None
    measured: Effect | None = None
    decided_by: str | None = None
    rejection: str | None = None
    applied_on: date | None = None

    def require(self, *allowed: Status) -> None:
        if self.status not in allowed:
            raise WrongStatus("recommendation", self.status, *allowed)


class RecommendationMade(Event, frozen=True, kw_only=True):
    """An agent recommends a change, and says why. ``expires_at``: until when a person can accept it; None where nobody
    is asked. Scores and confidence lie between 0 and 1."""

    run: UUID
    agent: str
    campaign: UUID
    change: Change
    reason: str
    rule: str
    score: Decimal
    confidence: Decimal
    evidence: tuple[Evidence, ...]
    guardrails: tuple[Guardrail, ...]
    expected: Effect | None
    asked_by: str
    on: date
    expires_at: Instant | None = None
    simulated: bool = False

    def evolve(self, _: None) -> Recommendation:
        return Recommendation(
            run=self.run,
            agent=self.agent,
            campaign=self.campaign,
            change=self.change,
            reason=self.reason,
            rule=self.rule,
            asked_by=self.asked_by,
            status=Status.SIMULATED if self.simulated else Status.PROPOSED,
            made_on=self.on,
            expires_at=self.expires_at,
            expected=self.expected,
        )


class RecommendationAccepted(Event, frozen=True):
    """It is to be carried out. ``by``: a person as kind:id, or ``policy``."""

    by: str

    def evolve(self, recommendation: Recommendation) -> Recommendation:
        return replace(recommendation, status=Status.ACCEPTED, decided_by=self.by)


class RecommendationRejected(Event, frozen=True):
    """It will not be carried out: a person does not want it, or the campaign's rules or a guardrail forbid it by now."""

    by: str
    reason: str

    def evolve(self, recommendation: Recommendation) -> Recommendation:
        return replace(recommendation, status=Status.REJECTED, decided_by=self.by, rejection=self.reason)


class RecommendationApplied(Event, frozen=True):
    """The campaign was changed as recommended."""

    on: date

    def evolve(self, recommendation: Recommendation) -> Recommendation:
        return replace(recommendation, status=Status.APPLIED, applied_on=self.on)


class RecommendationExpired(Event, frozen=True):
    """Nobody decided in time; what it rests on is too old by now."""

    def evolve(self, recommendation: Recommendation) -> Recommendation:
        return replace(recommendation, status=Status.EXPIRED)


class RecommendationMeasured(Event, frozen=True):
    """What was seen after it was applied, beside what was expected."""

    measured: Effect

    def evolve(self, recommendation: Recommendation) -> Recommendation:
        return replace(recommendation, measured=self.measured)


@decides
def make(recommendation: Recommendation | None, made: RecommendationMade) -> RecommendationMade:
    if recommendation:
        raise AlreadyExists("recommendation", made.run)
    return made


@decides
def accept(recommendation: Recommendation, by: Approver, now: datetime) -> RecommendationAccepted:
    """A second person's word: never that of whoever had the campaign judged, never a program's, never too late."""
    recommendation.require(Status.PROPOSED)
    if recommendation.expires_at and now >= recommendation.expires_at:
        raise WrongStatus("recommendation", Status.EXPIRED, Status.PROPOSED)
    if not by.person:
        raise SecondPersonNeeded("A person must accept it, signed in themselves.")
    if by.principal == recommendation.asked_by:
        raise SecondPersonNeeded("You asked for the campaign to be judged: somebody else must accept what came of it.")
    if not by.vouched:
        raise SecondPersonNeeded("No owner vouched for you: ask an owner to give you your role again.")
    return RecommendationAccepted(by.principal)


@decides
def accept_by_policy(recommendation: Recommendation) -> RecommendationAccepted:
    recommendation.require(Status.PROPOSED)
    return RecommendationAccepted(POLICY)


@decides
def reject(recommendation: Recommendation, by: str, reason: str) -> RecommendationRejected:
    recommendation.require(Status.PROPOSED)
    return RecommendationRejected(by, text(reason, "reason", longest=1000))


@decides
def refuse(recommendation: Recommendation, reason: str) -> RecommendationRejected:
    """What was accepted cannot be carried out."""
    recommendation.require(Status.ACCEPTED)
    return RecommendationRejected(POLICY, reason[:1000])


@decides
def apply(recommendation: Recommendation, on: date) -> RecommendationApplied:
    recommendation.require(Status.ACCEPTED)
    return RecommendationApplied(on)


@decides
def expire(recommendation: Recommendation, now: datetime) -> RecommendationExpired | None:
    """Once its time is over, unless somebody has decided."""
    late = recommendation.expires_at is not None and now >= recommendation.expires_at
    return RecommendationExpired() if late and recommendation.status is Status.PROPOSED else None


@decides
def measure(recommendation: Recommendation, measured: Effect) -> RecommendationMeasured | None:
    recommendation.require(Status.APPLIED)
    return RecommendationMeasured(measured) if recommendation.measured is None else None
