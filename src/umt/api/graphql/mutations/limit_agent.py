"""`limitAgent`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.application.commands.workspace import LimitAgent


@strawberry.input(description="What `limitAgent` takes.")
class LimitAgentInput:
    agent: str = strawberry.field(description="The agent, e.g. content-ads.")
    permissions: list[str] | None = strawberry.field(
        description="What it still may; null gives it back all that agents of its kind may.", default=None
    )


limit_agent = changes(LimitAgent, LimitAgentInput, WorkspacePayload)
