"""What came from outside, done again in the branch as far as it still applies: what people asked for, what platforms
answered, what the calendar brought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from umt.domain import campaign as campaigns
from umt.domain import recommendation as recommendations
from umt.domain.campaign import (
    AnomalyReported,
    Approver,
    BudgetRaised,
    BudgetReallocated,
    Campaign,
    CampaignArchived,
    CampaignCompleted,
    CampaignPaused,
    CampaignResumed,
    CampaignScored,
    OptimizationRequested,
    PlatformPaused,
    PlatformResumed,
)
from umt.domain.event import Event
from umt.domain.platform import Platform
from umt.domain.recommendation import (
    POLICY,
    Recommendation,
    RecommendationAccepted,
    RecommendationRejected,
)


def is_agents_own(event: Event) -> bool:
    """Whether an agent decided it, so that the branch decides it anew."""
    if isinstance(event, PlatformPaused | BudgetReallocated | BudgetRaised):
        return event.recommendation is not None
    return isinstance(event, CampaignScored | AnomalyReported)


def on_campaign(
    event: Event, campaign: Campaign, spent: Mapping[Platform, Decimal], now: datetime
) -> tuple[Event, ...]:
    """What follows for the campaign as it is in the branch: nothing where it is so already. Raises DomainError where it
    is not possible there."""
    match event:
        case OptimizationRequested():
            return campaigns.request_optimization(campaign, event.reason, event.asked_by)
        case CampaignPaused():
            return campaigns.pause(campaign, event.reason)
        case CampaignResumed():
            return campaigns.resume(campaign)
        case CampaignCompleted():
            return campaigns.complete(campaign, campaign.local_date(now))
        case CampaignArchived():
            return campaigns.archive(campaign)
        case PlatformPaused():
            return campaigns.pause_platform(campaign, event.platform, event.on, event.reason)
        case PlatformResumed():
            return campaigns.resume_platform(campaign, event.platform, event.on)
        case BudgetReallocated():
            to = event.target
            return campaigns.reallocate(campaign, event.source, to, event.amount, event.on, event.reason, spent)
        case BudgetRaised():
            return campaigns.raise_budget(campaign, event.platform, event.amount, event.on, event.reason)
        case _:
            return (event,)


def is_persons_word(event: Event) -> bool:
    """Whether a person accepted or rejected a recommendation."""
    return isinstance(event, RecommendationAccepted | RecommendationRejected) and event.by != POLICY


def on_recommendation(
    event: RecommendationAccepted | RecommendationRejected, recommendation: Recommendation, now: datetime
) -> tuple[Event, ...]:
    """A person's word on what stands in its place in the branch."""
    if isinstance(event, RecommendationRejected):
        return recommendations.reject(recommendation, event.by, event.reason)
    return recommendations.accept(recommendation, Approver(event.by, event.by, person=True), now)


def same_place(one: Recommendation, other: Recommendation) -> bool:
    """Whether both came of the same judgement and change the same thing, by whatever amount."""
    return one.run == other.run and _what(one) == _what(other)


def _what(recommendation: Recommendation) -> tuple[object, ...]:
    change = recommendation.change
    return change.action, change.platform, change.target
