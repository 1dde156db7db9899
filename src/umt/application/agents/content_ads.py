"""Content & Ad Management: publishes what was approved, runs the ads of live campaigns, collects their figures and
optimises their budgets within guardrails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from umt.application.agents.reaction import Agent, Facts, Remind, Settled, Step, Wake
from umt.application.commands.analytics import RecordPerformance
from umt.application.commands.campaign import (
    CompleteCampaign,
    OptimizeCampaign,
    PausePlatform,
    RaiseBudget,
    ReallocateBudget,
    RecordAd,
    RecordScore,
    RefuseAd,
    ReportAnomaly,
)
from umt.application.commands.content import ConfirmPublication, FailPublication
from umt.application.commands.integration import NoteSync
from umt.application.effects import CollectPerformance, CreateAd, PublishPost, SetActive, SetBudget
from umt.application.ports import AdOrder, Post
from umt.domain import agent_run
from umt.domain.agent_run import DecisionMade
from umt.domain.analytics.assessment import assess
from umt.domain.analytics.decision import Action, Decision
from umt.domain.analytics.figures import CampaignSnapshot, PlatformSnapshot
from umt.domain.analytics.guardrails import Guardrails
from umt.domain.analytics.optimisation import optimise
from umt.domain.analytics.scoring import REFERENCES, campaign_score
from umt.domain.campaign import (
    Ad,
    BudgetRaised,
    BudgetReallocated,
    Campaign,
    CampaignCompleted,
    CampaignLaunched,
    CampaignPaused,
    CampaignResumed,
    OptimizationRequested,
    PlatformPaused,
    PlatformResumed,
    PlatformScore,
    Status,
)
from umt.domain.content import Content, ContentApproved, PublicationRetried
from umt.domain.content import Status as ContentStatus
from umt.domain.money import Money
from umt.domain.performance import Record
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded

agent = Agent("content-ads", "Content & Ad Management")

COLLECTED_AT = time(2, 0, tzinfo=UTC)
"""When yesterday's figures are asked for, every day."""
RESTATED_DAYS = 7
"""Days for which a platform may still correct its figures; they are asked for again."""
GUARDRAILS = Guardrails()


# Publishing


@agent.on(ContentApproved)
def publish_approved(event: ContentApproved, at: Recorded, facts: Facts) -> Iterator[Step]:
    """Every channel is published now, or at the time it was scheduled for."""
    content = facts.get(Content, at.stream)
    for publication in content.publications:
        if publication.scheduled_for and publication.scheduled_for > facts.now:
            yield Remind(f"publish/{publication.channel}", at.stream, publication.scheduled_for)
        else:
            yield from _publish(content, at.stream, publication.channel, facts)


@agent.on(PublicationRetried)
def publish_again(event: PublicationRetried, at: Recorded, facts: Facts) -> Iterator[Step]:
    yield from _publish(facts.get(Content, at.stream), at.stream, event.channel, facts)


@agent.at("publish")
def publish_scheduled(wake: Wake, facts: Facts) -> Iterator[Step]:
    """Its time has come, if it is still to be published at all."""
    content = facts.get(Content, wake.subject)
    if content.status is ContentStatus.APPROVED:
        yield from _publish(content, wake.subject, Platform(wake.name.partition("/")[2]), facts)


@agent.after(PublishPost)
def conclude_publication(outcome: Settled, facts: Facts) -> Iterator[Step]:
    effect: PublishPost = outcome.effect  # type: ignore[assignment]
    if outcome.error:
        yield FailPublication(content=effect.content, channel=effect.channel, reason=outcome.error)
    else:
        yield ConfirmPublication(
            content=effect.content,
            channel=effect.channel,
            url=outcome.result.url,
            external_id=outcome.result.external_id,
        )


def _publish(content: Content, identifier: UUID, channel: Platform, facts: Facts) -> Iterator[Step]:
    integration = facts.integration_of(channel)
    if integration is None:
        reason = f"No {channel.label} is connected to this workspace; connect one and retry."
        yield FailPublication(content=identifier, channel=channel, reason=reason)
        return
    assert content.selected is not None
    chosen = content.variation(content.selected)
    yield PublishPost(
        lock=str(identifier),
        integration=integration,
        content=identifier,
        channel=channel,
        post=Post(reference=_reference(identifier), title=chosen.headline, body=chosen.body, excerpt=chosen.excerpt),
    )


# Ads


@agent.on(CampaignLaunched)
def create_ads(event: CampaignLaunched, at: Recorded, facts: Facts) -> Iterator[Step]:
    """One ad for each ad set; figures are collected every day from tomorrow on."""
    campaign = facts.get(Campaign, at.stream)
    for ad_set in campaign.ad_sets:
        integration = facts.integration_of(ad_set.platform)
        if integration is None:
            reason = f"No {ad_set.platform.label} account is connected to this workspace."
            yield RefuseAd(campaign=at.stream, ad_set=ad_set.id, reason=reason)
            continue
        assert campaign.schedule
        assert campaign.objective
        yield CreateAd(
            lock=str(at.stream),
            integration=integration,
            campaign=at.stream,
            ad_set=ad_set.id,
            platform=ad_set.platform,
            order=AdOrder(
                campaign_reference=_reference(at.stream, f"{campaign.name} {ad_set.platform.label}"),
                ad_reference=_reference(ad_set.id, ad_set.name),
                objective=campaign.objective,
                budget=campaign.allocation[ad_set.platform],
                schedule=campaign.schedule,
                audience=ad_set.audience,
                creative=ad_set.creative,
                bid=ad_set.bid,
            ),
        )
    yield _tomorrow(at.stream, facts.now)


@agent.after(CreateAd)
def conclude_ad(outcome: Settled, facts: Facts) -> Iterator[Step]:
    """The ad is recorded, and brought to what the campaign has become while the platform made it."""
    effect: CreateAd = outcome.effect  # type: ignore[assignment]
    if outcome.error:
        yield RefuseAd(campaign=effect.campaign, ad_set=effect.ad_set, reason=outcome.error)
        return
    created = outcome.result
    ad = Ad(created.external_id, created.external_campaign_id, created.status)
    yield RecordAd(campaign=effect.campaign, ad_set=effect.ad_set, ad=ad)
    campaign = facts.get(Campaign, effect.campaign)
    change = {
        "lock": effect.lock,
        "integration": effect.integration,
        "platform": effect.platform,
        "external_campaign_id": created.external_campaign_id,
    }
    if (total := campaign.allocation[effect.platform]) != effect.order.budget:
        yield SetBudget(**change, total=total)
    if campaign.status is not Status.LIVE or not campaign.is_active(effect.platform):
        yield SetActive(**change, active=False)


@agent.on(BudgetReallocated)
def move_budget(event: BudgetReallocated, at: Recorded, facts: Facts) -> Iterator[Step]:
    """The source is lowered before the target is raised, so that never more than the total can be spent."""
    campaign = facts.get(Campaign, at.stream)
    for platform in (event.source, event.target):
        yield from _set_budget(campaign, at.stream, platform, facts)


@agent.on(BudgetRaised)
def raise_budget(event: BudgetRaised, at: Recorded, facts: Facts) -> Iterator[Step]:
    yield from _set_budget(facts.get(Campaign, at.stream), at.stream, event.platform, facts)


@agent.on(PlatformPaused, PlatformResumed)
def switch_platform(event: PlatformPaused | PlatformResumed, at: Recorded, facts: Facts) -> Iterator[Step]:
    campaign = facts.get(Campaign, at.stream)
    yield from _set_active(campaign, at.stream, (event.platform,), isinstance(event, PlatformResumed), facts)


@agent.on(CampaignPaused, CampaignResumed, CampaignCompleted)
def switch_campaign(event: object, at: Recorded, facts: Facts) -> Iterator[Step]:
    campaign = facts.get(Campaign, at.stream)
    platforms = tuple(p for p in campaign.allocation if campaign.is_active(p))
    yield from _set_active(campaign, at.stream, platforms, isinstance(event, CampaignResumed), facts)


@agent.after(SetBudget)
@agent.after(SetActive)
def conclude_change(outcome: Settled, facts: Facts) -> Iterator[Step]:
    """What a platform refuses is told to people: its state differs from ours."""
    effect: SetBudget | SetActive = outcome.effect  # type: ignore[assignment]
    if outcome.error:
        yield DecisionMade(
            action="alert",
            subject_kind="campaign",
            subject=outcome.run.subject,
            rule="platform_refused_change",
            target=effect.platform.value,
            reason=f"{effect.platform.label} refused the change: {outcome.error}",
        )


# Performance


@agent.at("collect")
def collect(wake: Wake, facts: Facts) -> Iterator[Step]:
    """Every platform is asked for all complete days that may have changed; the campaign ends after its last day."""
    campaign = facts.get(Campaign, wake.subject)
    schedule = campaign.schedule
    if schedule is None or campaign.status not in (Status.LIVE, Status.PAUSED, Status.COMPLETED):
        return
    yesterday = campaign.local_date(facts.now) - timedelta(days=1)
    since = max(schedule.starts_on, wake.due_at.date() - timedelta(days=1 + RESTATED_DAYS))
    asked = False
    for platform, external_campaign_id in _external_campaigns(campaign).items():
        integration = facts.integration_of(platform)
        if integration is None:
            yield _out_of_reach(wake.subject, platform, "its figures cannot be collected")
        elif since <= yesterday:
            asked = True
            yield CollectPerformance(
                lock=f"{wake.subject}/collect/{platform}",
                integration=integration,
                campaign=wake.subject,
                platform=platform,
                external_campaign_id=external_campaign_id,
                since=since,
                until=yesterday,
            )
    if not asked and yesterday >= schedule.ends_on:
        yield CompleteCampaign(campaign=wake.subject)
    elif yesterday <= schedule.ends_on + timedelta(days=RESTATED_DAYS):
        yield _tomorrow(wake.subject, facts.now)


@agent.after(CollectPerformance)
def record(outcome: Settled, facts: Facts) -> Iterator[Step]:
    """The figures are recorded; when the last platform has answered, the campaign is judged or, at its end, completed."""
    effect: CollectPerformance = outcome.effect  # type: ignore[assignment]
    campaign = facts.get(Campaign, effect.campaign)
    if outcome.error:
        yield DecisionMade(
            action="alert",
            subject_kind="campaign",
            subject=effect.campaign,
            rule="collection_failed",
            target=effect.platform.value,
            reason=f"{effect.platform.label}'s figures could not be collected: {outcome.error}",
        )
    else:
        report = outcome.result
        shows = {a.ad.external_id: a.creative.content for a in campaign.ad_sets if a.ad}
        yield RecordPerformance(
            campaign=effect.campaign,
            platform=effect.platform,
            currency=report.currency,
            reported_at=facts.now,
            records=tuple(Record(d.ad, d.day, d.figures, content=shows.get(d.ad)) for d in report.days),
        )
        yield NoteSync(integration=effect.integration, at=facts.now)
    if outcome.run.pending:
        return
    assert campaign.schedule
    if campaign.status in (Status.LIVE, Status.PAUSED) and effect.until >= campaign.schedule.ends_on:
        yield CompleteCampaign(campaign=effect.campaign)
    elif campaign.status is Status.LIVE:
        yield OptimizeCampaign(campaign=effect.campaign, reason="daily schedule")


# Optimisation


@agent.on(OptimizationRequested)
def judge(event: OptimizationRequested, at: Recorded, facts: Facts) -> Iterator[Step]:
    """Scores, then ADFLOWAI's four rules within guardrails (domain/analytics); every decision says why."""
    campaign = facts.get(Campaign, at.stream)
    if campaign.status is not Status.LIVE or campaign.schedule is None:
        return
    today = campaign.local_date(facts.now)
    snapshot = _snapshot(campaign, at.stream, facts)
    assessments = assess(snapshot, today, GUARDRAILS, REFERENCES)
    whole = campaign_score((of.totals.spend, of.score) for of in assessments)
    yield RecordScore(
        campaign=at.stream,
        score=whole.value,
        platforms=tuple(PlatformScore(of.platform, of.score.value) for of in assessments),
        on=today,
    )
    for decision in optimise(snapshot, today, GUARDRAILS):
        yield _recorded(decision, at.stream, campaign.currency)
        yield from _carried_out(decision, at.stream, campaign.currency, today)


def _snapshot(campaign: Campaign, identifier: UUID, facts: Facts) -> CampaignSnapshot:
    assert campaign.schedule
    days, spent = facts.days(identifier), facts.spent(identifier)
    return CampaignSnapshot(
        currency=campaign.currency,
        reserve=campaign.reserve.amount,
        ends_on=campaign.schedule.ends_on,
        moved_today=campaign.moved_on(campaign.local_date(facts.now)).amount,
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


def _recorded(decision: Decision, campaign: UUID, currency: str) -> DecisionMade:
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
        guardrails=tuple(
            agent_run.Guardrail(g.name, f"{g.bound} {g.limit:f} {g.unit}".strip(), f"{g.observed:f}", g.met)
            for g in decision.guardrails
        ),
    )


def _carried_out(decision: Decision, campaign: UUID, currency: str, today: date) -> Iterator[Step]:
    platform, amount, reason = decision.platform, decision.amount, decision.reason
    if platform is None or decision.action is Action.HOLD:
        return
    if decision.action is Action.PAUSE:
        yield PausePlatform(campaign=campaign, platform=platform, reason=reason)
    elif decision.action is Action.ALERT:
        yield ReportAnomaly(campaign=campaign, platform=platform, on=today, reason=reason)
    elif amount is not None and decision.target:
        money = Money.rounded(amount, currency, down=True)
        yield ReallocateBudget(campaign=campaign, source=platform, target=decision.target, amount=money, reason=reason)
    elif amount is not None:
        money = Money.rounded(amount, currency, down=True)
        yield RaiseBudget(campaign=campaign, platform=platform, amount=money, reason=reason)


# On the platforms


def _external_campaigns(campaign: Campaign) -> dict[Platform, str]:
    """The campaign's id on each platform that has accepted an ad."""
    return {a.platform: a.ad.external_campaign_id for a in campaign.ad_sets if a.ad}


def _set_budget(campaign: Campaign, identifier: UUID, platform: Platform, facts: Facts) -> Iterator[Step]:
    for external, integration in _reached(campaign, platform, facts):
        if integration is None:
            yield _out_of_reach(identifier, platform, "its budget there is not changed")
            continue
        yield SetBudget(
            lock=str(identifier),
            integration=integration,
            platform=platform,
            external_campaign_id=external,
            total=campaign.allocation[platform],
        )


def _set_active(
    campaign: Campaign, identifier: UUID, platforms: Iterable[Platform], active: bool, facts: Facts
) -> Iterator[Step]:
    for platform in platforms:
        for external, integration in _reached(campaign, platform, facts):
            if integration is None:
                what = "its ads there were not started" if active else "its ads there go on spending"
                yield _out_of_reach(identifier, platform, what)
                continue
            yield SetActive(
                lock=str(identifier),
                integration=integration,
                platform=platform,
                external_campaign_id=external,
                active=active,
            )


def _reached(campaign: Campaign, platform: Platform, facts: Facts) -> Iterator[tuple[str, UUID | None]]:
    """The campaign on the platform, if it is there, and the connection to it, if there is one."""
    if external := _external_campaigns(campaign).get(platform):
        yield external, facts.integration_of(platform)


def _out_of_reach(campaign: UUID, platform: Platform, consequence: str) -> DecisionMade:
    return DecisionMade(
        action="alert",
        subject_kind="campaign",
        subject=campaign,
        rule="platform_not_connected",
        target=platform.value,
        reason=f"No {platform.label} account is connected to this workspace: {consequence}.",
    )


def _tomorrow(campaign: UUID, now: datetime) -> Remind:
    due = datetime.combine(now.date() + timedelta(days=1), COLLECTED_AT)
    return Remind("collect", campaign, due)


def _reference(identifier: UUID, name: str = "") -> str:
    """A name that is unique on a platform and still says what it is."""
    return f"{name[:60]} · umt-{identifier}" if name else f"umt-{identifier}"
