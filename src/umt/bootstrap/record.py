"""What agents did, from a wired system's record: to be gone through again, or branched. Nothing is sent, and nothing reaches
the log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from umt.adapters.postgres.history import WorkspaceHistory
from umt.adapters.postgres.runs import RecordedRuns
from umt.adapters.postgres.scratch import Scratch
from umt.application.agents import AGENTS
from umt.application.what_if import Supposed, Walk, WhatIf
from umt.bootstrap.system import System
from umt.domain.campaign import Campaign
from umt.domain.errors import NotFound

AGENT = "content-ads"
"""The agent that moves campaigns' money."""


def recorded_runs(wired: System) -> RecordedRuns:
    """The runs of agents as the log keeps them."""
    return RecordedRuns(wired.source, wired.as_worker)


def position_at(wired: System, moment: datetime) -> int:
    """The last position recorded at or before a moment; 0 if there is none."""
    with wired.as_worker() as connection:
        row = connection.execute("SELECT umt.position_at(%s)", (moment,)).fetchone()
    return int(row[0]) if row else 0


def what_if(
    wired: System, campaign: UUID, position: int, until: int | None, supposed: Supposed, *, keep: bool
) -> tuple[WhatIf, str | None]:
    """The answer, and the name of the scratch schema if it is kept. Raises NotFound and InvalidValue for wrong use, and
    domain.recorded.Unreadable where history cannot be read."""
    created = next(wired.source.earlier(campaign), None)
    if created is None:
        raise NotFound(Campaign.kind, campaign)
    history = WorkspaceHistory(wired.source, wired.as_worker, created.workspace)
    walk = Walk(history, AGENTS[AGENT], campaign, position, supposed, head=wired.source.head(), until=until)
    answer = walk.walked()
    with wired.as_owner() as owner:
        scratch = Scratch(owner, uuid4())
        scratch.lay_out(walk.all_events(), answer.decisions, keep=keep)
    return answer, scratch.name if keep else None
