"""Commands on a workspace's own settings."""

from __future__ import annotations

from typing import ClassVar

from umt.application.commands.authority import authority
from umt.application.dispatch import Command
from umt.application.fields import MoneyField
from umt.application.permissions import AGENTS, Permission
from umt.application.transaction import Transaction
from umt.domain import workspace
from umt.domain.errors import InvalidValue
from umt.domain.workspace import Workspace


class _Managing(Command):
    permission: ClassVar[Permission] = Permission.WORKSPACE_MANAGE


class RenameWorkspace(_Managing):
    """Give the workspace another name."""

    name: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Workspace, tx.context.workspace, workspace.rename, self.name)


class ChangeTimeZone(_Managing):
    """Give the workspace another time zone; campaigns keep that of their schedule."""

    time_zone: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Workspace, tx.context.workspace, workspace.change_time_zone, self.time_zone)


class SetApprovalLimits(_Managing):
    """Say up to which total budget whoever works on a campaign may approve it, too: one limit for each currency.

    With any limit, a currency without one is above it; an empty list lifts them all. Only an owner loosens them.
    """

    limits: tuple[MoneyField, ...]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Workspace, tx.context.workspace, workspace.set_approval_limits, self.limits, authority(tx))


class SetModelBudget(_Managing):
    """Say what language models may cost in a calendar month, in USD; null sets no limit.

    When it is used up, the offline writer writes until the month is over.
    """

    budget: MoneyField | None = None

    def handle(self, tx: Transaction) -> None:
        tx.decide(Workspace, tx.context.workspace, workspace.set_model_budget, self.budget)


class LimitAgent(_Managing):
    """Narrow what an agent may do in this workspace; null leaves it all that agents of its kind may."""

    agent: str
    permissions: tuple[str, ...] | None = None

    def handle(self, tx: Transaction) -> None:
        allowed = AGENTS.get(self.agent)
        if allowed is None:
            raise InvalidValue("agent", f"must be one of {', '.join(AGENTS)}")
        if unknown := set(self.permissions or ()) - allowed:
            raise InvalidValue(
                "permissions", f"{min(unknown)[:40]!r} is not one of {', '.join(sorted(allowed))}, which this agent may"
            )
        tx.decide(Workspace, tx.context.workspace, workspace.limit_agent, self.agent, self.permissions)
