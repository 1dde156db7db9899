"""What language models cost a workspace, month by month, and what they may cost."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from umt.application.ports import Allowance
from umt.application.transaction import Transaction
from umt.domain.workspace import Workspace


def month_of(now: datetime, workspace: Workspace | None) -> date:
    """The first day of the calendar month that it is in the workspace's time zone."""
    zone = ZoneInfo(workspace.time_zone if workspace else "UTC")
    return now.astimezone(zone).date().replace(day=1)


def allowance(tx: Transaction) -> Allowance:
    """What the workspace may still spend this month: one row is read."""
    workspace = tx.load(Workspace, tx.context.workspace)
    if workspace is None or workspace.model_budget is None:
        return Allowance()
    return Allowance(workspace.model_budget, tx.model_spending(month_of(tx.now, workspace)))
