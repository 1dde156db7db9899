"""What the mutations share that say what agents may do by themselves: they answer what holds then."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import strawberry

from umt.api.graphql.payloads import Answer
from umt.api.graphql.request import Request
from umt.api.graphql.types.agent_policy import AgentPolicy
from umt.application.dispatch import Command
from umt.application.transaction import Context
from umt.domain.agent_policy import policies_for


@strawberry.input(description="A limit within which agents are to keep.")
class GuardrailInput:
    name: str = strawberry.field(description="Which: a name of the guardrails of `agentPolicy`, e.g. step_of_total.")
    value: Decimal = strawberry.field(description="The limit, in the unit and the range that `agentPolicy` tells.")


async def sets_policy(request: Request, command: type[Command], given: dict[str, Any], context: Context) -> Answer:
    """Carry it out, and read from the log what holds: even where nothing was ever set."""
    asked = command.model_validate(given)
    outcome = await asyncio.wrap_future(request.services.dispatcher.submit(asked, context))
    request.forget()
    campaign = given.get("campaign")
    policies = policies_for(context.workspace, campaign)
    rows = await request.services.queries.past.left(
        await request.caller(), command.permission, "agent_policies", policies, outcome.position
    )
    return Answer({"policy": AgentPolicy.of_rows(rows, context.workspace, campaign)}, outcome)
