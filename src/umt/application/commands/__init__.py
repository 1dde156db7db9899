"""Every command, by context. A command states at the edge what it takes and, in `handle`, what is decided."""

from __future__ import annotations

from typing import Final

from umt.application.commands import (
    agents,
    analytics,
    api_keys,
    brand,
    campaign,
    content,
    identity,
    integration,
    invitations,
    members,
    privacy,
    recommendations,
    workspace,
)
from umt.application.dispatch import Command

COMMANDS: Final[dict[str, type[Command]]] = {
    name: member
    for module in (
        agents,
        analytics,
        api_keys,
        brand,
        campaign,
        content,
        identity,
        integration,
        invitations,
        members,
        privacy,
        recommendations,
        workspace,
    )
    for name, member in vars(module).items()
    if isinstance(member, type) and issubclass(member, Command) and member is not Command and not name.startswith("_")
}
"""Command classes by name."""
