"""What agents do, decide and have left to do; and what happened, in plain words."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.enums import RunStatus
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last
from umt.api.graphql.request import Info
from umt.api.graphql.seen import shown
from umt.api.graphql.types import agents
from umt.api.graphql.types import history as lines
from umt.api.graphql.types.agents import AgentActivity, AgentDecision, AgentRun
from umt.api.graphql.types.history import HistoryEntry

Subject = Annotated[UUID | None, strawberry.argument(description="Only what is about this thing.")]


@field("What agents decided and why, oldest first.")
async def decisions(
    info: Info,
    subject: Subject = None,
    action: Annotated[str | None, strawberry.argument(description="Only this action, e.g. reallocate.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[AgentDecision]:
    return await agents.decisions(
        info.context, subject, action, Asked(first, after, last, before), info.context.wants(at_least)
    )


@field("Agents' reactions, newest first.")
async def agent_runs(
    info: Info,
    subject: Subject = None,
    status: Annotated[RunStatus | None, strawberry.argument(description="Only those in this status.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[AgentRun]:
    return await agents.runs(
        info.context, subject, status, Asked(first, after, last, before), info.context.wants(at_least)
    )


@field("What agents still have to do in the workspace.")
async def agent_activity(info: Info) -> AgentActivity:
    services = info.context.services
    found = await services.queries.agent_activity(await info.context.caller(), services.clock.now())
    return shown(found, AgentActivity, position=positions.encode(found.position))


@field("All that happened to a thing, in plain words, oldest first; from the log, so without a wait.")
async def history(
    info: Info,
    subject: Annotated[
        UUID, strawberry.argument(description="The thing's id: a brand, a content, a campaign, a run …")
    ],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[HistoryEntry]:
    return await lines.history(info.context, subject, Asked(first, after, last, before))


FIELDS = (decisions, agent_runs, agent_activity, history)
