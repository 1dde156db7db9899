"""How the system itself is doing."""

from __future__ import annotations

from typing import Annotated

from umt.api.graphql.fields import field
from umt.api.graphql.pages import After, Asked, AtLeast, Before, Connection, First, Last
from umt.api.graphql.request import Info
from umt.api.graphql.seen import shown
from umt.api.graphql.types import system
from umt.api.graphql.types.breaker import Breaker
from umt.api.graphql.types.filters import WHICH, DeadLetterFilter, where
from umt.api.graphql.types.system import Clock, DeadLetter, Freshness, ProjectionStatus, Verification


@field("How far each read model has come.")
async def projections(info: Info) -> list[ProjectionStatus]:
    found = await info.context.services.queries.freshness(await info.context.caller())
    return [shown(each, ProjectionStatus) for each in found]


@field("How fresh what queries show of the workspace is; known without asking the database while all is shown.")
async def freshness(info: Info) -> Freshness:
    request = info.context
    return Freshness.of(await request.services.queries.workspace_freshness(await request.caller()))


@field(
    "Events of the workspace that a read model could not apply, and those that wait behind them, newest first. An operator "
    "retries or discards them."
)
async def dead_letters(
    info: Info,
    filter: Annotated[DeadLetterFilter | None, WHICH] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[DeadLetter]:
    return await system.dead_letters(info.context, where(filter), Asked(first, after, last, before))


@field("Compares every read model's rows of the workspace with a fold of the log from zero.")
async def verify_read_models(info: Info, at_least: AtLeast = None) -> list[Verification]:
    request = info.context
    caller = await request.caller()
    request.charge(pages=100)
    if (position := request.wants(at_least)) is not None:
        await request.services.queries.wait_for(caller, position)
    return [shown(each, Verification) for each in await request.services.queries.verify(caller)]


@field(
    "The circuit breakers of the outside services: the platforms, the language model, and the sites that the workspace is "
    "connected to, the newest 100, if the caller may see connections."
)
async def breakers(info: Info) -> list[Breaker]:
    request = info.context
    request.charge()
    return [Breaker.of(each) for each in await request.services.queries.breakers(await request.caller())]


@field("The business's clock; in the demo it is the sandbox's simulated one.")
async def clock(info: Info) -> Clock:
    services = info.context.services
    return Clock(now=await services.queries.now(await info.context.caller(), services.clock))


FIELDS = (freshness, projections, dead_letters, verify_read_models, breakers, clock)
