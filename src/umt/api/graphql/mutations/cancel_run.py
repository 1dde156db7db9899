"""`cancelRun`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import AgentRunPayload
from umt.application.commands.agents import CancelRun
from umt.domain.errors import NotFound, NotReady


@strawberry.input(description="What `cancelRun` takes.")
class CancelRunInput:
    run: UUID = strawberry.field(description="The reaction.")
    reason: str = strawberry.field(description="Why, for those who read its history.")


cancel_run = changes(CancelRun, CancelRunInput, AgentRunPayload, NotFound, NotReady)
