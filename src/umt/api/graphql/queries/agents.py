"""What agents do, decide and have left to do; and what happened, in plain words."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from umt.api import positions
from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last, page_of_rows
from umt.api.graphql.request import Info
from umt.api.graphql.seen import shown
from umt.api.graphql.types import history as lines
from umt.api.graphql.types.agent_policy import Agent, AgentPolicy
from umt.api.graphql.types.agents import AgentActivity, AgentDecision, AgentRun, Recommendation, decisions_in
from umt.api.graphql.types.filters import WHICH, AgentDecisionFilter, AgentRunFilter, RecommendationFilter, where
from umt.api.graphql.types.history import HistoryEntry
from umt.api.graphql.types.orders import (
    NEWEST_FIRST,
    OLDEST_FIRST,
    AgentDecisionOrder,
    AgentRunOrder,
    RecommendationOrder,
    listed,
)
from umt.application.lists import Order
from umt.domain.errors import NotFound


@field("What agents decided and why.")
async def decisions(
    info: Info,
    filter: Annotated[AgentDecisionFilter | None, WHICH] = None,
    order_by: Annotated[AgentDecisionOrder | None, OLDEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[AgentDecision]:
    return await page_of_rows(
        info.context,
        "agent_decisions",
        decisions_in(order_by),
        AgentDecision.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
    )


@field("What agents recommend, why and how surely, and what came of it.")
async def recommendations(
    info: Info,
    filter: Annotated[RecommendationFilter | None, WHICH] = None,
    order_by: Annotated[RecommendationOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[Recommendation]:
    return await page_of_rows(
        info.context,
        "recommendations",
        listed("recommendations", ("run", "sequence"), order_by, Order(("decided_at",), descending=True)),
        Recommendation.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
    )


@field("A recommendation that waits for a person, or what became of it.")
async def recommendation(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id, a decision's `recommendation`.")],
    at_least: AtLeast = None,
) -> Recommendation | None:
    request, view = info.context, "agent_recommendations"
    row = await request.services.queries.one(await request.caller(), view, request.wants(at_least), recommendation=id)
    if row is None:
        raise NotFound("recommendation", id)
    return Recommendation.of_its_own(row)


@field("What agents may do by themselves, in the workspace or for one campaign, and where each limit comes from.")
async def agent_policy(
    info: Info,
    campaign: Annotated[
        UUID | None, strawberry.argument(description="The campaign; without one, the workspace.")
    ] = None,
    at_least: AtLeast = None,
) -> AgentPolicy | None:
    request = info.context
    caller = await request.caller()
    rows = await request.services.queries.agent_policies(caller, campaign, request.wants(at_least))
    return AgentPolicy.of_rows(rows, caller.workspace, campaign)


@field("The agents: what each may do, and whether it is stopped.")
async def agents(info: Info, at_least: AtLeast = None) -> list[Agent]:
    request = info.context
    found = await request.services.queries.agents(await request.caller(), request.wants(at_least))
    return [Agent.of(each) for each in found]


@field("An agent's reaction, with what it saw, decided and did, and what came of that.")
async def agent_run(
    info: Info,
    id: Annotated[UUID, strawberry.argument(description="Its id.")],
    at_least: AtLeast = None,
) -> AgentRun | None:
    request = info.context
    row = await request.services.queries.one(await request.caller(), "agent_runs", request.wants(at_least), run=id)
    if row is None:
        raise NotFound("agent_run", id)
    return AgentRun.of_row(row)


@field("Agents' reactions.")
async def agent_runs(
    info: Info,
    filter: Annotated[AgentRunFilter | None, WHICH] = None,
    order_by: Annotated[AgentRunOrder | None, NEWEST_FIRST] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    at_least: AtLeast = None,
) -> Connection[AgentRun]:
    return await page_of_rows(
        info.context,
        "agent_runs",
        listed("agent_runs", ("run",), order_by, Order(("started_at",), descending=True)),
        AgentRun.of_row,
        Asked(first, after, last, before),
        where=where(filter),
        at_least=info.context.wants(at_least),
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
    (page,) = await lines.histories(info.context, [subject], Asked(first, after, last, before))
    return page


FIELDS = (
    decisions,
    recommendation,
    recommendations,
    agent_policy,
    agents,
    agent_run,
    agent_runs,
    agent_activity,
    history,
)
