"""What the optimiser decides: an action, its reasons, and what a campaign is like once it is done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from umt.domain.analytics.figures import CampaignSnapshot
from umt.domain.analytics.guardrails import GuardrailCheck
from umt.domain.money import minor_unit
from umt.domain.platform import Platform


class Action(StrEnum):
    """What a decision asks for."""

    PAUSE = "pause"
    RAISE_BUDGET = "raise_budget"
    REALLOCATE = "reallocate"
    ALERT = "alert"
    HOLD = "hold"


class Evidence(msgspec.Struct, frozen=True):
    """One figure that a decision rests on; the unit is a currency code, `days`, `1` for a ratio, and so on."""

    name: str
    value: str
    unit: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, why, and what was checked. `platform` is None for a word on the campaign as a whole.

    `amount` (campaign's currency) goes to `platform` when its budget is raised and from it to `target` when money is
    reallocated; it is None for all else.
    """

    action: Action
    platform: Platform | None
    target: Platform | None = None
    amount: Decimal | None = None
    rule: str
    reason: str
    score: Decimal
    confidence: Decimal
    evidence: tuple[Evidence, ...] = ()
    guardrails: tuple[GuardrailCheck, ...] = ()


def apply(campaign: CampaignSnapshot, decisions: Iterable[Decision], today: date) -> CampaignSnapshot:
    """The campaign after the decisions. Money only changes its place: allocations and reserve keep their sum."""
    platforms = {each.platform: each for each in campaign.platforms}
    reserve, moved = campaign.reserve, Decimal(0)

    def change(platform: Platform, amount: Decimal = Decimal(0), *, active: bool = True) -> None:
        old = platforms[platform]
        platforms[platform] = msgspec.structs.replace(
            old, allocated=old.allocated + amount, active=active, last_changed=today
        )

    for each in decisions:
        if each.platform is None:
            continue
        if each.action is Action.PAUSE:
            change(each.platform, active=False)
        elif each.amount is not None:
            moved += each.amount
            if each.target is None:
                reserve -= each.amount
                change(each.platform, each.amount)
            else:
                change(each.platform, -each.amount)
                change(each.target, each.amount)
    return msgspec.structs.replace(
        campaign,
        platforms=tuple(platforms.values()),
        reserve=reserve,
        moved_today=campaign.moved_today + moved,
        moved_by_agents=campaign.moved_by_agents + moved,
    )


def money(amount: Decimal, currency: str) -> str:
    """The amount for people, e.g. ``1,250.00 EUR``."""
    return f"{amount.quantize(minor_unit(currency)):,} {currency}"
