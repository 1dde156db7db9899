"""`setGuardrails`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.mutations.set_policy import GuardrailInput, sets_policy
from umt.api.graphql.payloads import AgentPolicyPayload
from umt.application.commands.agents import SetGuardrails


@strawberry.input(description="What `setGuardrails` takes.")
class SetGuardrailsInput:
    guardrails: list[GuardrailInput] = strawberry.field(
        description="The limits to set, and no others: those that are left out are as the product has them again."
    )


set_guardrails = changes(SetGuardrails, SetGuardrailsInput, AgentPolicyPayload, act=sets_policy)
