"""What was decided then beside what is decided in the branch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from umt.domain.agent_run import DecisionMade
from umt.domain.campaign import BudgetRaised, BudgetReallocated, Campaign
from umt.domain.event import Event
from umt.domain.platform import Platform
from umt.domain.recommendation import Recommendation, Status

CAUTION: Final = (
    "The figures are those that were really seen. Another budget would have brought other figures: what is shown is what"
    " would have been decided on these, not what would have come of it."
)


class Made(msgspec.Struct, frozen=True):
    """A decision, when it was made and in which run."""

    at: datetime
    run: UUID
    decision: DecisionMade


class Compared(msgspec.Struct, frozen=True):
    """A decision then and in the branch; None where there was none."""

    at: datetime
    run: UUID
    platform: str
    then: DecisionMade | None
    branch: DecisionMade | None

    @property
    def same(self) -> bool:
        """Whether all of it is the same, the limits that were checked included."""
        return self.then == self.branch

    @property
    def same_verdict(self) -> bool:
        """Whether the same was decided for the same reason, within whatever limits."""
        return _verdict(self.then) == _verdict(self.branch)


class Refused(msgspec.Struct, frozen=True):
    """What happened in history and is not possible in the branch."""

    position: int
    type: str
    reason: str


class PlatformOutcome(msgspec.Struct, frozen=True):
    """A platform at the end: its money, and whether it runs."""

    platform: Platform
    allocated_then: Decimal | None
    allocated_branch: Decimal | None
    active_then: bool
    active_branch: bool


class Side(msgspec.Struct, frozen=True):
    """How it went, then or in the branch. ``moved`` is what agents moved (the campaign's currency)."""

    status: str
    reserve: Decimal
    moved: Decimal
    recommendations: dict[str, int]


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. ``waiting`` are the changes that nobody has accepted in the branch, since no person accepted them in
    history at the same place."""

    campaign: UUID
    name: str
    currency: str
    position: int
    until: int
    decisions: tuple[Compared, ...]
    then: Side
    branch: Side
    platforms: tuple[PlatformOutcome, ...]
    waiting: tuple[str, ...]
    refused: tuple[Refused, ...]

    @property
    def differing(self) -> int:
        """How many decisions are other ones."""
        return sum(not each.same_verdict for each in self.decisions)

    @property
    def differing_in_limits(self) -> int:
        """How many are the same within other limits."""
        return sum(each.same_verdict and not each.same for each in self.decisions)


def side_by_side(then: Iterable[Made], branch: Sequence[Made]) -> tuple[Compared, ...]:
    """Decisions of the same judgement about the same platform side by side, by time."""
    left, found = list(branch), list[Compared]()
    for made in then:
        same = next((each for each in left if _place(each) == _place(made)), None)
        if same:
            left.remove(same)
        found.append(_compared(made, same))
    return tuple(sorted((*found, *(_compared(None, made) for made in left)), key=lambda each: each.at))


def side(campaign: Campaign, events: Iterable[Event], recommendations: Iterable[Recommendation]) -> Side:
    """``events`` are the campaign's, from the branch on."""
    moves = (e for e in events if isinstance(e, BudgetRaised | BudgetReallocated) and e.recommendation)
    counts = Counter(each.status.value for each in recommendations)
    return Side(
        status=campaign.status.value,
        reserve=campaign.reserve.amount,
        moved=sum((move.amount.amount for move in moves), Decimal(0)),
        recommendations={status.value: counts[status.value] for status in Status if counts[status.value]},
    )


def platforms(then: Campaign, branch: Campaign) -> tuple[PlatformOutcome, ...]:
    """Every platform that has money on either side."""
    return tuple(
        PlatformOutcome(
            platform,
            _amount(then, platform),
            _amount(branch, platform),
            then.is_active(platform),
            branch.is_active(platform),
        )
        for platform in {**then.allocation, **branch.allocation}
    )


def waiting(recommendations: Mapping[UUID, Recommendation]) -> tuple[str, ...]:
    """What is still proposed, in words."""
    return tuple(
        f"{of.made_on}: {of.change.action} {of.change.platform}"
        + (f" > {of.change.target}" if of.change.target else "")
        + (f" {of.change.amount}" if of.change.amount else "")
        for of in recommendations.values()
        if of.status is Status.PROPOSED
    )


def _amount(campaign: Campaign, platform: Platform) -> Decimal | None:
    share = campaign.allocation.get(platform)
    return share.amount if share else None


def _place(made: Made) -> tuple[UUID, str, bool]:
    decision = made.decision
    return made.run, decision.target.partition(">")[0], decision.action == "alert"


def _verdict(decision: DecisionMade | None) -> tuple[object, ...] | None:
    return (decision.action, decision.target, decision.amount, decision.reason) if decision else None


def _compared(then: Made | None, branch: Made | None) -> Compared:
    one = then or branch
    assert one
    platform = one.decision.target.partition(">")[0]
    return Compared(one.at, one.run, platform, then.decision if then else None, branch.decision if branch else None)
