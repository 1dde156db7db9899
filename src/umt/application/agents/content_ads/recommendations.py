"""What people decided about recommendations is carried out, and what came of the applied ones is measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from umt.application.agents.content_ads.agent import agent
from umt.application.agents.content_ads.optimisation import shown, snapshot_of
from umt.application.agents.reaction import Facts, Remind, Step, Wake
from umt.application.commands.recommendations import (
    ApplyRecommendation,
    ExpireRecommendation,
    MeasureRecommendation,
    RefuseRecommendation,
)
from umt.domain.agent_run import DecisionMade, Evidence
from umt.domain.analytics.expectation import DAYS, measured
from umt.domain.analytics.guardrails import unmet
from umt.domain.analytics.optimisation import checked_again
from umt.domain.campaign import Campaign
from umt.domain.recommendation import (
    POLICY,
    Recommendation,
    RecommendationAccepted,
    RecommendationApplied,
    Status,
)
from umt.domain.recorded import Recorded

MEASURED_AT = time(4, 0, tzinfo=UTC)
"""When what came of a change is looked at: after the day's figures were collected."""


@agent.on(RecommendationAccepted)
def carry_out(event: RecommendationAccepted, at: Recorded, facts: Facts) -> Iterator[Step]:
    """A person's yes does not lift the guardrails: those that can have changed since are checked again."""
    if event.by == POLICY:
        return
    found = facts.get(Recommendation, at.stream)
    campaign = facts.get(Campaign, found.campaign)
    snapshot, today = snapshot_of(campaign, found.campaign, facts), campaign.local_date(facts.now)
    checks = checked_again(snapshot, today, facts.rules(found.campaign).guardrails, found.change)
    missed = unmet(checks)
    because = f"Accepted by {event.by}."
    held = "; ".join(map(str, missed))
    yield DecisionMade(
        action="hold" if missed else "carry_out",
        subject_kind="campaign",
        subject=found.campaign,
        rule="accepted_by_a_person",
        target=found.change.platform.value,
        amount=found.change.amount.amount if found.change.amount else None,
        currency=found.change.amount.currency if found.change.amount else "",
        reason=f"{because} Held: {held}." if missed else f"{because} {found.reason}",
        guardrails=shown(checks),
        recommendation=at.stream,
    )
    if missed:
        yield RefuseRecommendation(recommendation=at.stream, reason=f"By now a guardrail is not met: {held}.")
    else:
        yield ApplyRecommendation(recommendation=at.stream)


@agent.at("expire")
def expire(wake: Wake, facts: Facts) -> Iterator[Step]:
    """Nobody has decided."""
    if facts.get(Recommendation, wake.subject).status is Status.PROPOSED:
        yield ExpireRecommendation(recommendation=wake.subject)


@agent.on(RecommendationApplied)
def look_later(event: RecommendationApplied, at: Recorded, facts: Facts) -> Iterator[Step]:
    """What came of it is looked at once the days after it have settled."""
    found = facts.get(Recommendation, at.stream)
    if found.expected:
        settled = event.on + timedelta(days=DAYS + facts.rules(found.campaign).guardrails.settling_days)
        yield Remind("measure", at.stream, datetime.combine(settled, MEASURED_AT))


@agent.at("measure")
def measure(wake: Wake, facts: Facts) -> Iterator[Step]:
    """The days after beside the days before, beside what was expected."""
    found = facts.get(Recommendation, wake.subject)
    if found.status is not Status.APPLIED or found.expected is None:
        return
    assert found.applied_on
    seen = measured(found.change, found.expected, facts.days(found.campaign), found.applied_on)
    if seen is None:
        return
    expected, unit = found.expected, found.expected.outcome_unit
    yield DecisionMade(
        action="measure",
        subject_kind="campaign",
        subject=found.campaign,
        rule="before_and_after",
        target=found.change.platform.value,
        reason=f"A day brought {seen.outcome:+f} {unit} where {expected.outcome:+f} were expected, for"
        f" {seen.spend:+f} {seen.currency} where {expected.spend:+f} were.",
        evidence=(
            Evidence("outcome a day, expected", f"{expected.outcome:f}", unit),
            Evidence("outcome a day, measured", f"{seen.outcome:f}", unit),
            Evidence("spend a day, expected", f"{expected.spend:f}", expected.currency),
            Evidence("spend a day, measured", f"{seen.spend:f}", seen.currency),
        ),
        recommendation=wake.subject,
    )
    yield MeasureRecommendation(recommendation=wake.subject, measured=seen)
