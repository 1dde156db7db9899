"""Who may do what: one table, asked once for every command and query."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from umt.domain.recorded import ActorKind
from umt.domain.workspace import Role

if TYPE_CHECKING:
    from umt.application.transaction import Context


class Permission(StrEnum):
    """What can be permitted, as ``what:how``."""

    REGISTER = "account:register"
    SELF = "account:self"
    WORKSPACE_READ = "workspace:read"
    WORKSPACE_MANAGE = "workspace:manage"
    MEMBER_READ = "member:read"
    MEMBER_MANAGE = "member:manage"
    KEY_READ = "key:read"
    KEY_MANAGE = "key:manage"
    SUBJECT_EXPORT = "subject:export"
    SUBJECT_ERASE = "subject:erase"
    SECURITY_READ = "security:read"
    HISTORY_READ = "history:read"
    SYSTEM_READ = "system:read"
    BRAND_READ = "brand:read"
    BRAND_WRITE = "brand:write"
    CONTENT_READ = "content:read"
    CONTENT_WRITE = "content:write"
    CONTENT_APPROVE = "content:approve"
    CAMPAIGN_READ = "campaign:read"
    CAMPAIGN_WRITE = "campaign:write"
    CAMPAIGN_APPROVE = "campaign:approve"
    CAMPAIGN_RUN = "campaign:run"
    INTEGRATION_READ = "integration:read"
    INTEGRATION_WRITE = "integration:write"
    PERFORMANCE_READ = "performance:read"
    PERFORMANCE_WRITE = "performance:write"
    AGENT_READ = "agent:read"
    AGENT_CONTROL = "agent:control"
    AGENT_WORK = "agent:work"


_EVERYBODY = frozenset(Role)
_OWNER = frozenset({Role.OWNER})
_ADMINS = _OWNER | {Role.ADMIN}
_WRITERS = _ADMINS | {Role.MARKETER}
_AUDITORS = _ADMINS | {Role.AUDITOR}
_NOBODY: Final[frozenset[Role]] = frozenset()

ROLES: Final[dict[Permission, frozenset[Role]]] = {
    Permission.REGISTER: _NOBODY,
    Permission.SELF: _EVERYBODY,
    Permission.WORKSPACE_READ: _EVERYBODY,
    Permission.WORKSPACE_MANAGE: _ADMINS,
    Permission.MEMBER_READ: _EVERYBODY,
    Permission.MEMBER_MANAGE: _ADMINS,
    Permission.KEY_READ: _AUDITORS,
    Permission.KEY_MANAGE: _ADMINS,
    Permission.SUBJECT_EXPORT: _ADMINS,
    Permission.SUBJECT_ERASE: _OWNER,
    Permission.SECURITY_READ: _AUDITORS,
    Permission.HISTORY_READ: _EVERYBODY,
    Permission.SYSTEM_READ: _EVERYBODY,
    Permission.BRAND_READ: _EVERYBODY,
    Permission.BRAND_WRITE: _WRITERS,
    Permission.CONTENT_READ: _EVERYBODY,
    Permission.CONTENT_WRITE: _WRITERS,
    Permission.CONTENT_APPROVE: _WRITERS,
    Permission.CAMPAIGN_READ: _EVERYBODY,
    Permission.CAMPAIGN_WRITE: _WRITERS,
    Permission.CAMPAIGN_APPROVE: _WRITERS,
    Permission.CAMPAIGN_RUN: _WRITERS,
    Permission.INTEGRATION_READ: _EVERYBODY,
    Permission.INTEGRATION_WRITE: _ADMINS,
    Permission.PERFORMANCE_READ: _EVERYBODY,
    Permission.PERFORMANCE_WRITE: _WRITERS,
    Permission.AGENT_READ: _EVERYBODY,
    Permission.AGENT_CONTROL: _WRITERS,
    Permission.AGENT_WORK: _NOBODY,
}
"""The roles that have a permission. Nobody: only the system, or an agent."""

PEOPLE_ONLY: Final = frozenset(
    {
        Permission.SELF,
        Permission.WORKSPACE_MANAGE,
        Permission.MEMBER_MANAGE,
        Permission.KEY_MANAGE,
        Permission.SUBJECT_EXPORT,
        Permission.SUBJECT_ERASE,
    }
)
"""What no API key may, whoever holds it: a stolen key must not be able to make itself at home."""

AGENTS: Final[dict[str, frozenset[Permission]]] = {
    "auth-integration": frozenset({Permission.AGENT_WORK}),
    "brand-project": frozenset({Permission.AGENT_WORK}),
    "content-strategy": frozenset({Permission.AGENT_WORK}),
    "content-creation": frozenset({Permission.AGENT_WORK}),
    "content-ads": frozenset({Permission.AGENT_WORK, Permission.CAMPAIGN_RUN, Permission.PERFORMANCE_WRITE}),
}
"""What each agent may at most; a workspace can narrow it."""

VIEWS: Final[dict[str, Permission]] = {
    "brands": Permission.BRAND_READ,
    "templates": Permission.CONTENT_READ,
    "contents": Permission.CONTENT_READ,
    "publications": Permission.CONTENT_READ,
    "content_performance": Permission.PERFORMANCE_READ,
    "campaigns": Permission.CAMPAIGN_READ,
    "campaign_changes": Permission.CAMPAIGN_READ,
    "campaign_overview": Permission.CAMPAIGN_READ,
    "campaign_platforms": Permission.CAMPAIGN_READ,
    "ad_sets": Permission.CAMPAIGN_READ,
    "budget_history": Permission.CAMPAIGN_READ,
    "campaign_scores": Permission.PERFORMANCE_READ,
    "platform_scores": Permission.PERFORMANCE_READ,
    "campaign_performance": Permission.PERFORMANCE_READ,
    "campaign_daily_totals": Permission.PERFORMANCE_READ,
    "campaign_daily_metrics": Permission.PERFORMANCE_READ,
    "campaign_totals": Permission.PERFORMANCE_READ,
    "platform_daily_totals": Permission.PERFORMANCE_READ,
    "brand_daily_totals": Permission.PERFORMANCE_READ,
    "performance_by_ad": Permission.PERFORMANCE_READ,
    "performance_history": Permission.PERFORMANCE_READ,
    "dashboard": Permission.PERFORMANCE_READ,
    "agent_runs": Permission.AGENT_READ,
    "agent_decisions": Permission.AGENT_READ,
    "agent_commands": Permission.AGENT_READ,
    "agent_effects": Permission.AGENT_READ,
    "agent_model_calls": Permission.AGENT_READ,
    "agent_recommendations": Permission.AGENT_READ,
    "agent_policies": Permission.AGENT_READ,
    "optimisation_log": Permission.AGENT_READ,
    "recommendations": Permission.AGENT_READ,
    "integrations": Permission.INTEGRATION_READ,
    "users": Permission.MEMBER_READ,
    "memberships": Permission.MEMBER_READ,
    "invitations": Permission.MEMBER_READ,
    "api_keys": Permission.KEY_READ,
    "event_log": Permission.HISTORY_READ,
    "projection_status": Permission.SYSTEM_READ,
}
"""What reading a view of read_v1 needs. One that is not here is read by nobody."""

KINDS: Final[dict[str, Permission]] = {
    "brand": Permission.BRAND_READ,
    "template": Permission.CONTENT_READ,
    "content": Permission.CONTENT_READ,
    "campaign": Permission.CAMPAIGN_READ,
    "performance": Permission.PERFORMANCE_READ,
    "integration": Permission.INTEGRATION_READ,
    "agent_run": Permission.AGENT_READ,
    "agent_policy": Permission.AGENT_READ,
    "recommendation": Permission.AGENT_READ,
    "workspace": Permission.WORKSPACE_READ,
    "user": Permission.MEMBER_READ,
    "invitation": Permission.MEMBER_READ,
    "api_key": Permission.KEY_READ,
}
"""What reading the state or the history of an aggregate of a kind from the log needs."""


def allows(permission: Permission, context: Context) -> bool:
    """Whether the actor has the permission: by role, or as an agent by name, cut to its scopes if it has any."""
    if context.scopes is not None and permission not in context.scopes:
        return False
    match context.actor.kind:
        case ActorKind.SYSTEM:
            return True
        case ActorKind.AGENT:
            return permission in AGENTS.get(context.actor.id, ())
        case ActorKind.API_KEY:
            return permission not in PEOPLE_ONLY and context.role in ROLES[permission]
        case ActorKind.USER:
            return context.role in ROLES[permission]


def permissions_of(context: Context) -> tuple[Permission, ...]:
    """All that the actor may, in the order of the table."""
    return tuple(permission for permission in Permission if allows(permission, context))


class Grant(msgspec.Struct, frozen=True):
    """Who may have a permission: the roles, whether an API key may, and the agents."""

    permission: Permission
    roles: tuple[Role, ...]
    api_keys: bool
    agents: tuple[str, ...]


def granted() -> tuple[Grant, ...]:
    """The whole table, in its order."""
    return tuple(
        Grant(
            permission,
            tuple(role for role in Role if role in ROLES[permission]),
            permission not in PEOPLE_ONLY and bool(ROLES[permission]),
            tuple(agent for agent, allowed in AGENTS.items() if permission in allowed),
        )
        for permission in Permission
    )
