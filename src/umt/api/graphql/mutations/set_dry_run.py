"""`setDryRun`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.mutations.set_policy import sets_policy
from umt.api.graphql.payloads import AgentPolicyPayload
from umt.application.commands.agents import SetDryRun


@strawberry.input(description="What `setDryRun` takes.")
class SetDryRunInput:
    on: bool = strawberry.field(description="Whether agents only say what they would do.")


set_dry_run = changes(SetDryRun, SetDryRunInput, AgentPolicyPayload, act=sets_policy)
