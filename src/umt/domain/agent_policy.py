"""AgentPolicy: what agents may do by themselves in a workspace, and more narrowly for one campaign.

A workspace has one policy and each campaign may have one of its own. What holds for a campaign is both together: of each
guardrail the stricter, dry run if either says so, approval above the lower threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from umt.domain.analytics.guardrails import Bound, Guardrails
from umt.domain.errors import InvalidValue, NotReady, OutOfReach
from umt.domain.event import Aggregate, Event, decides
from umt.domain.money import Money, decimal_from
from umt.domain.values import text
from umt.domain.workspace import Role, loosened, needs_second_person

EVERY_AGENT: Final = "*"
"""In the place of an agent's name: all of them."""
APPROVAL_HOURS: Final = 72
"""How long a recommendation waits for a person where nothing else is said."""


class Range(msgspec.Struct, frozen=True):
    """What a guardrail can be set to, on which side its limit lies, and its unit."""

    bound: Bound
    lowest: Decimal
    highest: Decimal
    unit: str
    whole: bool = False

    def stricter(self, one: Decimal, other: Decimal) -> Decimal:
        return max(one, other) if self.bound is Bound.AT_LEAST else min(one, other)


def _days(bound: Bound, lowest: int, highest: int, unit: str = "days") -> Range:
    return Range(bound, Decimal(lowest), Decimal(highest), unit, whole=True)


def _share(bound: Bound, highest: int = 1) -> Range:
    return Range(bound, Decimal(0), Decimal(highest), "share")


RANGES: Final[dict[str, Range]] = {
    "settling_days": _days(Bound.AT_LEAST, 1, 30),
    "window_days": _days(Bound.AT_LEAST, 7, 90),
    "minimum_days": _days(Bound.AT_LEAST, 1, 90),
    "minimum_spend": _share(Bound.AT_LEAST),
    "minimum_clicks": _days(Bound.AT_LEAST, 0, 1_000_000, "clicks"),
    "oldest_figures": _days(Bound.AT_MOST, 1, 30),
    "cooldown_days": _days(Bound.AT_LEAST, 1, 90),
    "step_of_platform": _share(Bound.AT_MOST),
    "step_of_total": _share(Bound.AT_MOST),
    "minimum_move": _share(Bound.AT_LEAST),
    "pace_growth": Range(Bound.AT_MOST, Decimal(0), Decimal(10), "times"),
    "safety_days": _days(Bound.AT_LEAST, 0, 30),
    "advantage": _share(Bound.AT_LEAST),
    "envelope": _share(Bound.AT_MOST, highest=100),
}
"""Every guardrail that can be set, by the name that `Guardrails` gives it."""


class GuardrailValue(msgspec.Struct, frozen=True):
    """A guardrail's limit, in the unit of its range."""

    name: str
    value: Decimal


class AgentPolicy(Aggregate, frozen=True, kw_only=True):
    """A policy as it stands. ``campaign`` is None in the workspace's own; ``stopped`` gives the reason by agent."""

    kind: ClassVar[str] = "agent_policy"
    campaign: UUID | None = None
    guardrails: dict[str, Decimal] = {}
    dry_run: bool = False
    thresholds: tuple[Money, ...] = ()
    approval_hours: int | None = None
    stopped: dict[str, str] = {}

    def stop_of(self, agent: str) -> str | None:
        """Why the agent is stopped; None when it is not."""
        return self.stopped.get(EVERY_AGENT) or self.stopped.get(agent)


class GuardrailsSet(Event, frozen=True):
    """From now on agents keep within these limits; those not named are as the workspace, or as we, have them."""

    campaign: UUID | None
    guardrails: tuple[GuardrailValue, ...]

    def evolve(self, policy: AgentPolicy | None) -> AgentPolicy:
        policy = policy or AgentPolicy(campaign=self.campaign)
        return replace(policy, guardrails={each.name: each.value for each in self.guardrails})


class DryRunSet(Event, frozen=True):
    """Agents only say what they would do (``on``), or do it again."""

    campaign: UUID | None
    on: bool

    def evolve(self, policy: AgentPolicy | None) -> AgentPolicy:
        return replace(policy or AgentPolicy(campaign=self.campaign), dry_run=self.on)


class ApprovalSet(Event, frozen=True):
    """To move more than this at once, agents need a person's approval, and wait so many hours for it.

    Without thresholds they need none; with any, a currency that has none counts as above."""

    campaign: UUID | None
    thresholds: tuple[Money, ...]
    hours: int

    def evolve(self, policy: AgentPolicy | None) -> AgentPolicy:
        policy = policy or AgentPolicy(campaign=self.campaign)
        return replace(policy, thresholds=self.thresholds, approval_hours=self.hours)


class AgentStopped(Event, frozen=True):
    """An agent (``*``: all of them) does nothing here until it is started again. What comes up meanwhile waits."""

    agent: str
    reason: str

    def evolve(self, policy: AgentPolicy | None) -> AgentPolicy:
        policy = policy or AgentPolicy()
        return replace(policy, stopped={**policy.stopped, self.agent: self.reason})


class AgentStarted(Event, frozen=True):
    """An agent works again, and first takes up what has waited."""

    agent: str

    def evolve(self, policy: AgentPolicy | None) -> AgentPolicy:
        policy = policy or AgentPolicy()
        return replace(policy, stopped={agent: why for agent, why in policy.stopped.items() if agent != self.agent})


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one campaign: its own policy and its workspace's together."""

    guardrails: Guardrails = Guardrails()
    dry_run: bool = False
    thresholds: tuple[tuple[Money, ...], ...] = ()
    approval_hours: int = APPROVAL_HOURS

    def needs_approval(self, amount: Money) -> bool:
        """Whether a move of so much waits for a person."""
        return any(needs_second_person(limits, amount) for limits in self.thresholds)


def policy_of_workspace(workspace: UUID) -> UUID:
    """The stream of a workspace's policy."""
    return uuid5(workspace, "agent policy")


def policy_of_campaign(campaign: UUID) -> UUID:
    """The stream of a campaign's policy."""
    return uuid5(campaign, "agent policy")


def policies_for(workspace: UUID, campaign: UUID | None) -> tuple[UUID, ...]:
    """The streams of the policies that hold for a campaign, or without one for the workspace."""
    of_workspace = policy_of_workspace(workspace)
    return (of_workspace, policy_of_campaign(campaign)) if campaign else (of_workspace,)


def rules(workspace: AgentPolicy | None, campaign: AgentPolicy | None) -> Rules:
    """What holds where both policies do."""
    policies = [policy for policy in (workspace, campaign) if policy]
    limits = limits_of(workspace)
    for name, value in limits_set(campaign).items():
        limits[name] = RANGES[name].stricter(limits[name], value)
    return Rules(
        guardrails=with_limits(limits),
        dry_run=any(policy.dry_run for policy in policies),
        thresholds=tuple(policy.thresholds for policy in policies if policy.thresholds),
        approval_hours=min(
            (policy.approval_hours for policy in policies if policy.approval_hours), default=APPROVAL_HOURS
        ),
    )


def limits_set(policy: AgentPolicy | None) -> dict[str, Decimal]:
    """The limits that a policy names; one of a later version is not ours to keep."""
    return {name: value for name, value in policy.guardrails.items() if name in RANGES} if policy else {}


def limits_of(workspace: AgentPolicy | None) -> dict[str, Decimal]:
    """Every limit that holds in a workspace: its own, else as we have it."""
    return {name: Decimal(getattr(Guardrails(), name)) for name in RANGES} | limits_set(workspace)


def with_limits(limits: Mapping[str, Decimal]) -> Guardrails:
    """The guardrails with some of them set."""
    given = {name: int(value) if RANGES[name].whole else value for name, value in limits.items()}
    return replace(Guardrails(), **given)


def checked(guardrails: Iterable[GuardrailValue], field: str = "guardrails") -> tuple[GuardrailValue, ...]:
    """The values, each of a guardrail that there is and within its range; sorted by name."""
    found: dict[str, GuardrailValue] = {}
    for n, each in enumerate(guardrails):
        place = f"{field}.{n}"
        of = RANGES.get(each.name)
        if of is None:
            raise InvalidValue(f"{place}.name", f"{each.name[:40]!r} is not one of {', '.join(RANGES)}")
        if each.name in found:
            raise InvalidValue(f"{place}.name", f"{each.name} is named twice")
        value = decimal_from(each.value, f"{place}.value")
        if not of.lowest <= value <= of.highest:
            raise InvalidValue(f"{place}.value", f"must be between {of.lowest} and {of.highest} {of.unit}")
        if of.whole and value != int(value):
            raise InvalidValue(f"{place}.value", f"must be a whole number of {of.unit}")
        found[each.name] = GuardrailValue(each.name, value)
    return tuple(found[name] for name in sorted(found))


@decides
def set_guardrails(
    policy: AgentPolicy | None, campaign: UUID | None, guardrails: Iterable[GuardrailValue]
) -> GuardrailsSet | None:
    """Set these and no others; a campaign's can only be stricter than its workspace's, by how both are put together."""
    values = checked(guardrails)
    if {each.name: each.value for each in values} == (policy.guardrails if policy else {}):
        return None
    return GuardrailsSet(campaign, values)


@decides
def set_dry_run(policy: AgentPolicy | None, campaign: UUID | None, on: bool) -> DryRunSet | None:
    return None if on == (policy is not None and policy.dry_run) else DryRunSet(campaign, on)


@decides
def set_approval(
    policy: AgentPolicy | None, campaign: UUID | None, thresholds: Iterable[Money], hours: int, by: Role | None
) -> ApprovalSet | None:
    """``by`` is the role of whoever asks, None the operator; only an owner lets more pass without a person."""
    limits = tuple(sorted((each.quantised() for each in thresholds), key=lambda each: each.currency))
    if len({each.currency for each in limits}) < len(limits):
        raise InvalidValue("thresholds", "name each currency once")
    if any(each.amount < 0 for each in limits):
        raise InvalidValue("thresholds", "must not be below zero")
    if not 1 <= hours <= 24 * 30:
        raise InvalidValue("hours", "must be between 1 and 720")
    before = policy or AgentPolicy()
    if (limits, hours) == (before.thresholds, before.approval_hours or APPROVAL_HOURS):
        return None
    if by not in (Role.OWNER, None) and loosened(before.thresholds, limits):
        raise OutOfReach("Only an owner raises an approval threshold or takes one away.")
    return ApprovalSet(campaign, limits, hours)


@decides
def stop_agent(policy: AgentPolicy | None, agent: str, reason: str) -> AgentStopped | None:
    reason = text(reason, "reason", longest=1000)
    return None if policy and agent in policy.stopped else AgentStopped(agent, reason)


@decides
def start_agent(policy: AgentPolicy | None, agent: str) -> AgentStarted:
    """An agent that was stopped together with all others is started together with them."""
    if policy is None or agent not in policy.stopped:
        if policy and agent != EVERY_AGENT and EVERY_AGENT in policy.stopped:
            raise NotReady("All agents were stopped together; start them together.")
        raise NotReady("It is not stopped.")
    return AgentStarted(agent)
