"""`setCampaignGuardrails`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.mutations.set_policy import GuardrailInput, sets_policy
from umt.api.graphql.payloads import AgentPolicyPayload
from umt.application.commands.agents import SetCampaignGuardrails
from umt.domain.errors import NotFound


@strawberry.input(description="What `setCampaignGuardrails` takes.")
class SetCampaignGuardrailsInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    guardrails: list[GuardrailInput] = strawberry.field(
        description="The limits to set, and no others: those that are left out are as the workspace has them again."
    )


set_campaign_guardrails = changes(
    SetCampaignGuardrails, SetCampaignGuardrailsInput, AgentPolicyPayload, NotFound, act=sets_policy
)
