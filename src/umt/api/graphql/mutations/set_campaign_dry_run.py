"""`setCampaignDryRun`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.mutations.set_policy import sets_policy
from umt.api.graphql.payloads import AgentPolicyPayload
from umt.application.commands.agents import SetCampaignDryRun
from umt.domain.errors import NotFound


@strawberry.input(description="What `setCampaignDryRun` takes.")
class SetCampaignDryRunInput:
    campaign: UUID = strawberry.field(description="The campaign.")
    on: bool = strawberry.field(description="Whether agents only say what they would do.")


set_campaign_dry_run = changes(SetCampaignDryRun, SetCampaignDryRunInput, AgentPolicyPayload, NotFound, act=sets_policy)
