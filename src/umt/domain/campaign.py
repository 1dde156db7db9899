"""Campaign: money, people and creatives on ad platforms, from draft to archive.

``draft → approved → live ⇄ paused → completed → archived``. Allocations and the unallocated reserve always sum to the
total budget; money moves only between active platforms of the campaign and never below what is spent. Above the
workspace's approval limit somebody approves who has not worked on the draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from umt.domain.brand import Audience, Styling
from umt.domain.errors import (
    AlreadyExists,
    InsufficientBudget,
    InvalidValue,
    NotFound,
    NotReady,
    SecondPersonNeeded,
    WrongStatus,
)
from umt.domain.event import Aggregate, Event, decides
from umt.domain.money import Money, total
from umt.domain.platform import Platform
from umt.domain.values import few, text, time_zone
from umt.domain.workspace import needs_second_person


class Status(StrEnum):
    """How far a campaign has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    LIVE = "live"
    PAUSED = "paused"
    COMPLETED = "completed"
    IMPORTED = "imported"
    ARCHIVED = "archived"


class Objective(StrEnum):
    """What a campaign is for."""

    AWARENESS = "awareness"
    TRAFFIC = "traffic"
    ENGAGEMENT = "engagement"
    LEADS = "leads"
    SALES = "sales"


class Schedule(msgspec.Struct, frozen=True):
    """First and last day, both included, in the campaign's time zone."""

    starts_on: date
    ends_on: date
    time_zone: str = "UTC"

    def checked(self) -> Schedule:
        if self.ends_on <= self.starts_on:
            raise InvalidValue("schedule.endsOn", f"must be after the start {self.starts_on}, not {self.ends_on}")
        if self.ends_on - self.starts_on > timedelta(days=366 * 5):
            raise InvalidValue("schedule.endsOn", "a campaign may last five years at most")
        return replace(self, time_zone=time_zone(self.time_zone, "schedule.timeZone"))


class Creative(msgspec.Struct, frozen=True):
    """The approved text that an ad shows."""

    content: UUID
    headline: str
    body: str
    url: str


class Allocation(msgspec.Struct, frozen=True):
    """A platform's share of the budget."""

    platform: Platform
    amount: Money


class Ad(msgspec.Struct, frozen=True):
    """An ad on a platform, by the platform's own ids."""

    external_id: str
    external_campaign_id: str
    status: str


class AdSet(msgspec.Struct, frozen=True):
    """An audience on one platform with what it is shown and what may be bid."""

    id: UUID
    platform: Platform
    name: str
    audience: Audience
    creative: Creative
    bid: Money | None = None
    ad: Ad | None = None
    failure: str | None = None


class Approver(msgspec.Struct, frozen=True):
    """Who approves: the actor, the member behind it (both as kind:id), whether that is a person who acts by themselves,
    and whether an owner vouched for them."""

    actor: str
    principal: str
    person: bool
    vouched: bool = True


class AdFound(msgspec.Struct, frozen=True):
    """An ad that an imported file names, with the file's own dimensions (name, value)."""

    reference: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


class PlatformScore(msgspec.Struct, frozen=True):
    """A platform's performance score between 0 and 1."""

    platform: Platform
    score: Decimal


class Campaign(Aggregate, frozen=True, kw_only=True):
    """A campaign as it stands. ``authors`` are the members who worked on the draft, as kind:id."""

    kind: ClassVar[str] = "campaign"
    name: str
    currency: str
    status: Status = Status.DRAFT
    brand: UUID | None = None
    objective: Objective | None = None
    total_budget: Money | None = None
    schedule: Schedule | None = None
    platforms: tuple[Platform, ...] = ()
    allocation: dict[Platform, Money] = {}
    ad_sets: tuple[AdSet, ...] = ()
    styling: Styling | None = None
    audiences: tuple[Audience, ...] = ()
    paused_platforms: tuple[Platform, ...] = ()
    last_moved: dict[Platform, date] = {}
    moved: tuple[date, Money] | None = None
    moved_by_agents: Decimal = Decimal(0)
    score: Decimal | None = None
    platform_scores: tuple[PlatformScore, ...] = ()
    approved_by: str | None = None
    reference: str | None = None
    authors: tuple[str, ...] = ()

    def require(self, *allowed: Status) -> None:
        if self.status not in allowed:
            raise WrongStatus("campaign", self.status, *allowed)

    @property
    def allocated(self) -> Money:
        return total(tuple(self.allocation.values()), self.currency)

    @property
    def reserve(self) -> Money:
        """The part of the total budget that no platform has yet."""
        return (self.total_budget or Money.zero(self.currency)) - self.allocated

    def local_date(self, moment: datetime) -> date:
        """The day in the campaign's own time zone."""
        return moment.astimezone(ZoneInfo(self.schedule.time_zone if self.schedule else "UTC")).date()

    def is_active(self, platform: Platform) -> bool:
        return platform in self.allocation and platform not in self.paused_platforms

    def ad_set(self, identifier: UUID) -> AdSet:
        for ad_set in self.ad_sets:
            if ad_set.id == identifier:
                return ad_set
        raise NotFound("ad_set", identifier)

    def _with_ad_set(self, changed: AdSet) -> Campaign:
        return replace(self, ad_sets=tuple(changed if a.id == changed.id else a for a in self.ad_sets))

    def _edited(self, by: str | None) -> Campaign:
        """What was approved is no longer what stands."""
        authors = self.authors if by is None or by in self.authors else (*self.authors, by)
        return replace(self, status=Status.DRAFT, approved_by=None, authors=authors)

    def moved_on(self, day: date) -> Money:
        """How much money changed its place on the day, if that was the last day on which any did."""
        return self.moved[1] if self.moved and self.moved[0] == day else Money.zero(self.currency)

    def _moved(
        self, changes: Mapping[Platform, Money], amount: Money, on: date, recommendation: UUID | None
    ) -> Campaign:
        return replace(
            self,
            moved_by_agents=self.moved_by_agents + (amount.amount if recommendation else 0),
            allocation={**self.allocation, **changes},
            last_moved={**self.last_moved, **dict.fromkeys(changes, on)},
            moved=(on, self.moved_on(on) + amount),
        )


class CampaignCreated(Event, frozen=True):
    """A campaign was set up as a draft, by a member as kind:id."""

    brand: UUID
    name: str
    objective: Objective
    total_budget: Money
    schedule: Schedule
    platforms: tuple[Platform, ...]
    by: str | None = None

    def evolve(self, _: None) -> Campaign:
        return Campaign(
            name=self.name,
            currency=self.total_budget.currency,
            brand=self.brand,
            objective=self.objective,
            total_budget=self.total_budget,
            schedule=self.schedule,
            platforms=self.platforms,
            authors=() if self.by is None else (self.by,),
        )


class CampaignImported(Event, frozen=True):
    """A campaign that ran elsewhere was first seen in an imported file."""

    name: str
    reference: str
    currency: str
    platforms: tuple[Platform, ...]

    def evolve(self, _: None) -> Campaign:
        return Campaign(
            name=self.name,
            currency=self.currency,
            status=Status.IMPORTED,
            platforms=self.platforms,
            reference=self.reference,
        )


class AdsFound(Event, frozen=True):
    """Ads of this campaign were first seen in an imported file; at most 500 in one event."""

    platform: Platform
    ads: tuple[AdFound, ...]

    def evolve(self, campaign: Campaign) -> Campaign:
        if self.platform in campaign.platforms:
            return campaign
        return replace(campaign, platforms=(*campaign.platforms, self.platform))


class BrandApplied(Event, frozen=True):
    """The campaign took over the brand's styling and audiences."""

    styling: Styling
    audiences: tuple[Audience, ...]

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, styling=self.styling, audiences=self.audiences)


class CampaignRevised(Event, frozen=True):
    """What the draft plans was changed: all of it as it is planned now. Without an allocation the shares stay."""

    name: str
    objective: Objective
    total_budget: Money
    schedule: Schedule
    platforms: tuple[Platform, ...]
    allocation: tuple[Allocation, ...] | None = None
    by: str | None = None

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(
            campaign._edited(self.by),
            name=self.name,
            objective=self.objective,
            total_budget=self.total_budget,
            schedule=self.schedule,
            platforms=self.platforms,
            allocation=campaign.allocation if self.allocation is None else _shares(self.allocation),
        )


class BudgetAllocated(Event, frozen=True):
    """The budget was shared out among the platforms; what is left is the reserve."""

    allocation: tuple[Allocation, ...]
    by: str | None = None

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign._edited(self.by), allocation=_shares(self.allocation))


class AdSetAdded(Event, frozen=True):
    """The campaign addresses another audience on a platform."""

    ad_set: AdSet
    by: str | None = None

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign._edited(self.by), ad_sets=(*campaign.ad_sets, self.ad_set))


class AdSetRemoved(Event, frozen=True):
    """An ad set was taken out of the draft."""

    ad_set: UUID
    by: str | None = None

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign._edited(self.by), ad_sets=tuple(a for a in campaign.ad_sets if a.id != self.ad_set))


class CampaignApproved(Event, frozen=True):
    """The draft may be launched as it stands; any edit takes the approval back."""

    by: str

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, status=Status.APPROVED, approved_by=self.by)


class CampaignLaunched(Event, frozen=True):
    """The campaign went live: its ads are to be created on the platforms."""

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, status=Status.LIVE)


class AdCreated(Event, frozen=True):
    """A platform accepted an ad and gave it an id."""

    ad_set: UUID
    ad: Ad

    def evolve(self, campaign: Campaign) -> Campaign:
        return campaign._with_ad_set(replace(campaign.ad_set(self.ad_set), ad=self.ad, failure=None))


class AdRefused(Event, frozen=True):
    """A platform refused an ad for good."""

    ad_set: UUID
    reason: str

    def evolve(self, campaign: Campaign) -> Campaign:
        return campaign._with_ad_set(replace(campaign.ad_set(self.ad_set), failure=self.reason))


class CampaignPaused(Event, frozen=True):
    """Nothing of the campaign runs until it is resumed."""

    reason: str

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, status=Status.PAUSED)


class CampaignResumed(Event, frozen=True):
    """The campaign runs again."""

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, status=Status.LIVE)


class PlatformPaused(Event, frozen=True):
    """The campaign's ads on one platform stopped; its money stays there until it is moved."""

    platform: Platform
    on: date
    reason: str
    recommendation: UUID | None = None

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(
            campaign,
            paused_platforms=(*campaign.paused_platforms, self.platform),
            last_moved={**campaign.last_moved, self.platform: self.on},
        )


class PlatformResumed(Event, frozen=True):
    """The campaign's ads on one platform run again."""

    platform: Platform
    on: date

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(
            campaign,
            paused_platforms=tuple(p for p in campaign.paused_platforms if p != self.platform),
            last_moved={**campaign.last_moved, self.platform: self.on},
        )


class BudgetReallocated(Event, frozen=True):
    """Money moved between two platforms of one campaign; the total stays the same.

    ``recommendation``: the agent's that it came of; None when a person moved it."""

    source: Platform
    target: Platform
    amount: Money
    on: date
    reason: str
    recommendation: UUID | None = None

    def evolve(self, campaign: Campaign) -> Campaign:
        return campaign._moved(
            {
                self.source: campaign.allocation[self.source] - self.amount,
                self.target: campaign.allocation[self.target] + self.amount,
            },
            self.amount,
            self.on,
            self.recommendation,
        )


class BudgetRaised(Event, frozen=True):
    """Money moved from the campaign's reserve to a platform; the total stays the same."""

    platform: Platform
    amount: Money
    on: date
    reason: str
    recommendation: UUID | None = None

    def evolve(self, campaign: Campaign) -> Campaign:
        raised = {self.platform: campaign.allocation[self.platform] + self.amount}
        return campaign._moved(raised, self.amount, self.on, self.recommendation)


class OptimizationRequested(Event, frozen=True):
    """Somebody or the schedule asked for the campaign to be judged. ``asked_by``: the member who answers for it, as
    kind:id, or the agent."""

    reason: str
    asked_by: str = ""

    def evolve(self, campaign: Campaign) -> Campaign:
        return campaign


class CampaignScored(Event, frozen=True):
    """The campaign was judged: a score between 0 and 1 for it and for each platform."""

    score: Decimal
    platforms: tuple[PlatformScore, ...]
    on: date

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, score=self.score, platform_scores=self.platforms)


class AnomalyReported(Event, frozen=True):
    """A figure left its usual range; somebody should look."""

    platform: Platform
    on: date
    reason: str

    def evolve(self, campaign: Campaign) -> Campaign:
        return campaign


class CampaignCompleted(Event, frozen=True):
    """The campaign's last day is over."""

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, status=Status.COMPLETED)


class CampaignArchived(Event, frozen=True):
    """The campaign was put away; nothing about it changes any more."""

    def evolve(self, campaign: Campaign) -> Campaign:
        return replace(campaign, status=Status.ARCHIVED)


_EDITABLE = (Status.DRAFT, Status.APPROVED)
_STARTED = (Status.LIVE, Status.PAUSED)


@decides
def create(
    campaign: Campaign | None,
    brand: UUID,
    name: str,
    objective: Objective,
    total_budget: Money,
    schedule: Schedule,
    platforms: Iterable[Platform],
    by: str | None = None,
) -> CampaignCreated:
    if campaign:
        raise AlreadyExists("campaign", campaign.name)
    return CampaignCreated(
        brand,
        text(name, "name"),
        objective,
        total_budget.quantised().positive("totalBudget"),
        schedule.checked(),
        _checked_platforms(platforms),
        by,
    )


@decides
def import_campaign(
    campaign: Campaign | None, name: str, reference: str, currency: str, platforms: Iterable[Platform]
) -> CampaignImported | None:
    if campaign:
        return None
    return CampaignImported(name, reference, Money.zero(currency).currency, tuple(platforms))


@decides
def find_ads(campaign: Campaign, platform: Platform, ads: Iterable[AdFound]) -> Iterable[AdsFound]:
    campaign.require(Status.IMPORTED)
    ads = tuple(ads)
    for first in range(0, len(ads), 500):
        yield AdsFound(platform, ads[first : first + 500])


@decides
def apply_brand(campaign: Campaign, styling: Styling, audiences: tuple[Audience, ...]) -> BrandApplied | None:
    campaign.require(*_EDITABLE, *_STARTED)
    if (campaign.styling, campaign.audiences) == (styling, audiences):
        return None
    return BrandApplied(styling, audiences)


@decides
def revise(
    campaign: Campaign,
    *,
    name: str | None = None,
    objective: Objective | None = None,
    total_budget: Money | None = None,
    schedule: Schedule | None = None,
    platforms: Iterable[Platform] | None = None,
    allocation: Iterable[Allocation] | None = None,
    by: str | None = None,
) -> CampaignRevised | None:
    """Change what the draft plans, all at once; what is None stays. Shares and ad sets must fit what is planned then."""
    planned = _planned(
        campaign,
        name=None if name is None else text(name, "name"),
        objective=objective,
        total_budget=None if total_budget is None else total_budget.quantised().positive("totalBudget"),
        schedule=None if schedule is None else schedule.checked(),
        platforms=None if platforms is None else _checked_platforms(platforms),
    )
    shares = None if allocation is None else _checked_shares(planned, allocation)
    if shares is not None and _shares(shares) == campaign.allocation:
        shares = None
    if planned == campaign and shares is None:
        return None
    campaign.require(*_EDITABLE)
    _require_fitting(planned if shares is None else replace(planned, allocation=_shares(shares)))
    _require_money(
        planned,
        [Allocation(*share) for share in planned.allocation.items()] if shares is None else shares,
        "totalBudget" if shares is None else "allocation",
    )
    assert planned.objective is not None
    assert planned.total_budget is not None
    assert planned.schedule is not None
    return CampaignRevised(
        planned.name, planned.objective, planned.total_budget, planned.schedule, planned.platforms, shares, by
    )


@decides
def allocate(campaign: Campaign, allocation: Iterable[Allocation], by: str | None = None) -> BudgetAllocated:
    campaign.require(*_EDITABLE)
    allocation = _checked_shares(campaign, allocation)
    _require_money(campaign, allocation)
    return BudgetAllocated(allocation, by)


MOST_AD_SETS: Final = 200
"""Of one campaign."""


@decides
def add_ad_set(campaign: Campaign, ad_set: AdSet, by: str | None = None) -> AdSetAdded | None:
    campaign.require(*_EDITABLE)
    if any(a.id == ad_set.id for a in campaign.ad_sets):
        return None
    if ad_set.platform not in campaign.platforms:
        raise InvalidValue("platform", f"{ad_set.platform} is not a platform of this campaign")
    if ad_set.bid is not None:
        _payable(campaign, ad_set.bid, "bid")
    name = text(ad_set.name, "name")
    if any(a.name == name and a.platform == ad_set.platform for a in campaign.ad_sets):
        raise AlreadyExists("ad_set", name)
    few((*campaign.ad_sets, ad_set), "adSets", most=MOST_AD_SETS)
    return AdSetAdded(replace(ad_set, name=name, audience=ad_set.audience.checked()), by)


@decides
def remove_ad_set(campaign: Campaign, ad_set: UUID, by: str | None = None) -> AdSetRemoved:
    campaign.require(*_EDITABLE)
    return AdSetRemoved(campaign.ad_set(ad_set).id, by)


@decides
def approve(campaign: Campaign, by: Approver, limits: Iterable[Money] = ()) -> CampaignApproved | None:
    """``limits`` are the workspace's; above them it takes a vouched person who did not work on the draft."""
    if campaign.status is Status.APPROVED:
        return None
    campaign.require(Status.DRAFT)
    _require_launchable(campaign)
    assert campaign.total_budget is not None
    if needs_second_person(limits, campaign.total_budget):
        _require_second_person(campaign, by)
    return CampaignApproved(by.actor)


@decides
def launch(campaign: Campaign, today: date) -> CampaignLaunched:
    if campaign.status is Status.DRAFT:
        raise NotReady("Approve the campaign before it is launched.")
    campaign.require(Status.APPROVED)
    _require_launchable(campaign)
    assert campaign.schedule is not None
    if campaign.schedule.ends_on < today:
        raise NotReady(f"The campaign's last day, {campaign.schedule.ends_on}, is over; today is {today}.")
    return CampaignLaunched()


@decides
def record_ad(campaign: Campaign, ad_set: UUID, ad: Ad) -> AdCreated | None:
    campaign.require(*_STARTED, Status.COMPLETED)
    return None if campaign.ad_set(ad_set).ad == ad else AdCreated(ad_set, ad)


@decides
def refuse_ad(campaign: Campaign, ad_set: UUID, reason: str) -> AdRefused | None:
    campaign.require(*_STARTED, Status.COMPLETED)
    known = campaign.ad_set(ad_set)
    return None if known.ad or known.failure == reason[:1000] else AdRefused(ad_set, reason[:1000])


@decides
def pause(campaign: Campaign, reason: str) -> CampaignPaused | None:
    if campaign.status is Status.PAUSED:
        return None
    campaign.require(Status.LIVE)
    return CampaignPaused(text(reason, "reason", longest=1000))


@decides
def resume(campaign: Campaign) -> CampaignResumed | None:
    if campaign.status is Status.LIVE:
        return None
    campaign.require(Status.PAUSED)
    return CampaignResumed()


@decides
def pause_platform(
    campaign: Campaign, platform: Platform, on: date, reason: str, recommendation: UUID | None = None
) -> PlatformPaused | None:
    campaign.require(*_STARTED)
    _require_platform(campaign, platform)
    if platform in campaign.paused_platforms:
        return None
    if [p for p in campaign.allocation if campaign.is_active(p)] == [platform]:
        raise NotReady(f"{platform} is the campaign's last active platform; pause the campaign instead.")
    return PlatformPaused(platform, on, text(reason, "reason", longest=1000), recommendation)


@decides
def resume_platform(campaign: Campaign, platform: Platform, on: date) -> PlatformResumed | None:
    campaign.require(*_STARTED)
    _require_platform(campaign, platform)
    return PlatformResumed(platform, on) if platform in campaign.paused_platforms else None


@decides
def reallocate(
    campaign: Campaign,
    source: Platform,
    target: Platform,
    amount: Money,
    on: date,
    reason: str,
    spent: Mapping[Platform, Decimal],
    recommendation: UUID | None = None,
) -> BudgetReallocated:
    """Move unspent money between two active platforms; ``spent`` is what each platform reports as spent so far."""
    campaign.require(Status.LIVE)
    amount = _payable(campaign, amount.quantised(), "amount")
    if source == target:
        raise InvalidValue("target", "must differ from the source")
    for field, platform in (("source", source), ("target", target)):
        _require_platform(campaign, platform, field)
        if not campaign.is_active(platform):
            raise NotReady(f"{platform} is paused in this campaign; resume it before money moves.")
    available = _unspent(campaign, source, spent)
    if amount > available:
        raise InsufficientBudget(source, wanted=amount, available=available)
    if amount == campaign.allocation[source]:
        raise InvalidValue("amount", f"leaves {source} nothing at all; leave some, or pause it")
    return BudgetReallocated(source, target, amount, on, text(reason, "reason", longest=1000), recommendation)


@decides
def raise_budget(
    campaign: Campaign,
    platform: Platform,
    amount: Money,
    on: date,
    reason: str,
    recommendation: UUID | None = None,
) -> BudgetRaised:
    campaign.require(Status.LIVE)
    amount = _payable(campaign, amount.quantised(), "amount")
    _require_platform(campaign, platform)
    if not campaign.is_active(platform):
        raise NotReady(f"{platform} is paused in this campaign; resume it before it gets more money.")
    if amount > campaign.reserve:
        raise InsufficientBudget("the campaign's reserve", wanted=amount, available=campaign.reserve)
    return BudgetRaised(platform, amount, on, text(reason, "reason", longest=1000), recommendation)


@decides
def request_optimization(campaign: Campaign, reason: str, asked_by: str = "") -> OptimizationRequested:
    campaign.require(Status.LIVE)
    return OptimizationRequested(text(reason, "reason", longest=1000), asked_by)


@decides
def record_score(campaign: Campaign, score: Decimal, platforms: tuple[PlatformScore, ...], on: date) -> CampaignScored:
    campaign.require(*_STARTED, Status.COMPLETED)
    for value in (score, *(p.score for p in platforms)):
        if not 0 <= value <= 1:
            raise InvalidValue("score", f"must be between 0 and 1, not {value}")
    return CampaignScored(score, platforms, on)


@decides
def report_anomaly(campaign: Campaign, platform: Platform, on: date, reason: str) -> AnomalyReported:
    campaign.require(*_STARTED)
    _require_platform(campaign, platform)
    return AnomalyReported(platform, on, text(reason, "reason", longest=1000))


@decides
def take_figures(campaign: Campaign, currency: str) -> None:
    """Figures are kept beside a campaign and change nothing about it; they must be in its currency."""
    if campaign.currency != currency:
        raise InvalidValue("currency", f"the campaign is in {campaign.currency}, not {currency}")


@decides
def complete(campaign: Campaign, today: date) -> CampaignCompleted | None:
    if campaign.status is Status.COMPLETED:
        return None
    campaign.require(*_STARTED)
    if campaign.schedule and today <= campaign.schedule.ends_on:
        raise NotReady(f"The campaign runs until {campaign.schedule.ends_on}; today is {today}.")
    return CampaignCompleted()


@decides
def archive(campaign: Campaign) -> CampaignArchived | None:
    if campaign.status is Status.ARCHIVED:
        return None
    campaign.require(Status.DRAFT, Status.APPROVED, Status.COMPLETED, Status.IMPORTED)
    return CampaignArchived()


def _planned(campaign: Campaign, **changes: Any) -> Campaign:
    """The campaign with what is given."""
    return replace(campaign, **{name: value for name, value in changes.items() if value is not None})


def _shares(allocation: Iterable[Allocation]) -> dict[Platform, Money]:
    return {share.platform: share.amount for share in allocation}


def _checked_platforms(platforms: Iterable[Platform]) -> tuple[Platform, ...]:
    platforms = tuple(platforms)
    if not platforms or len(set(platforms)) < len(platforms):
        raise InvalidValue("platforms", "name each platform once, and at least one")
    for platform in platforms:
        if not platform.sells_ads:
            raise InvalidValue("platforms", f"{platform} sells no ads")
    return platforms


def _checked_shares(campaign: Campaign, allocation: Iterable[Allocation]) -> tuple[Allocation, ...]:
    allocation = tuple(Allocation(a.platform, a.amount.quantised()) for a in allocation)
    platforms = [a.platform for a in allocation]
    if len(set(platforms)) < len(platforms):
        raise InvalidValue("allocation", "name each platform once")
    for n, share in enumerate(allocation):
        if share.platform not in campaign.platforms:
            raise InvalidValue(f"allocation.{n}.platform", f"{share.platform} is not a platform of this campaign")
        _payable(campaign, share.amount, f"allocation.{n}.amount")
    return allocation


def _require_money(campaign: Campaign, allocation: Iterable[Allocation], field: str = "allocation") -> None:
    """The shares are no more than the campaign has."""
    wanted = total(tuple(a.amount for a in allocation), campaign.currency)
    available = campaign.total_budget or Money.zero(campaign.currency)
    if wanted > available:
        raise InsufficientBudget("the campaign", wanted=wanted, available=available, field=field)


def _require_fitting(planned: Campaign) -> None:
    """One currency for ever; shares and ad sets on platforms of the plan only."""
    if planned.total_budget and planned.total_budget.currency != planned.currency:
        raise InvalidValue("totalBudget.currency", f"must stay the campaign's currency {planned.currency}")
    for platform in planned.allocation:
        if platform not in planned.platforms:
            raise InvalidValue("platforms", f"{platform} has a share of the budget; take it out of the allocation, too")
    for ad_set in planned.ad_sets:
        if ad_set.platform not in planned.platforms:
            raise InvalidValue("platforms", f"{ad_set.platform} has the ad set {ad_set.name!r}; remove that first")


def _require_platform(campaign: Campaign, platform: Platform, field: str = "platform") -> None:
    if platform not in campaign.allocation:
        raise InvalidValue(field, f"{platform} has no budget in this campaign")


def _payable(campaign: Campaign, amount: Money, field: str) -> Money:
    if amount.currency != campaign.currency:
        raise InvalidValue(f"{field}.currency", f"must be the campaign's currency {campaign.currency}")
    return amount.positive(field)


def _require_launchable(campaign: Campaign) -> None:
    """At least one ad set with a funded platform, and no ad set without money."""
    if not campaign.ad_sets:
        raise NotReady("Add an ad set with an approved creative first.")
    for ad_set in campaign.ad_sets:
        if ad_set.platform not in campaign.allocation:
            raise NotReady(f"The ad set {ad_set.name!r} has no money: allocate a budget to {ad_set.platform}.")
    if idle := [p for p in campaign.allocation if all(a.platform != p for a in campaign.ad_sets)]:
        raise NotReady(f"{idle[0]} has a budget but no ad set.")


def _require_second_person(campaign: Campaign, by: Approver) -> None:
    above = f"{campaign.total_budget} is above this workspace's approval limit"
    if not by.person:
        raise SecondPersonNeeded(f"{above}: a person must approve the campaign, signed in themselves.")
    if by.principal in campaign.authors:
        raise SecondPersonNeeded(f"{above}, and you worked on the draft: ask somebody else to approve it.")
    if not by.vouched:
        raise SecondPersonNeeded(f"{above}, and no owner vouched for you: ask an owner to give you your role again.")


def _unspent(campaign: Campaign, platform: Platform, spent: Mapping[Platform, Decimal]) -> Money:
    rest = campaign.allocation[platform].amount - spent.get(platform, Decimal(0))
    return Money.rounded(max(rest, Decimal(0)), campaign.currency, down=True)
