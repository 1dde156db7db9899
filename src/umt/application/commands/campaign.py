"""Commands on campaigns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from umt.application.commands.authority import answerable, approver
from umt.application.dispatch import Command
from umt.application.fields import MoneyField, Plain, value_of
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import campaign
from umt.domain.brand import Audience, Brand, Styling
from umt.domain.campaign import (
    Ad,
    AdSet,
    Allocation,
    Campaign,
    Creative,
    Objective,
    PlatformScore,
    Schedule,
)
from umt.domain.content import Content
from umt.domain.content import Status as ContentStatus
from umt.domain.errors import NotReady
from umt.domain.platform import Platform
from umt.domain.workspace import Workspace


class _Editing(Command):
    permission: ClassVar[Permission] = Permission.CAMPAIGN_WRITE


class _Running(Command):
    permission: ClassVar[Permission] = Permission.CAMPAIGN_RUN


class _Reporting(Command):
    permission: ClassVar[Permission] = Permission.AGENT_WORK


_Shares = Annotated[tuple[Allocation, ...], value_of(tuple[Allocation, ...]), Plain]
_Schedule = Annotated[Schedule, value_of(Schedule), Plain]


class CreateCampaign(_Editing):
    """Set up a campaign of a brand as a draft; its budget may be shared out at once."""

    brand: UUID
    name: str
    objective: Objective
    total_budget: MoneyField
    schedule: _Schedule
    platforms: tuple[Platform, ...]
    allocation: _Shares = ()

    def handle(self, tx: Transaction) -> None:
        tx.get(Brand, self.brand).require_active()
        identifier, by = tx.new_id(), answerable(tx.context)
        tx.create(
            Campaign,
            identifier,
            campaign.create,
            self.brand,
            self.name,
            self.objective,
            self.total_budget,
            self.schedule,
            self.platforms,
            by,
        )
        if self.allocation:
            tx.decide(Campaign, identifier, campaign.allocate, self.allocation, by)


class ReviseCampaign(_Editing):
    """Change what a draft plans, all at once; what is not given stays. An approval is taken back."""

    campaign: UUID
    name: str | None = None
    objective: Objective | None = None
    total_budget: MoneyField | None = None
    schedule: _Schedule | None = None
    platforms: tuple[Platform, ...] | None = None
    allocation: _Shares | None = None

    def handle(self, tx: Transaction) -> None:
        tx.decide(
            Campaign,
            self.campaign,
            campaign.revise,
            name=self.name,
            objective=self.objective,
            total_budget=self.total_budget,
            schedule=self.schedule,
            platforms=self.platforms,
            allocation=self.allocation,
            by=answerable(tx.context),
        )


class AllocateBudget(_Editing):
    """Share the budget out among the platforms; what is left is the campaign's reserve."""

    campaign: UUID
    allocation: _Shares

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.allocate, self.allocation, answerable(tx.context))


class AddAdSet(_Editing):
    """Address an audience on a platform with an approved content. Without an audience, the brand's first one."""

    campaign: UUID
    platform: Platform
    name: str
    content: UUID
    audience: Annotated[Audience | None, value_of(Audience | None), Plain] = None
    bid: MoneyField | None = None

    def handle(self, tx: Transaction) -> None:
        audience = self.audience
        if audience is None:
            of_brand = tx.get(Campaign, self.campaign).audiences
            if not of_brand:
                raise NotReady("Name an audience: the campaign's brand has none.", "audience")
            audience = of_brand[0]
        ad_set = AdSet(
            id=tx.new_id(),
            platform=self.platform,
            name=self.name,
            audience=audience,
            creative=_creative(tx, self.content),
            bid=self.bid,
        )
        tx.decide(Campaign, self.campaign, campaign.add_ad_set, ad_set, answerable(tx.context))


class RemoveAdSet(_Editing):
    """Take an ad set out of the draft."""

    campaign: UUID
    ad_set: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.remove_ad_set, self.ad_set, answerable(tx.context))


class ApproveCampaign(Command):
    """Approve the draft as it stands; above the workspace's approval limit, a person does who did not work on it."""

    permission: ClassVar[Permission] = Permission.CAMPAIGN_APPROVE
    campaign: UUID

    def handle(self, tx: Transaction) -> None:
        workspace = tx.load(Workspace, tx.context.workspace)
        limits = workspace.approval_limits if workspace else ()
        tx.decide(Campaign, self.campaign, campaign.approve, approver(tx), limits)


class LaunchCampaign(_Running):
    """Go live: the agents create the ads on the platforms."""

    campaign: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.launch, _today(tx, self.campaign))


class PauseCampaign(_Running):
    """Stop everything of the campaign until it is resumed."""

    campaign: UUID
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.pause, self.reason)


class ResumeCampaign(_Running):
    """Let a paused campaign run again."""

    campaign: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.resume)


class PausePlatform(_Running):
    """Stop the campaign's ads on one platform."""

    campaign: UUID
    platform: Platform
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(
            Campaign, self.campaign, campaign.pause_platform, self.platform, _today(tx, self.campaign), self.reason
        )


class ResumePlatform(_Running):
    """Let the campaign's ads on one platform run again."""

    campaign: UUID
    platform: Platform

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.resume_platform, self.platform, _today(tx, self.campaign))


class ReallocateBudget(_Running):
    """Move unspent money between two active platforms of a campaign."""

    campaign: UUID
    source: Platform
    target: Platform
    amount: MoneyField
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(
            Campaign,
            self.campaign,
            campaign.reallocate,
            self.source,
            self.target,
            self.amount,
            _today(tx, self.campaign),
            self.reason,
            tx.spent(self.campaign),
        )


class RaiseBudget(_Running):
    """Move money from the campaign's reserve to a platform."""

    campaign: UUID
    platform: Platform
    amount: MoneyField
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(
            Campaign,
            self.campaign,
            campaign.raise_budget,
            self.platform,
            self.amount,
            _today(tx, self.campaign),
            self.reason,
        )


class OptimizeCampaign(_Running):
    """Have the campaign judged now; the agent decides within its guardrails and says why."""

    campaign: UUID
    reason: str = "asked for by hand"

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.request_optimization, self.reason, answerable(tx.context))


class ArchiveCampaign(_Editing):
    """Put a campaign away; nothing about it changes any more."""

    campaign: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.archive)


class ApplyBrand(_Reporting):
    """Give a campaign its brand's styling and audiences."""

    campaign: UUID
    styling: Annotated[Styling, value_of(Styling), Plain]
    audiences: Annotated[tuple[Audience, ...], value_of(tuple[Audience, ...]), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.apply_brand, self.styling, self.audiences)


class RecordAd(_Reporting):
    """Record the ad that a platform created."""

    campaign: UUID
    ad_set: UUID
    ad: Annotated[Ad, value_of(Ad), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.record_ad, self.ad_set, self.ad)


class RefuseAd(_Reporting):
    """Record that a platform refused an ad for good."""

    campaign: UUID
    ad_set: UUID
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.refuse_ad, self.ad_set, self.reason)


class RecordScore(_Reporting):
    """Record how the campaign was judged."""

    campaign: UUID
    score: Decimal
    platforms: Annotated[tuple[PlatformScore, ...], value_of(tuple[PlatformScore, ...]), Plain]
    on: date

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.record_score, self.score, self.platforms, self.on)


class ReportAnomaly(_Reporting):
    """Record that a figure left its usual range."""

    campaign: UUID
    platform: Platform
    on: date
    reason: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.report_anomaly, self.platform, self.on, self.reason)


class CompleteCampaign(_Reporting):
    """Record that the campaign's last day is over."""

    campaign: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Campaign, self.campaign, campaign.complete, _today(tx, self.campaign))


def _today(tx: Transaction, identifier: UUID) -> date:
    """The present day in the campaign's own time zone."""
    return tx.get(Campaign, identifier).local_date(tx.now)


def _creative(tx: Transaction, content: UUID) -> Creative:
    """What an ad shows of a content, which must be approved."""
    found = tx.get(Content, content)
    if found.status not in (ContentStatus.APPROVED, ContentStatus.PUBLISHED) or found.selected is None:
        raise NotReady("The ad set's content is not approved yet; approve it first.", "content")
    chosen = found.variation(found.selected)
    published = next((p.url for p in found.publications if p.url), None)
    if published is None:
        raise NotReady("The ad set's content is not published yet, so an ad has no page to lead to.", "content")
    return Creative(content=content, headline=chosen.headline, body=chosen.excerpt, url=published)
