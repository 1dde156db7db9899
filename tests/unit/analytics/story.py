"""Words to tell an optimiser story in: given campaigns, when optimised, then decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from umt.domain.analytics.decision import Action, Decision, apply
from umt.domain.analytics.figures import CampaignSnapshot, DailyFigures, PlatformSnapshot
from umt.domain.analytics.guardrails import Guardrails
from umt.domain.analytics.optimisation import optimise
from umt.domain.analytics.scoring import REFERENCES
from umt.domain.platform import Platform

TODAY = date(2026, 5, 22)
"""A Friday."""


def a_day(age: int, *, spend: str | Decimal = "100", roas: str | Decimal = "2", **counts: int) -> DailyFigures:
    """The day `age` days before today: usual click and conversion rates for Google unless said otherwise."""
    money = Decimal(spend)
    usual = {"impressions": 10_000, "clicks": 300, "conversions": 12} | counts
    return DailyFigures(TODAY - timedelta(days=age), spend=money, revenue=money * Decimal(roas), **usual)


def days(
    number: int = 28, roas: Callable[[int], str | Decimal] | str = "2", **figures: Any
) -> tuple[DailyFigures, ...]:
    """That many complete days up to yesterday; the return may be told by age."""
    return tuple(
        a_day(age, roas=roas if isinstance(roas, str) else roas(age), **figures) for age in range(number, 0, -1)
    )


def falling(age: int) -> Decimal:
    """A return that loses 0.15 a day, 2 at the newest day."""
    return 2 + Decimal("0.15") * age


def on(platform: Platform, figures: tuple[DailyFigures, ...] = (), **changed: Any) -> PlatformSnapshot:
    """An active platform with 10,000 allocated of which 2,800 are spent."""
    usual = PlatformSnapshot(platform, Decimal(10_000), Decimal(2_800), active=True, days=figures)
    return msgspec.structs.replace(usual, **changed)


def campaign(*platforms: PlatformSnapshot, reserve: str = "5000", **changed: Any) -> CampaignSnapshot:
    """A campaign in EUR with two months to go."""
    usual = CampaignSnapshot("EUR", Decimal(reserve), TODAY + timedelta(days=60), platforms)
    return msgspec.structs.replace(usual, **changed)


class Story:
    """Given a campaign, when optimised, then decisions."""

    def __init__(self, given: CampaignSnapshot, decisions: tuple[Decision, ...] = ()) -> None:
        self.given, self.decisions = given, decisions

    def when_optimised(self, guardrails: Guardrails | None = None, **reference: Any) -> Story:
        references = reference.get("reference", REFERENCES)
        return Story(self.given, optimise(self.given, TODAY, guardrails or Guardrails(), references))

    def then(self, *expected: tuple[Action, Platform | None]) -> Story:
        assert [(each.action, each.platform) for each in self.decisions] == list(expected)
        return self

    @property
    def only(self) -> Decision:
        """The one decision."""
        (decision,) = self.decisions
        return decision

    @property
    def afterwards(self) -> CampaignSnapshot:
        """The campaign with all decisions applied."""
        return apply(self.given, self.decisions, TODAY)


def given(*platforms: PlatformSnapshot, **campaign_fields: Any) -> Story:
    """Begin a story."""
    return Story(campaign(*platforms, **campaign_fields))


def stopped_by(decision: Decision) -> list[str]:
    """The names of the guardrails that are not met."""
    return [each.name for each in decision.guardrails if not each.met]
