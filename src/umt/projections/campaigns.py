"""Read models: campaigns, and their platforms' budgets and ads."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from umt.domain import campaign as events
from umt.domain.campaign import Status
from umt.domain.event import Event
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded
from umt.domain.values import unique_key
from umt.projections.table import Change, Column, Projection, Row, Table, plain

CAMPAIGNS = Table(
    "campaigns",
    "Every campaign of a workspace as it stands.",
    key=(Column("campaign", "uuid", "The campaign's id."),),
    columns=(
        Column("brand", "uuid", "The brand it is for; null if it was imported."),
        Column("name", "text", "Name."),
        Column("status", "text", "draft, approved, live, paused, completed, imported or archived."),
        Column("objective", "text", "awareness, traffic, engagement, leads or sales; null if imported."),
        Column("currency", "text", "ISO 4217 code of all its amounts."),
        Column("total_budget", "numeric", "Total budget in the currency; null if imported."),
        Column("starts_on", "date", "First day, in the campaign's time zone.", lowest="'-infinity'::date"),
        Column("ends_on", "date", "Last day, included, in the campaign's time zone.", lowest="'-infinity'::date"),
        Column("time_zone", "text", "IANA time zone of the schedule."),
        Column("platforms", "jsonb", "Its platforms."),
        Column("allocation", "jsonb", "Each platform's budget as a decimal string in the currency."),
        Column("paused_platforms", "jsonb", "Platforms on which its ads are stopped."),
        Column("ad_sets", "jsonb", "Its ad sets with audience, creative, bid, and the ad on the platform."),
        Column("styling", "jsonb", "The brand's styling as taken over."),
        Column("audiences", "jsonb", "The brand's audiences as taken over."),
        Column("score", "numeric", "Performance score between 0 and 1, as last judged."),
        Column("platform_scores", "jsonb", "Each platform's score between 0 and 1."),
        Column("scored_on", "date", "Day of the last judgement, by the business's clock."),
        Column("approved_by", "text", "Who approved it."),
        Column("reference", "text", "Its name in the imported file."),
        Column("created_at", "timestamptz", "When it was set up, by the business's clock."),
        Column("version", "integer", "Version of the campaign's stream, for optimistic concurrency."),
        Column("created_by", "text", "Who set it up, as kind:id."),
        Column("last_optimised_at", "timestamptz", "When it was last judged, by the business's clock; null if never."),
        Column("name_key", "text", "The name as names are compared: without case, in one form of Unicode (NFKC)."),
        Column(
            "total_budget_key",
            "bigint",
            "The total budget in thousandths of the currency, by which campaigns are sorted; null if imported.",
            lowest="-1",
        ),
        Column(
            "awaits_approval",
            "boolean",
            "Whether it is a draft that could be launched as it stands: its ad sets have money, its money has ad sets.",
        ),
    ),
    indexes=(
        "workspace, brand, created_at, campaign",
        "workspace, status, created_at, campaign",
        "workspace, brand, status, created_at, campaign",
    ),
    of_stream=True,
    sorted_by=("created_at", "position", "name_key", "starts_on", "ends_on", "total_budget_key"),
)
campaigns = Projection("campaigns", CAMPAIGNS, version=3)

_EMPTY: Row = {
    "brand": None,
    "objective": None,
    "total_budget": None,
    "total_budget_key": None,
    "starts_on": None,
    "ends_on": None,
    "time_zone": None,
    "allocation": {},
    "paused_platforms": [],
    "ad_sets": [],
    "styling": None,
    "audiences": [],
    "score": None,
    "platform_scores": [],
    "scored_on": None,
    "approved_by": None,
    "reference": None,
    "last_optimised_at": None,
    "awaits_approval": False,
}


@campaigns.on(events.CampaignCreated)
def created(event: events.CampaignCreated, at: Recorded) -> Change:
    return CAMPAIGNS.put(
        at,
        at.stream,
        **{
            **_EMPTY,
            "brand": event.brand,
            "name": event.name,
            "name_key": unique_key(event.name),
            "status": Status.DRAFT,
            "objective": event.objective,
            "currency": event.total_budget.currency,
            "total_budget": event.total_budget.amount,
            "total_budget_key": _thousandths(event.total_budget),
            "starts_on": event.schedule.starts_on,
            "ends_on": event.schedule.ends_on,
            "time_zone": event.schedule.time_zone,
            "platforms": event.platforms,
            "created_at": at.metadata.effective_at,
            "created_by": str(at.metadata.actor),
            "version": at.version,
        },
    )


@campaigns.on(events.CampaignImported)
def imported(event: events.CampaignImported, at: Recorded) -> Change:
    return CAMPAIGNS.put(
        at,
        at.stream,
        **{
            **_EMPTY,
            "name": event.name,
            "name_key": unique_key(event.name),
            "status": Status.IMPORTED,
            "currency": event.currency,
            "platforms": event.platforms,
            "reference": event.reference,
            "created_at": at.metadata.effective_at,
            "created_by": str(at.metadata.actor),
            "version": at.version,
        },
    )


@campaigns.on(events.AdsFound)
def ads_found(event: events.AdsFound, at: Recorded) -> Change:
    def widen(row: Row) -> Row:
        platforms = row["platforms"]
        return {
            "platforms": platforms if event.platform in platforms else [*platforms, event.platform.value],
            "version": at.version,
        }

    return CAMPAIGNS.update(at, at.stream, by=widen)


@campaigns.on(events.BrandApplied)
def brand_applied(event: events.BrandApplied, at: Recorded) -> Change:
    return CAMPAIGNS.put(at, at.stream, styling=event.styling, audiences=event.audiences, version=at.version)


@campaigns.on(events.CampaignRevised)
def revised(event: events.CampaignRevised, at: Recorded) -> Change:
    plan = {
        "name": event.name,
        "name_key": unique_key(event.name),
        "objective": event.objective,
        "total_budget": event.total_budget.amount,
        "total_budget_key": _thousandths(event.total_budget),
        "starts_on": event.schedule.starts_on,
        "ends_on": event.schedule.ends_on,
        "time_zone": event.schedule.time_zone,
        "platforms": event.platforms,
    }
    shares = {} if event.allocation is None else {"allocation": _shares(event.allocation)}
    return _edited(at, lambda row: plan | shares)


@campaigns.on(events.BudgetAllocated)
def allocated(event: events.BudgetAllocated, at: Recorded) -> Change:
    return _edited(at, lambda row: {"allocation": _shares(event.allocation)})


@campaigns.on(events.AdSetAdded)
def ad_set_added(event: events.AdSetAdded, at: Recorded) -> Change:
    return _edited(at, lambda row: {"ad_sets": [*row["ad_sets"], plain(event.ad_set)]})


@campaigns.on(events.AdSetRemoved)
def ad_set_removed(event: events.AdSetRemoved, at: Recorded) -> Change:
    return _edited(at, lambda row: {"ad_sets": [a for a in row["ad_sets"] if a["id"] != str(event.ad_set)]})


@campaigns.on(events.CampaignApproved)
def approved(event: events.CampaignApproved, at: Recorded) -> Change:
    return CAMPAIGNS.put(
        at, at.stream, status=Status.APPROVED, approved_by=event.by, awaits_approval=False, version=at.version
    )


@campaigns.on(
    events.CampaignLaunched,
    events.CampaignPaused,
    events.CampaignResumed,
    events.CampaignCompleted,
    events.CampaignArchived,
)
def status_changed(event: Event, at: Recorded) -> Change:
    return CAMPAIGNS.put(at, at.stream, status=_STATUS[type(event)], awaits_approval=False, version=at.version)


@campaigns.on(events.AdCreated)
def ad_created(event: events.AdCreated, at: Recorded) -> Change:
    return _ad_set(at, event.ad_set, ad=plain(event.ad), failure=None)


@campaigns.on(events.AdRefused)
def ad_refused(event: events.AdRefused, at: Recorded) -> Change:
    return _ad_set(at, event.ad_set, failure=event.reason)


@campaigns.on(events.PlatformPaused)
def platform_paused(event: events.PlatformPaused, at: Recorded) -> Change:
    return CAMPAIGNS.update(
        at,
        at.stream,
        by=lambda row: {"paused_platforms": [*row["paused_platforms"], event.platform.value], "version": at.version},
    )


@campaigns.on(events.PlatformResumed)
def platform_resumed(event: events.PlatformResumed, at: Recorded) -> Change:
    return CAMPAIGNS.update(
        at,
        at.stream,
        by=lambda row: {
            "paused_platforms": [p for p in row["paused_platforms"] if p != event.platform],
            "version": at.version,
        },
    )


@campaigns.on(events.BudgetReallocated)
def reallocated(event: events.BudgetReallocated, at: Recorded) -> Change:
    return _moved(at, {event.source: -event.amount.amount, event.target: event.amount.amount})


@campaigns.on(events.BudgetRaised)
def raised(event: events.BudgetRaised, at: Recorded) -> Change:
    return _moved(at, {event.platform: event.amount.amount})


@campaigns.on(events.CampaignScored)
def scored(event: events.CampaignScored, at: Recorded) -> Change:
    return CAMPAIGNS.put(
        at,
        at.stream,
        score=event.score,
        platform_scores=event.platforms,
        scored_on=event.on,
        last_optimised_at=at.metadata.effective_at,
        version=at.version,
    )


@campaigns.on(events.OptimizationRequested, events.AnomalyReported)
def noted(event: Event, at: Recorded) -> Change:
    return CAMPAIGNS.put(at, at.stream, version=at.version)


_STATUS: dict[type[Event], Status] = {
    events.CampaignLaunched: Status.LIVE,
    events.CampaignPaused: Status.PAUSED,
    events.CampaignResumed: Status.LIVE,
    events.CampaignCompleted: Status.COMPLETED,
    events.CampaignArchived: Status.ARCHIVED,
}


def _edited(at: Recorded, edit: Callable[[Row], Row]) -> Change:
    """Whatever it was, it is a draft again."""

    def change(row: Row) -> Row:
        edited = edit(row)
        standing = {**row, **edited}
        platforms = {ad_set["platform"] for ad_set in standing["ad_sets"]}
        return {
            **edited,
            "status": Status.DRAFT,
            "approved_by": None,
            "awaits_approval": bool(platforms) and platforms == standing["allocation"].keys(),
            "version": at.version,
        }

    return CAMPAIGNS.update(at, at.stream, by=change)


def _thousandths(amount: Money) -> int:
    return int(amount.amount.scaleb(3))


def _shares(allocation: tuple[events.Allocation, ...]) -> dict[str, str]:
    return {share.platform.value: str(share.amount.amount) for share in allocation}


def _ad_set(at: Recorded, identifier: UUID, **changes: Any) -> Change:
    def change(row: Row) -> Row:
        ad_sets = [{**a, **changes} if a["id"] == str(identifier) else a for a in row["ad_sets"]]
        return {"ad_sets": ad_sets, "version": at.version}

    return CAMPAIGNS.update(at, at.stream, by=change)


def _moved(at: Recorded, amounts: dict[Platform, Decimal]) -> Change:
    def change(row: Row) -> Row:
        allocation = dict(row["allocation"])
        for platform, amount in amounts.items():
            allocation[platform.value] = str(Decimal(allocation[platform.value]) + amount)
        return {"allocation": allocation, "version": at.version}

    return CAMPAIGNS.update(at, at.stream, by=change)
