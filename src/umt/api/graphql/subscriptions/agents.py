"""Agents' reactions, as they go on, and what agents still have to do."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final
from uuid import UUID

import strawberry
from msgspec.structs import replace

from umt.api import positions
from umt.api.graphql.fields import field, subscription
from umt.api.graphql.request import Info
from umt.api.graphql.seen import shown
from umt.api.graphql.subscriptions.following import After, AtLeast, Changed, Thing, Told, changes, events, told
from umt.api.graphql.types.agents import AgentActivity, AgentRun
from umt.domain import agent_run as domain

_RESTLESS_SECONDS: Final = 1.0
"""How long it holds what agents have left to do, while they have: that they have read an event is no event."""


@strawberry.type(description="Something that happened in an agent's reaction.")
class AgentRunEvent(Told):
    run_id: strawberry.Private[UUID]

    @field("The reaction as its read model shows it, this event included.")
    async def run(self, info: Info) -> AgentRun:
        request = info.context
        queries = request.services.queries
        row = await queries.one(await request.caller(), "agent_runs", request.at_least, run=self.run_id)
        assert row
        return AgentRun.of_row(row)


@strawberry.type(description="What agents still have to do in the workspace, after a change.")
class AgentActivityChange(Changed):
    activity: AgentActivity = strawberry.field(description="What they have to do.")


@subscription(
    "What happens in an agent's reaction, event by event: what has happened already, then each event as it comes."
)
async def agent_run_events(info: Info, id: Thing, after: After = None) -> AsyncGenerator[AgentRunEvent, None]:
    async with aclosing(events(info.context, domain.AgentRun, id, after)) as found:
        async for happened in found:
            yield told(AgentRunEvent, happened, run_id=id)


@subscription("What agents still have to do in the workspace, and again whenever that has changed.")
async def agent_activity_changed(info: Info, at_least: AtLeast = None) -> AsyncGenerator[AgentActivityChange, None]:
    services, known = info.context.services, None

    def restless() -> float | None:
        left = known and (known.unread_events or known.open_runs or known.due_timers)
        return _RESTLESS_SECONDS if left else None

    async with aclosing(changes(info.context, "agent_runs", at_least, restless)) as found:
        async for position in found:
            before = known
            known = await services.queries.agent_activity(await info.context.caller(), services.clock.now())
            if before is None or replace(before, position=known.position) != known:
                activity = shown(known, AgentActivity, position=positions.encode(known.position))
                yield AgentActivityChange(position=position, activity=activity)


FIELDS = (agent_run_events, agent_activity_changed)
