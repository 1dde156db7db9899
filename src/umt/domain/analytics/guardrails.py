"""What must hold before the optimiser changes anything, shown to people with every decision.

A change is a pause (of `judged`), a raise (`target` is given money from the reserve) or a reallocation (from `judged`
to `target`). `check` lists every guardrail that applies to it, whether met or not; `proposed_amount` is the most that
the guardrails on money let it move.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

import msgspec

from umt.domain.analytics.figures import CampaignSnapshot, PlatformSnapshot, Totals, aged
from umt.domain.money import minor_unit


class Guardrails(msgspec.Struct, frozen=True, kw_only=True):
    """The limits. Shares are of 1; docs/optimiser.md says why each default is what it is."""

    settling_days: int = 3
    """Days younger than this are left out of score and trend: their conversions are still being restated."""
    window_days: int = 14
    """Calendar days of settled figures that score and trend look at."""
    minimum_days: int = 7
    """Settled days with figures before a verdict."""
    minimum_spend: Decimal = Decimal("0.05")
    """Settled spend before a verdict, as a share of the platform's allocation (so in every currency)."""
    minimum_clicks: int = 100
    """Clicks, seen or to be expected of the impressions, before a verdict."""
    oldest_figures: int = 3
    """Age in days of the newest complete day with figures."""
    cooldown_days: int = 7
    """Days after a change of a platform before the next one; at least 1, so one change per run and day."""
    step_of_platform: Decimal = Decimal("0.20")
    """Largest step as a share of the platform's allocation, for giver and receiver alike."""
    step_of_total: Decimal = Decimal("0.10")
    """All money moved on one day as a share of the campaign's budget."""
    minimum_move: Decimal = Decimal("0.005")
    """Smallest move as a share of the campaign's budget."""
    pace_growth: Decimal = Decimal(2)
    """How many times its present pace a platform is trusted to spend until the campaign ends."""
    safety_days: int = 1
    """Days of its pace that a giver keeps besides what it has spent."""
    envelope: Decimal = Decimal("0.50")
    """All money that agents move over a campaign's life, as a share of its budget."""
    advantage: Decimal = Decimal("0.10")
    """By how much the score of a platform that is given money must exceed that of the giver."""


class Bound(StrEnum):
    """On which side of its limit an observed value must be."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


class GuardrailCheck(msgspec.Struct, frozen=True):
    """One guardrail applied to one change: the name, its limit, what was observed, and whether it is met."""

    name: str
    bound: Bound
    limit: Decimal
    observed: Decimal
    unit: str
    met: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.bound.value} {self.limit:,f} {self.unit}, observed {self.observed:,f}"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed change and what its platform was judged by: settled totals and evidence in clicks."""

    campaign: CampaignSnapshot
    today: date
    judged: PlatformSnapshot
    totals: Totals
    clicks: int
    target: PlatformSnapshot | None = None
    amount: Decimal | None = None

    @property
    def source(self) -> PlatformSnapshot | None:
        """The platform that gives money, in a reallocation."""
        return self.judged if self.target and self.target.platform is not self.judged.platform else None


def at_least(name: str, limit: Decimal | int, observed: Decimal | int, unit: str) -> GuardrailCheck:
    """A check that is met from the limit upwards."""
    return GuardrailCheck(name, Bound.AT_LEAST, Decimal(limit), Decimal(observed), unit, observed >= limit)


def at_most(name: str, limit: Decimal | int, observed: Decimal | int, unit: str) -> GuardrailCheck:
    """A check that is met up to the limit."""
    return GuardrailCheck(name, Bound.AT_MOST, Decimal(limit), Decimal(observed), unit, observed <= limit)


def check(change: Change, guardrails: Guardrails) -> tuple[GuardrailCheck, ...]:
    """Every guardrail that applies to the change, in a fixed order: data, timing, then what it would do."""
    verdict = verdict_checks(change, guardrails)
    if change.target is None:
        return (*verdict, at_least("Active platforms left", 1, len(change.campaign.active) - 1, "platforms"))
    return (*verdict, *_money(change, guardrails))


def verdict_checks(change: Change, guardrails: Guardrails) -> tuple[GuardrailCheck, ...]:
    """The guardrails that apply whatever would be done: enough seen, still running, left alone for a while."""
    return (*_data(change, guardrails), *_timing(change, guardrails))


def unmet(checks: tuple[GuardrailCheck, ...]) -> tuple[GuardrailCheck, ...]:
    """The guardrails that hold the change back."""
    return tuple(each for each in checks if not each.met)


def proposed_amount(change: Change, guardrails: Guardrails) -> Decimal:
    """The most that the change may move, rounded down to the currency's minor unit.

    Where this is less than the smallest move, that is proposed instead, so that `check` shows which limit forbids it.
    """
    return max(min(limit for _, limit in _limits(change, guardrails)), _smallest(change, guardrails))


def in_cooldown(platform: PlatformSnapshot, today: date, guardrails: Guardrails) -> bool:
    """Whether the platform was changed too recently to be changed again."""
    return any(not each.met for each in _cooldown(platform, today, guardrails))


def _data(change: Change, guardrails: Guardrails) -> tuple[GuardrailCheck, ...]:
    """Whether enough was seen, and lately enough, to judge the platform."""
    judged, currency = change.judged, change.campaign.currency
    complete = aged(judged.days, change.today, youngest=1)
    age = (change.today - complete[-1].day).days if complete else guardrails.oldest_figures + 1
    spend = _down(guardrails.minimum_spend * judged.allocated, currency)
    return (
        at_least("Settled days", guardrails.minimum_days, change.totals.days, "days"),
        at_least("Settled spend", spend, change.totals.spend, currency),
        at_least("Clicks seen or expected", guardrails.minimum_clicks, change.clicks, "clicks"),
        at_most("Age of the newest figures", guardrails.oldest_figures, age, "days"),
    )


def _timing(change: Change, guardrails: Guardrails) -> tuple[GuardrailCheck, ...]:
    """Whether the campaign still runs, and the platforms concerned were left alone for a while."""
    concerned = (change.source, change.target) if change.target else (change.judged,)
    return (
        at_least("Days left in the campaign", 1, change.campaign.days_left(change.today), "days"),
        *(check for each in concerned if each for check in _cooldown(each, change.today, guardrails)),
    )


def _cooldown(platform: PlatformSnapshot, today: date, guardrails: Guardrails) -> tuple[GuardrailCheck, ...]:
    """The cooldown of a platform; nothing to check for one that was never changed."""
    if platform.last_changed is None:
        return ()
    name, since = f"Days since {platform.platform.label} was changed", (today - platform.last_changed).days
    return (at_least(name, max(guardrails.cooldown_days, 1), since, "days"),)


def _money(change: Change, guardrails: Guardrails) -> tuple[GuardrailCheck, ...]:
    """The amount against each limit, and against the smallest that is worth moving."""
    currency, amount = change.campaign.currency, change.amount or Decimal(0)
    return (
        *(at_most(name, limit, amount, currency) for name, limit in _limits(change, guardrails)),
        at_least("Smallest move", _smallest(change, guardrails), amount, currency),
    )


def _smallest(change: Change, guardrails: Guardrails) -> Decimal:
    """The smallest amount worth moving: at least one minor unit."""
    campaign = change.campaign
    return max(_down(guardrails.minimum_move * campaign.budget, campaign.currency), minor_unit(campaign.currency))


def _limits(change: Change, guardrails: Guardrails) -> tuple[tuple[str, Decimal], ...]:
    """What each guardrail on money lets the change move at most."""
    campaign, today, source, target = change.campaign, change.today, change.source, change.target
    assert target is not None, "a pause moves no money"
    spendable = guardrails.pace_growth * target.pace(today) * campaign.days_left(today) - target.unspent
    limits = {
        "Largest step of the campaign today": guardrails.step_of_total * campaign.budget - campaign.moved_today,
        "What agents may still move in all": guardrails.envelope * campaign.budget - campaign.moved_by_agents,
        f"Largest step of {target.platform.label}": guardrails.step_of_platform * target.allocated,
        f"What {target.platform.label} can still spend": spendable,
    }
    if source is None:
        limits["Reserve"] = campaign.reserve
    else:
        kept = guardrails.safety_days * source.pace(today)
        limits[f"Largest step of {source.platform.label}"] = guardrails.step_of_platform * source.allocated
        limits[f"Unspent money of {source.platform.label} without a day's pace"] = source.unspent - kept
    return tuple((name, _down(limit, campaign.currency)) for name, limit in limits.items())


def _down(amount: Decimal, currency: str) -> Decimal:
    """The amount in the currency's minor unit, rounded down, zero at least."""
    return max(amount, Decimal(0)).quantize(minor_unit(currency), ROUND_DOWN)
