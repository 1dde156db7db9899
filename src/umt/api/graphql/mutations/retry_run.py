"""`retryRun`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import AgentRunPayload
from umt.application.commands.agents import RetryRun
from umt.domain.errors import NotFound, NotReady


@strawberry.input(description="What `retryRun` takes.")
class RetryRunInput:
    run: UUID = strawberry.field(description="The reaction.")


retry_run = changes(RetryRun, RetryRunInput, AgentRunPayload, NotFound, NotReady)
