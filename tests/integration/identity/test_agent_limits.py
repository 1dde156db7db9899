"""A workspace narrows what an agent may do: what it then tries is refused, on record, and the agent goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.integration.api.client import Caller

from umt.adapters.postgres.agent_places import Triggers
from umt.application.agents.reaction import Agent, Facts, Step
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.commands.campaign import OptimizeCampaign
from umt.bootstrap import System
from umt.domain.agent_run import CommandIssued
from umt.domain.campaign import CampaignCreated
from umt.domain.recorded import Recorded


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


def eager() -> Agent:
    """An agent by the name of one that may run campaigns, which asks for each new one to be judged."""
    agent = Agent("content-ads", "Eager")

    @agent.on(CampaignCreated)
    def judge(event: CampaignCreated, at: Recorded, facts: Facts) -> Iterator[Step]:
        yield OptimizeCampaign(campaign=at.stream)

    return agent


def outcome(wired: System, owner: Caller) -> str:
    """What the log says of the one command that the agent gives."""
    before = wired.source.head()
    owner.campaign(owner.brand())
    agent = eager()
    runtime = AgentRuntime(wired.writer, {agent.name: agent}, Authorisation(), Triggers(wired.source, wired.as_worker))
    events, _ = wired.source.read(before, 100, ("campaign.created",))
    for recorded in events:
        runtime.react(agent, recorded).result()
    issued: Any = wired.source.read(before, 100, ("agent_run.command_issued",))[0][0].event
    assert isinstance(issued, CommandIssued)
    return issued.outcome.partition(":")[0]


def limited(owner: Caller, permissions: list[str] | None) -> list[dict[str, Any]]:
    given = {"agent": "content-ads", "permissions": permissions}
    answer = owner.mutates("limitAgent", given, "workspace { agentLimits { agent permissions } }")
    limits: list[dict[str, Any]] = answer["workspace"]["agentLimits"]
    return limits


def test_an_agent_does_only_what_its_workspace_leaves_it(owner: Caller, wired: System) -> None:
    assert outcome(wired, owner) == "WRONG_STATUS"
    assert limited(owner, ["agent:work"]) == [{"agent": "content-ads", "permissions": ["agent:work"]}]
    assert outcome(wired, owner) == "FORBIDDEN"
    assert limited(owner, None) == []
    assert outcome(wired, owner) == "WRONG_STATUS"


def test_another_workspaces_limits_do_not_count(owner: Caller, wired: System, url: str) -> None:
    limited(Caller(url).registers(), [])
    assert outcome(wired, owner) == "WRONG_STATUS"


def test_a_limit_never_gives_more(owner: Caller) -> None:
    widened = {"agent": "content-strategy", "permissions": ["campaign:run"]}
    refusal = owner.refused("limitAgent", widened)
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", "permissions")
    assert "agent:work" in refusal["message"]
    assert owner.refused("limitAgent", {"agent": "nobody", "permissions": []})["field"] == "agent"
