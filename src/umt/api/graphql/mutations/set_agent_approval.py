"""`setAgentApproval`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.mutations.set_policy import sets_policy
from umt.api.graphql.payloads import AgentPolicyPayload
from umt.api.graphql.types.money import MoneyInput
from umt.application.commands.agents import SetAgentApproval
from umt.domain.agent_policy import APPROVAL_HOURS
from umt.domain.errors import OutOfReach


@strawberry.input(description="What `setAgentApproval` takes.")
class SetAgentApprovalInput:
    thresholds: list[MoneyInput] = strawberry.field(
        description="One for each currency; with any, a currency without one is above it. None lifts them all."
    )
    hours: int = strawberry.field(
        description="How long a recommendation waits for a person before it expires: 1 to 720 hours.",
        default=APPROVAL_HOURS,
    )


set_agent_approval = changes(SetAgentApproval, SetAgentApprovalInput, AgentPolicyPayload, OutOfReach, act=sets_policy)
