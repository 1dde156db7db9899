"""What a change is expected to do to the platforms concerned, and what was seen of it afterwards.

Expected: money moves a day = amount ÷ days left in the campaign; each platform goes on earning per unit of money what its
settled days earned. Measured: mean of the `DAYS` calendar days after the change minus that of the `DAYS` days before it,
over the same platforms. Both are a day's figures, so they can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from umt.domain.analytics.assessment import Assessment
from umt.domain.analytics.decision import Action, Decision
from umt.domain.analytics.figures import CampaignSnapshot, DailyFigures, Totals, ratio, total
from umt.domain.money import Money
from umt.domain.platform import Platform

DAYS: Final = 7
"""How many days before and after a change are compared."""
CONVERSIONS: Final = "conversions"
_PLACES: Final = Decimal("0.0001")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done to a campaign: pause a platform, raise its budget, or move money from it to another."""

    action: Action
    platform: Platform
    target: Platform | None = None
    amount: Money | None = None


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to the platforms concerned, a day, beside the days before it.

    ``spend`` in ``currency``; ``outcome`` in ``outcome_unit``: the currency for revenue, else conversions. ``days`` is how
    many days it is expected of, or was measured on. It is a comparison of before and after and no proof of the cause.
    """

    spend: Decimal
    outcome: Decimal
    outcome_unit: str
    currency: str
    days: int


def expected(
    decision: Decision, campaign: CampaignSnapshot, assessments: Iterable[Assessment], today: date
) -> Effect | None:
    """What the decision is expected to change a day; None where nothing is known to expect it from."""
    by_platform = {each.platform: each for each in assessments}
    of = by_platform.get(decision.platform) if decision.platform else None
    if of is None or decision.platform is None:
        return None
    unit = _unit(campaign, (each.totals for each in by_platform.values()))
    earned = {platform: _earned(each.totals, unit) for platform, each in by_platform.items()}
    if decision.action is Action.PAUSE:
        platform = next(each for each in campaign.platforms if each.platform is decision.platform)
        shift = -platform.pace(today)
        return _effect(shift, shift * earned[decision.platform], unit, campaign.currency)
    if decision.amount is None:
        return None
    shift = decision.amount / max(campaign.days_left(today), 1)
    if decision.target is None:
        return _effect(shift, shift * earned[decision.platform], unit, campaign.currency)
    gained = earned.get(decision.target)
    if gained is None:
        return None
    return _effect(Decimal(0), shift * (gained - earned[decision.platform]), unit, campaign.currency)


def measured(
    change: Change, expectation: Effect, days: Mapping[Platform, tuple[DailyFigures, ...]], on: date
) -> Effect | None:
    """What changed a day around ``on``, on the platforms concerned; None where no figures of before are known."""
    concerned = [each for each in (change.platform, change.target) if each]
    figures = [day for platform in concerned for day in days.get(platform, ())]
    before = [day for day in figures if on - timedelta(days=DAYS) <= day.day < on]
    after = [day for day in figures if on < day.day <= on + timedelta(days=DAYS)]
    if not before:
        return None
    counted = len({day.day for day in before})
    was, now = total(before), total(after)
    unit = expectation.outcome_unit
    return _effect(
        now.spend / DAYS - was.spend / counted,
        _outcome(now, unit) / DAYS - _outcome(was, unit) / counted,
        unit,
        expectation.currency,
    )


def _unit(campaign: CampaignSnapshot, totals: Iterable[Totals]) -> str:
    """Revenue where any is recorded, else conversions."""
    return campaign.currency if any(each.revenue for each in totals) else CONVERSIONS


def _outcome(of: Totals, unit: str) -> Decimal:
    return Decimal(of.conversions) if unit == CONVERSIONS else of.revenue


def _earned(of: Totals, unit: str) -> Decimal:
    """Outcome per unit of money spent; nothing where nothing was spent."""
    return ratio(_outcome(of, unit), of.spend) or Decimal(0)


def _effect(spend: Decimal, outcome: Decimal, unit: str, currency: str) -> Effect:
    return Effect(spend=_rounded(spend), outcome=_rounded(outcome), outcome_unit=unit, currency=currency, days=DAYS)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, ROUND_HALF_EVEN)
