"""`stopAgent`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.mutations.set_policy import sets_policy
from umt.api.graphql.payloads import AgentPolicyPayload
from umt.application.commands.agents import StopAgent
from umt.domain.agent_policy import EVERY_AGENT


@strawberry.input(description="What `stopAgent` takes.")
class StopAgentInput:
    reason: str = strawberry.field(description="Why, for those who read its history.")
    agent: str = strawberry.field(description="The agent, e.g. content-ads; `*`: all of them.", default=EVERY_AGENT)


stop_agent = changes(StopAgent, StopAgentInput, AgentPolicyPayload, act=sets_policy)
