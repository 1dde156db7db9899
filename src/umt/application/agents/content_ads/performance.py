"""Every day the platforms are asked for their figures; when the last one has answered, the campaign is judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from umt.application.agents.content_ads.agent import agent
from umt.application.agents.content_ads.platforms import external_campaigns, out_of_reach
from umt.application.agents.reaction import Facts, Remind, Settled, Step, Wake
from umt.application.commands.analytics import RecordPerformance
from umt.application.commands.campaign import CompleteCampaign, OptimizeCampaign
from umt.application.commands.integration import NoteSync
from umt.application.effects import CollectPerformance
from umt.domain.agent_run import DecisionMade
from umt.domain.campaign import Campaign, Status
from umt.domain.performance import Record

COLLECTED_AT = time(2, 0, tzinfo=UTC)
"""When yesterday's figures are asked for, every day."""
RESTATED_DAYS = 7
"""Days for which a platform may still correct its figures; they are asked for again."""


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
    for platform, external_campaign_id in external_campaigns(campaign).items():
        integration = facts.integration_of(platform)
        if integration is None:
            yield out_of_reach(wake.subject, platform, "its figures cannot be collected")
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
        yield tomorrow(wake.subject, facts.now)


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


def tomorrow(campaign: UUID, now: datetime) -> Remind:
    due = datetime.combine(now.date() + timedelta(days=1), COLLECTED_AT)
    return Remind("collect", campaign, due)
