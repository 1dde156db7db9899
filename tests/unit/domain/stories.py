"""Histories that tests begin with: each function answers the events that lead to what its name says."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec.structs import replace

from umt.domain.brand import Audience, BrandArchived, BrandCreated, Industry
from umt.domain.campaign import (
    AdSet,
    AdSetAdded,
    Allocation,
    Approver,
    BudgetAllocated,
    CampaignApproved,
    CampaignArchived,
    CampaignCompleted,
    CampaignCreated,
    CampaignLaunched,
    CampaignPaused,
    Creative,
    Objective,
    Schedule,
)
from umt.domain.content import (
    Brief,
    ContentApproved,
    ContentArchived,
    ContentPublished,
    ContentRequested,
    Finding,
    Strategy,
    StrategyProposed,
    TemplateVersion,
    Variation,
    VariationSelected,
    VariationsGenerated,
)
from umt.domain.event import Event
from umt.domain.money import Money
from umt.domain.platform import Platform

History = tuple[Event, ...]

BRAND, CONTENT, CAMPAIGN = UUID(int=1), UUID(int=2), UUID(int=3)
ANNA, BEN, CLARA = UUID(int=11), UUID(int=12), UUID(int=13)
GOOGLE, LINKEDIN, INSTAGRAM, CMS = Platform.GOOGLE, Platform.LINKEDIN, Platform.INSTAGRAM, Platform.CMS

FIRST_DAY, LAST_DAY = date(2026, 3, 1), date(2026, 3, 31)
DURING, AFTERWARDS = date(2026, 3, 10), date(2026, 4, 1)
MARCH = Schedule(FIRST_DAY, LAST_DAY, "Europe/Berlin")


def eur(amount: str | int) -> Money:
    return Money.of(amount, "EUR")


def at(moment: str) -> datetime:
    """``at("2026-03-01T09:00Z")``."""
    return datetime.fromisoformat(moment)


# Brand

TECHNOLOGY = Industry("Technology", "TECH")
PARENTS = Audience("Parents", 25, 45, interests=("family",), places=("Berlin",))


def brand() -> History:
    return (BrandCreated("Acme Inc.", TECHNOLOGY, "Leading technology provider"),)


def archived_brand() -> History:
    return (*brand(), BrandArchived())


# Content

BUILT_IN = TemplateVersion(None, "built-in", 1)
BRIEF = Brief("Spring sale", "Sell the spring collection", keywords=("spring",), variations=2)
STRATEGY = Strategy("Fresh start", "warm", ("spring",), ("Hook", "Offer"), "Shop now", (Finding("brand", "is warm"),))


def variation(number: int, headline: str = "Spring is here") -> Variation:
    return Variation(number, headline, "Come in and look around.", "Come in.", "Shop now", BUILT_IN, "offline")


def requested_content(*channels: Platform) -> History:
    brief = replace(BRIEF, channels=channels or (CMS,))
    return (ContentRequested(BRAND, brief, BUILT_IN),)


def planned_content(*channels: Platform) -> History:
    return (*requested_content(*channels), StrategyProposed(STRATEGY))


def drafted_content(*channels: Platform) -> History:
    return (*planned_content(*channels), VariationsGenerated((variation(1), variation(2))))


def selected_content(*channels: Platform) -> History:
    return (*drafted_content(*channels), VariationSelected(1))


def approved_content(*channels: Platform) -> History:
    return (*selected_content(*channels), ContentApproved("user:anna"))


def published_content() -> History:
    return (*approved_content(), ContentPublished(CMS, "https://acme.example/spring", "7"))


def archived_content() -> History:
    return (*approved_content(), ContentArchived())


# Campaign

CREATIVE = Creative(CONTENT, "Spring is here", "Come in.", "https://acme.example/spring")


def ad_set(platform: Platform, number: int = 1, name: str = "Parents", bid: Money | None = None) -> AdSet:
    identifier = UUID(int=100 * (list(Platform).index(platform) + 1) + number)
    return AdSet(identifier, platform, name, PARENTS, CREATIVE, bid)


def signed_in(user: UUID, *, vouched: bool = True) -> Approver:
    """A person who acts by themselves."""
    return Approver(f"user:{user}", f"user:{user}", person=True, vouched=vouched)


def draft_campaign(total: str = "1000 EUR", platforms: tuple[Platform, ...] = (GOOGLE, LINKEDIN)) -> History:
    return (CampaignCreated(BRAND, "Spring", Objective.SALES, Money.parse(total), MARCH, platforms),)


def ready_campaign(total: str = "1000 EUR", **allocation: str) -> History:
    """A draft with a funded ad set on each of the platforms."""
    shares = {Platform(name): Money.parse(amount) for name, amount in (allocation or {"google": "600 EUR"}).items()}
    return (
        *draft_campaign(total, tuple(shares)),
        BudgetAllocated(tuple(Allocation(platform, amount) for platform, amount in shares.items())),
        *(AdSetAdded(ad_set(platform)) for platform in shares),
    )


def approved_campaign(total: str = "1000 EUR", **allocation: str) -> History:
    return (*ready_campaign(total, **allocation), CampaignApproved("user:anna"))


def live_campaign(total: str = "1000 EUR", **allocation: str) -> History:
    return (*approved_campaign(total, **allocation), CampaignLaunched())


def paused_campaign(**allocation: str) -> History:
    return (*live_campaign(**allocation), CampaignPaused("stock is out"))


def completed_campaign(**allocation: str) -> History:
    return (*live_campaign(**allocation), CampaignCompleted())


def archived_campaign(**allocation: str) -> History:
    return (*completed_campaign(**allocation), CampaignArchived())
