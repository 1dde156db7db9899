"""`startAgent`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.mutations.set_policy import sets_policy
from umt.api.graphql.payloads import AgentPolicyPayload
from umt.application.commands.agents import StartAgent
from umt.domain.agent_policy import EVERY_AGENT
from umt.domain.errors import NotReady


@strawberry.input(description="What `startAgent` takes.")
class StartAgentInput:
    agent: str = strawberry.field(description="The agent, e.g. content-ads; `*`: all of them.", default=EVERY_AGENT)


start_agent = changes(StartAgent, StartAgentInput, AgentPolicyPayload, NotReady, act=sets_policy)
