"""Who may do what: one table, asked once for every command and query."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from umt.domain.recorded import ActorKind
from umt.domain.workspace import Role


class Permission(StrEnum):
    """What can be permitted, as ``what:how``."""

    REGISTER = "account:register"
    READ = "workspace:read"
    WORKSPACE_MANAGE = "workspace:manage"
    BRAND_WRITE = "brand:write"
    CONTENT_WRITE = "content:write"
    CONTENT_APPROVE = "content:approve"
    CAMPAIGN_WRITE = "campaign:write"
    CAMPAIGN_APPROVE = "campaign:approve"
    CAMPAIGN_RUN = "campaign:run"
    INTEGRATION_WRITE = "integration:write"
    PERFORMANCE_WRITE = "performance:write"
    AGENT_WORK = "agent:work"


_EVERYBODY = frozenset(Role)
_WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.MARKETER})
_ADMINS = frozenset({Role.OWNER, Role.ADMIN})

ROLES: Final[dict[Permission, frozenset[Role]]] = {
    Permission.REGISTER: frozenset(),
    Permission.READ: _EVERYBODY,
    Permission.WORKSPACE_MANAGE: _ADMINS,
    Permission.BRAND_WRITE: _WRITERS,
    Permission.CONTENT_WRITE: _WRITERS,
    Permission.CONTENT_APPROVE: _WRITERS,
    Permission.CAMPAIGN_WRITE: _WRITERS,
    Permission.CAMPAIGN_APPROVE: _WRITERS,
    Permission.CAMPAIGN_RUN: _WRITERS,
    Permission.INTEGRATION_WRITE: _ADMINS,
    Permission.PERFORMANCE_WRITE: _WRITERS,
    Permission.AGENT_WORK: frozenset(),
}

_AGENTS: Final = frozenset(
    {Permission.READ, Permission.CAMPAIGN_RUN, Permission.PERFORMANCE_WRITE, Permission.AGENT_WORK}
)


def allows(permission: Permission, kind: ActorKind, role: Role | None) -> bool:
    """Whether an actor of this kind, in this role, has the permission."""
    if kind is ActorKind.SYSTEM:
        return True
    if kind is ActorKind.AGENT:
        return permission in _AGENTS
    return role in ROLES[permission]
