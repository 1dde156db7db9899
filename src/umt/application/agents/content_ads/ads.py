"""Launched campaigns get their ads, and what changes here is changed on the platforms."""

from __future__ import annotations

from collections.abc import Iterator

from umt.application.agents.content_ads.agent import agent
from umt.application.agents.content_ads.performance import tomorrow
from umt.application.agents.content_ads.platforms import lock, reference, set_active, set_budget
from umt.application.agents.reaction import Facts, Settled, Step
from umt.application.commands.campaign import RecordAd, RefuseAd
from umt.application.effects import CreateAd, SetActive, SetBudget
from umt.application.ports import AdOrder
from umt.domain.agent_run import DecisionMade
from umt.domain.campaign import (
    Ad,
    BudgetRaised,
    BudgetReallocated,
    Campaign,
    CampaignCompleted,
    CampaignLaunched,
    CampaignPaused,
    CampaignResumed,
    PlatformPaused,
    PlatformResumed,
    Status,
)
from umt.domain.recorded import Recorded


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
            lock=lock(at.stream, ad_set.platform),
            integration=integration,
            campaign=at.stream,
            ad_set=ad_set.id,
            platform=ad_set.platform,
            order=AdOrder(
                campaign_reference=reference(at.stream, f"{campaign.name} {ad_set.platform.label}"),
                ad_reference=reference(ad_set.id, ad_set.name),
                objective=campaign.objective,
                budget=campaign.allocation[ad_set.platform],
                schedule=campaign.schedule,
                audience=ad_set.audience,
                creative=ad_set.creative,
                bid=ad_set.bid,
            ),
        )
    yield tomorrow(at.stream, facts.now)


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
        "campaign": effect.campaign,
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
    """The source is lowered, and only once that is done the target raised, so that never more than the total can be
    spent. A source where nothing runs cannot spend."""
    campaign = facts.get(Campaign, at.stream)
    lowered = tuple(set_budget(campaign, at.stream, event.source, facts, then=event.target))
    yield from lowered
    if not any(isinstance(step, SetBudget) for step in lowered):
        yield from set_budget(campaign, at.stream, event.target, facts)


@agent.on(BudgetRaised)
def raise_budget(event: BudgetRaised, at: Recorded, facts: Facts) -> Iterator[Step]:
    yield from set_budget(facts.get(Campaign, at.stream), at.stream, event.platform, facts)


@agent.on(PlatformPaused, PlatformResumed)
def switch_platform(event: PlatformPaused | PlatformResumed, at: Recorded, facts: Facts) -> Iterator[Step]:
    campaign = facts.get(Campaign, at.stream)
    yield from set_active(campaign, at.stream, (event.platform,), isinstance(event, PlatformResumed), facts)


@agent.on(CampaignPaused, CampaignResumed, CampaignCompleted)
def switch_campaign(event: object, at: Recorded, facts: Facts) -> Iterator[Step]:
    campaign = facts.get(Campaign, at.stream)
    platforms = tuple(p for p in campaign.allocation if campaign.is_active(p))
    yield from set_active(campaign, at.stream, platforms, isinstance(event, CampaignResumed), facts)


@agent.after(SetBudget)
@agent.after(SetActive)
def conclude_change(outcome: Settled, facts: Facts) -> Iterator[Step]:
    """What a platform refuses is told to people: its state differs from ours."""
    effect: SetBudget | SetActive = outcome.effect  # type: ignore[assignment]
    if not outcome.error and isinstance(effect, SetBudget) and effect.then and effect.campaign:
        campaign = facts.get(Campaign, effect.campaign)
        yield from set_budget(campaign, effect.campaign, effect.then, facts)
    if outcome.error:
        yield DecisionMade(
            action="alert",
            subject_kind="campaign",
            subject=outcome.run.subject,
            rule="platform_refused_change",
            target=effect.platform.value,
            reason=f"{effect.platform.label} refused the change{_left(effect)}: {outcome.error}",
        )


def _left(effect: SetBudget | SetActive) -> str:
    """What is left undone besides."""
    return f", so {effect.then.label} gets no more" if isinstance(effect, SetBudget) and effect.then else ""
