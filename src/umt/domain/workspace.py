"""Workspace: a company's own place; nothing of it is seen from another one.

Its members are people and service accounts, each in one role. Nobody gives or takes a role above their own, a workspace
always keeps an owner, and an owner is a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, NotReady, OutOfReach
from umt.domain.event import Aggregate, Event, decides
from umt.domain.money import Money
from umt.domain.values import text, time_zone, unique_key

MODEL_CURRENCY: Final = "USD"
"""The currency in which language models are priced, and so budgets for them."""


class Role(StrEnum):
    """What a member may do; application/permissions.py lists it."""

    OWNER = "owner"
    ADMIN = "admin"
    MARKETER = "marketer"
    ANALYST = "analyst"
    AUDITOR = "auditor"


_RANKS: Final = {Role.OWNER: 2, Role.ADMIN: 1}
"""Those who manage members; all others stand below them."""


class Member(msgspec.Struct, frozen=True):
    """A user's place in a workspace. ``service`` is the name of a service account and None for a person.

    ``vouched``: an owner, or the installation's operator, let them in or gave them their role, so they are somebody else
    than whoever else is a member; an admin could let in a second self.
    """

    user: UUID
    role: Role
    service: str | None = None
    vouched: bool = True


class Workspace(Aggregate, frozen=True, kw_only=True):
    """A workspace as it stands."""

    kind: ClassVar[str] = "workspace"
    name: str
    time_zone: str = "UTC"
    members: tuple[Member, ...] = ()
    approval_limits: tuple[Money, ...] = ()
    agent_limits: dict[str, tuple[str, ...]] = {}
    model_budget: Money | None = None

    def member(self, user: UUID | None) -> Member | None:
        """The member of this id."""
        return next((member for member in self.members if member.user == user), None)

    @property
    def owned(self) -> bool:
        """Whether somebody owns it; not so once the only owner was erased."""
        return any(member.role is Role.OWNER for member in self.members)

    def _with_member(self, changed: Member) -> Workspace:
        return replace(self, members=tuple(changed if m.user == changed.user else m for m in self.members))


class WorkspaceCreated(Event, frozen=True):
    """A company came to us."""

    name: str
    time_zone: str

    def evolve(self, _: None) -> Workspace:
        return Workspace(name=self.name, time_zone=self.time_zone)


class WorkspaceRenamed(Event, frozen=True):
    """The company goes by another name."""

    name: str

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, name=self.name)


class TimeZoneChanged(Event, frozen=True):
    """The company's days begin at another time; campaigns keep the time zone of their schedule."""

    time_zone: str

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, time_zone=self.time_zone)


class MemberAdded(Event, frozen=True):
    """A user may work here in a role."""

    user: UUID
    role: Role
    vouched: bool = True

    def evolve(self, workspace: Workspace) -> Workspace:
        member = Member(self.user, self.role, vouched=self.vouched)
        return replace(workspace, members=(*workspace.members, member))


class ServiceAccountAdded(Event, frozen=True):
    """A program may work here in a role, by the API keys that it is given."""

    user: UUID
    name: str
    role: Role

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, members=(*workspace.members, Member(self.user, self.role, self.name)))


class MemberRoleChanged(Event, frozen=True):
    """A member's role is another one from now on, or an owner vouched for the member."""

    user: UUID
    role: Role
    vouched: bool = False

    def evolve(self, workspace: Workspace) -> Workspace:
        member = workspace.member(self.user)
        if member is None:
            return workspace
        return workspace._with_member(replace(member, role=self.role, vouched=member.vouched or self.vouched))


class MemberRemoved(Event, frozen=True):
    """A user may no longer work here."""

    user: UUID

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, members=tuple(m for m in workspace.members if m.user != self.user))


class ApprovalLimitsSet(Event, frozen=True):
    """A campaign with a larger total budget needs a second person's approval from now on; without limits none does."""

    limits: tuple[Money, ...]

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, approval_limits=self.limits)


class AgentLimited(Event, frozen=True):
    """An agent may do no more than this here; null leaves it all that agents of its kind may."""

    agent: str
    permissions: tuple[str, ...] | None

    def evolve(self, workspace: Workspace) -> Workspace:
        limits = {agent: allowed for agent, allowed in workspace.agent_limits.items() if agent != self.agent}
        if self.permissions is not None:
            limits[self.agent] = self.permissions
        return replace(workspace, agent_limits=limits)


class ModelBudgetSet(Event, frozen=True):
    """Language models may cost so much in a calendar month of the workspace's time zone; null sets no limit."""

    budget: Money | None

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, model_budget=self.budget)


@decides
def create(workspace: Workspace | None, name: str, zone: str, owner: UUID) -> tuple[Event, ...]:
    if workspace:
        raise AlreadyExists("workspace", workspace.name)
    return (
        WorkspaceCreated(text(name, "company"), time_zone(zone)),
        MemberAdded(owner, Role.OWNER),
    )


@decides
def rename(workspace: Workspace, name: str) -> WorkspaceRenamed | None:
    name = text(name, "name")
    return WorkspaceRenamed(name) if name != workspace.name else None


@decides
def change_time_zone(workspace: Workspace, zone: str) -> TimeZoneChanged | None:
    zone = time_zone(zone)
    return TimeZoneChanged(zone) if zone != workspace.time_zone else None


@decides
def add_member(workspace: Workspace, user: UUID, role: Role, by: Role | None) -> MemberAdded | None:
    """``by`` is the role of whoever lets them in; None is the installation's operator."""
    if member := workspace.member(user):
        if member.role is role:
            return None
        raise AlreadyExists("member", user)
    _require_reach(by, role)
    return MemberAdded(user, role, vouched=_vouches(by))


@decides
def add_service_account(
    workspace: Workspace, user: UUID, name: str, role: Role, by: Role | None
) -> ServiceAccountAdded | None:
    if workspace.member(user):
        return None
    _require_reach(by, role)
    _no_owner(role)
    name = text(name, "name", longest=100)
    if any(m.service and unique_key(m.service) == unique_key(name) for m in workspace.members):
        raise AlreadyExists("service_account", name)
    return ServiceAccountAdded(user, name, role)


@decides
def change_role(workspace: Workspace, user: UUID, role: Role, by: Role | None) -> MemberRoleChanged | None:
    """An owner who gives a member the role that they have vouches for them."""
    member = _required(workspace, user)
    vouched = _vouches(by) and not member.vouched
    if member.role is role and not vouched:
        return None
    _require_reach(by, member.role, role)
    if member.service is not None:
        _no_owner(role)
    if role is not Role.OWNER:
        _keep_an_owner(workspace, member)
    return MemberRoleChanged(user, role, vouched)


@decides
def remove_member(workspace: Workspace, user: UUID, by: Role | None) -> MemberRemoved:
    member = _required(workspace, user)
    _require_reach(by, member.role)
    _keep_an_owner(workspace, member)
    return MemberRemoved(user)


@decides
def set_approval_limits(workspace: Workspace, limits: Iterable[Money], by: Role | None) -> ApprovalLimitsSet | None:
    """One limit for each currency, zero included; only an owner raises a limit or takes one away."""
    limits = tuple(sorted((limit.quantised() for limit in limits), key=lambda limit: limit.currency))
    currencies = [limit.currency for limit in limits]
    if len(set(currencies)) < len(currencies):
        raise InvalidValue("limits", "name each currency once")
    if any(limit.amount < 0 for limit in limits):
        raise InvalidValue("limits", "must not be below zero")
    if limits == workspace.approval_limits:
        return None
    if by not in (Role.OWNER, None) and loosened(workspace.approval_limits, limits):
        raise OutOfReach("Only an owner raises an approval limit or takes one away.")
    return ApprovalLimitsSet(limits)


@decides
def limit_agent(workspace: Workspace, agent: str, permissions: Iterable[str] | None) -> AgentLimited | None:
    """``agent`` and ``permissions`` are ones that the application knows."""
    allowed = None if permissions is None else tuple(sorted(set(permissions)))
    if workspace.agent_limits.get(agent) == allowed:
        return None
    return AgentLimited(agent, allowed)


@decides
def set_model_budget(workspace: Workspace, budget: Money | None) -> ModelBudgetSet | None:
    """In the currency of models' prices; zero asks no model at all."""
    if budget is not None:
        if budget.currency != MODEL_CURRENCY:
            raise InvalidValue("budget", f"must be in {MODEL_CURRENCY}, in which models are priced")
        if budget.amount < 0:
            raise InvalidValue("budget", "must not be below zero")
        budget = budget.quantised()
    return ModelBudgetSet(budget) if budget != workspace.model_budget else None


def needs_second_person(limits: Iterable[Money], budget: Money) -> bool:
    """Whether a budget is above the limit of its currency; with limits, a currency that has none counts as above."""
    limits = tuple(limits)
    own = next((limit for limit in limits if limit.currency == budget.currency), None)
    return bool(limits) and (own is None or budget > own)


def loosened(before: Iterable[Money], after: tuple[Money, ...]) -> bool:
    """Whether some budget that needed a second person no longer does. A limit in a further currency lets budgets of that
    currency pass that needed one, since a currency without a limit always does."""
    before = tuple(before)
    if not before:
        return False
    if not after:
        return True
    known = {limit.currency: limit for limit in before}
    return any(limit.currency not in known or limit > known[limit.currency] for limit in after)


def _require_reach(by: Role | None, *roles: Role) -> None:
    if by is None:
        return
    if by not in _RANKS:
        raise OutOfReach("Only owners and admins manage members; ask one of them.")
    if any(_RANKS.get(role, 0) > _RANKS[by] for role in roles):
        raise OutOfReach("Nobody gives or takes a role above their own; ask an owner.")


def _vouches(by: Role | None) -> bool:
    return by in (Role.OWNER, None)


def _no_owner(role: Role) -> None:
    if role is Role.OWNER:
        raise InvalidValue("role", "a service account cannot own a workspace; choose another role")


def _required(workspace: Workspace, user: UUID) -> Member:
    member = workspace.member(user)
    if member is None:
        raise NotFound("member", user)
    return member


def _keep_an_owner(workspace: Workspace, leaving: Member) -> None:
    if leaving.role is Role.OWNER and sum(m.role is Role.OWNER for m in workspace.members) == 1:
        raise NotReady("A workspace needs an owner; make somebody else an owner first.")
