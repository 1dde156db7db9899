"""Workspace: a company's own place; nothing of it is seen from another one."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, NotFound, NotReady
from umt.domain.event import Aggregate, Event, decides
from umt.domain.values import text, time_zone


class Role(StrEnum):
    """What a member may do; application/permissions.py lists it."""

    OWNER = "owner"
    ADMIN = "admin"
    MARKETER = "marketer"
    ANALYST = "analyst"
    AUDITOR = "auditor"


class Member(msgspec.Struct, frozen=True):
    """A user's place in a workspace."""

    user: UUID
    role: Role


class Workspace(Aggregate, frozen=True, kw_only=True):
    """A workspace as it stands."""

    kind: ClassVar[str] = "workspace"
    name: str
    time_zone: str = "UTC"
    members: tuple[Member, ...] = ()


class WorkspaceCreated(Event, frozen=True):
    """A company came to us."""

    name: str
    time_zone: str

    def evolve(self, _: None) -> Workspace:
        return Workspace(name=self.name, time_zone=self.time_zone)


class MemberAdded(Event, frozen=True):
    """A user may work here in a role."""

    user: UUID
    role: Role

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, members=(*workspace.members, Member(self.user, self.role)))


class MemberRoleChanged(Event, frozen=True):
    """A member's role is another one from now on."""

    user: UUID
    role: Role

    def evolve(self, workspace: Workspace) -> Workspace:
        others = tuple(m for m in workspace.members if m.user != self.user)
        return replace(workspace, members=(*others, Member(self.user, self.role)))


class MemberRemoved(Event, frozen=True):
    """A user may no longer work here."""

    user: UUID

    def evolve(self, workspace: Workspace) -> Workspace:
        return replace(workspace, members=tuple(m for m in workspace.members if m.user != self.user))


@decides
def create(workspace: Workspace | None, name: str, zone: str, owner: UUID) -> tuple[Event, ...]:
    if workspace:
        raise AlreadyExists("workspace", workspace.name)
    return (
        WorkspaceCreated(text(name, "company"), time_zone(zone)),
        MemberAdded(owner, Role.OWNER),
    )


@decides
def add_member(workspace: Workspace, user: UUID, role: Role) -> MemberAdded | None:
    for member in workspace.members:
        if member.user == user:
            if member.role is role:
                return None
            raise AlreadyExists("member", user)
    return MemberAdded(user, role)


@decides
def change_role(workspace: Workspace, user: UUID, role: Role) -> MemberRoleChanged | None:
    member = _member(workspace, user)
    if member.role is role:
        return None
    _keep_an_owner(workspace, member)
    return MemberRoleChanged(user, role)


@decides
def remove_member(workspace: Workspace, user: UUID) -> MemberRemoved:
    _keep_an_owner(workspace, _member(workspace, user))
    return MemberRemoved(user)


def _member(workspace: Workspace, user: UUID) -> Member:
    for member in workspace.members:
        if member.user == user:
            return member
    raise NotFound("member", user)


def _keep_an_owner(workspace: Workspace, leaving: Member) -> None:
    if leaving.role is Role.OWNER and sum(m.role is Role.OWNER for m in workspace.members) == 1:
        raise NotReady("A workspace needs an owner; make somebody else an owner first.")
