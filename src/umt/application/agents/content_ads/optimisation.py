"""Live campaigns are judged, and changes recommended within their guardrails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from umt.application.agents.content_ads.agent import agent
from umt.application.agents.reaction import Facts, Remind, Step
from umt.application.commands.campaign import RecordScore, ReportAnomaly
from umt.application.commands.recommendations import Recommend
from umt.domain import agent_run
from umt.domain.agent_policy import Rules
from umt.domain.agent_run import DecisionMade
from umt.domain.analytics.assessment import Assessment, assess
from umt.domain.analytics.decision import Action, Decision
from umt.domain.analytics.expectation import Change, expected
from umt.domain.analytics.figures import CampaignSnapshot, PlatformSnapshot
from umt.domain.analytics.guardrails import GuardrailCheck
from umt.domain.analytics.optimisation import optimise
from umt.domain.analytics.scoring import REFERENCES, campaign_score
from umt.domain.campaign import Campaign, OptimizationRequested, PlatformScore, Status
from umt.domain.money import Money
from umt.domain.recommendation import RecommendationMade
from umt.domain.recorded import Recorded

CHANGES: Final = (Action.PAUSE, Action.RAISE_BUDGET, Action.REALLOCATE)
"""What is recommended before it is done; all else moves nothing."""


@agent.on(OptimizationRequested)
def judge(event: OptimizationRequested, at: Recorded, facts: Facts) -> Iterator[Step]:
    """Scores, then ADFLOWAI's four rules within guardrails (domain/analytics); every decision says why."""
    campaign = facts.get(Campaign, at.stream)
    if campaign.status is not Status.LIVE or campaign.schedule is None:
        return
    today, rules = campaign.local_date(facts.now), facts.rules(at.stream)
    snapshot = snapshot_of(campaign, at.stream, facts)
    assessments = assess(snapshot, today, rules.guardrails, REFERENCES)
    whole = campaign_score((of.totals.spend, of.score) for of in assessments)
    yield RecordScore(
        campaign=at.stream,
        score=whole.value,
        platforms=tuple(PlatformScore(of.platform, of.score.value) for of in assessments),
        on=today,
    )
    case = _Case(at, facts.now, campaign.currency, today, rules, snapshot, assessments, event.asked_by)
    for n, decision in enumerate(optimise(snapshot, today, rules.guardrails)):
        if decision.action in CHANGES:
            yield from _recommended(case, decision, uuid5(at.metadata.event_id, f"recommendation/{n}"))
            continue
        yield recorded(decision, at.stream, campaign.currency)
        if decision.action is Action.ALERT and decision.platform:
            yield ReportAnomaly(campaign=at.stream, platform=decision.platform, on=today, reason=decision.reason)


class _Case(NamedTuple):
    """A campaign that is judged: what asked for it and when, and what is known of it."""

    at: Recorded
    now: datetime
    currency: str
    today: date
    rules: Rules
    snapshot: CampaignSnapshot
    assessments: Sequence[Assessment]
    asked_by: str


def _recommended(case: _Case, decision: Decision, recommendation: UUID) -> Iterator[Step]:
    """The decision, the recommendation, and if it waits for a person, the reminder that ends its time."""
    at, rules, change = case.at, case.rules, change_of(decision, case.currency)
    said = recorded(decision, at.stream, case.currency, recommendation)
    waits = change.amount is not None and rules.needs_approval(change.amount) and not rules.dry_run
    expires_at = case.now + timedelta(hours=rules.approval_hours) if waits else None
    yield said
    yield Recommend(
        recommendation=recommendation,
        made=RecommendationMade(
            run=uuid5(at.metadata.event_id, agent.name),
            agent=agent.name,
            campaign=at.stream,
            change=change,
            reason=decision.reason,
            rule=decision.rule,
            score=decision.score,
            confidence=decision.confidence,
            evidence=said.evidence,
            guardrails=said.guardrails,
            expected=expected(decision, case.snapshot, case.assessments, case.today),
            asked_by=case.asked_by or str(at.metadata.actor),
            on=case.today,
            expires_at=expires_at,
            simulated=rules.dry_run,
        ),
    )
    if expires_at:
        yield Remind("expire", recommendation, expires_at)


def change_of(decision: Decision, currency: str) -> Change:
    """What the decision does, in whole minor units."""
    assert decision.platform
    amount = None if decision.amount is None else Money.rounded(decision.amount, currency, down=True)
    return Change(action=decision.action, platform=decision.platform, target=decision.target, amount=amount)


def snapshot_of(campaign: Campaign, identifier: UUID, facts: Facts) -> CampaignSnapshot:
    """The campaign as the optimiser sees it."""
    assert campaign.schedule
    days, spent = facts.days(identifier), facts.spent(identifier)
    return CampaignSnapshot(
        currency=campaign.currency,
        reserve=campaign.reserve.amount,
        ends_on=campaign.schedule.ends_on,
        moved_today=campaign.moved_on(campaign.local_date(facts.now)).amount,
        moved_by_agents=campaign.moved_by_agents,
        platforms=tuple(
            PlatformSnapshot(
                platform=platform,
                allocated=allocated.amount,
                spent=spent.get(platform, Decimal(0)),
                active=campaign.is_active(platform),
                last_changed=campaign.last_moved.get(platform),
                days=days.get(platform, ()),
            )
            for platform, allocated in campaign.allocation.items()
        ),
    )


def recorded(decision: Decision, campaign: UUID, currency: str, recommendation: UUID | None = None) -> DecisionMade:
    """The decision as the run keeps it."""
    platform = decision.platform.value if decision.platform else ""
    return DecisionMade(
        action=decision.action.value,
        subject_kind="campaign",
        subject=campaign,
        reason=decision.reason,
        rule=decision.rule,
        target=f"{platform}>{decision.target}" if decision.target else platform,
        amount=decision.amount,
        currency=currency if decision.amount is not None else "",
        score=decision.score,
        confidence=decision.confidence,
        evidence=tuple(agent_run.Evidence(e.name, e.value, e.unit) for e in decision.evidence),
        guardrails=shown(decision.guardrails),
        recommendation=recommendation,
    )


def shown(guardrails: Iterable[GuardrailCheck]) -> tuple[agent_run.Guardrail, ...]:
    """The checks as people are shown them."""
    return tuple(
        agent_run.Guardrail(g.name, f"{g.bound} {g.limit:f} {g.unit}".strip(), f"{g.observed:f}", g.met)
        for g in guardrails
    )
