"""Read model: what changed campaigns' platforms, and how their budgets developed from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from umt.domain import campaign as events
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table
from umt.projections.views import View

_KEY: Final = (
    Column("campaign", "uuid", "The campaign's id."),
    Column("version", "integer", "Version of the campaign's stream: the order of the changes."),
    Column("platform", "text", "The platform that it concerns; money that moves between two concerns both."),
)
_WHAT: Final = (
    Column("action", "text", "allocate, reallocate, raise_budget (from the reserve), pause or resume."),
    Column("target", "text", "The platform; source and target of a reallocation as source>target."),
)
_WHY: Final = (
    Column("reason", "text", "Why, in plain words; empty where none was asked for."),
    Column("effective_on", "date", "The day in the campaign's time zone; null for an allocation of a draft."),
    Column("actor", "text", "Who did it, as kind:id."),
    Column("correlation", "uuid", "Shared by everything that one request led to."),
    Column("changed_at", "timestamptz", "When, by the business's clock."),
)
_CURRENCY: Final = Column("currency", "text", "ISO 4217 code of the amounts; null where no money moved.")
_RECOMMENDATION: Final = Column(
    "recommendation", "uuid", "The agent's recommendation that it came of; null without one."
)

CAMPAIGN_CHANGES = Table(
    "campaign_changes",
    "Every change of a campaign's budgets and of whether its ads run, one row for each platform concerned.",
    key=_KEY,
    columns=(
        *_WHAT,
        Column("allocated", "numeric", "The platform's budget as set by an allocation; null for all else."),
        Column("moved", "numeric", "Money that came to the platform, or left it if negative; 0 for all else."),
        _CURRENCY,
        *_WHY,
        _RECOMMENDATION,
    ),
    of_stream=True,
)
campaign_changes = Projection("campaign_changes", CAMPAIGN_CHANGES, version=2)

BUDGET_HISTORY = View(
    "budget_history",
    "Each platform's budget before and after every change of its campaign.",
    key=_KEY,
    columns=(
        *_WHAT,
        Column("before", "numeric", "The platform's budget before it, in the currency; null if it had none."),
        Column("after", "numeric", "The platform's budget after it, in the currency."),
        _CURRENCY,
        *_WHY,
        _RECOMMENDATION,
    ),
    # A budget is what was last allocated and what has moved since.
    select="""
        SELECT workspace, campaign, version, platform, position, updated_at, incomplete, action, target,
               CASE WHEN allocated IS NULL THEN after - moved ELSE lag(after) OVER earlier END AS before, after,
               currency, reason, effective_on, actor, correlation, changed_at, recommendation
        FROM (
            SELECT *, first_value(allocated) OVER since + sum(moved) OVER since AS after
            FROM (
                SELECT *, count(allocated) OVER earlier AS allocation
                FROM read_v1.campaign_changes
                WINDOW earlier AS (PARTITION BY workspace, campaign, platform ORDER BY version)
            ) c
            WINDOW since AS (PARTITION BY workspace, campaign, platform, allocation ORDER BY version)
        ) c
        WINDOW earlier AS (PARTITION BY workspace, campaign, platform ORDER BY version)
    """,
)


@campaign_changes.on(events.BudgetAllocated, events.CampaignRevised)
def allocated(event: events.BudgetAllocated | events.CampaignRevised, at: Recorded) -> Iterator[Change]:
    for share in event.allocation or ():
        amount = share.amount
        yield _changed(at, share.platform, "allocate", allocated=amount.amount, currency=amount.currency)


@campaign_changes.on(events.BudgetReallocated)
def reallocated(event: events.BudgetReallocated, at: Recorded) -> Iterator[Change]:
    for platform, moved in ((event.source, -event.amount.amount), (event.target, event.amount.amount)):
        yield _changed(
            at,
            platform,
            "reallocate",
            target=f"{event.source}>{event.target}",
            moved=moved,
            currency=event.amount.currency,
            reason=event.reason,
            effective_on=event.on,
            recommendation=event.recommendation,
        )


@campaign_changes.on(events.BudgetRaised)
def raised(event: events.BudgetRaised, at: Recorded) -> Change:
    return _changed(
        at,
        event.platform,
        "raise_budget",
        moved=event.amount.amount,
        currency=event.amount.currency,
        reason=event.reason,
        effective_on=event.on,
        recommendation=event.recommendation,
    )


@campaign_changes.on(events.PlatformPaused)
def paused(event: events.PlatformPaused, at: Recorded) -> Change:
    return _changed(
        at,
        event.platform,
        "pause",
        reason=event.reason,
        effective_on=event.on,
        recommendation=event.recommendation,
    )


@campaign_changes.on(events.PlatformResumed)
def resumed(event: events.PlatformResumed, at: Recorded) -> Change:
    return _changed(at, event.platform, "resume", effective_on=event.on)


def _changed(at: Recorded, platform: Platform, action: str, **values: Any) -> Change:
    known = {
        "action": action,
        "target": platform,
        "moved": 0,
        "reason": "",
        "actor": str(at.metadata.actor),
        "correlation": at.metadata.correlation,
        "changed_at": at.metadata.effective_at,
    }
    return CAMPAIGN_CHANGES.put(at, at.stream, at.version, platform, **{**known, **values})
