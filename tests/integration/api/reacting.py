"""Agents that react where none is at work."""

from __future__ import annotations

from uuid import UUID, uuid5

from umt.application.agents import AGENTS
from umt.bootstrap import System

STRATEGIST = "content-strategy"


def reaction(wired: System, content: UUID) -> UUID:
    """The run of the agent that works out the strategy of a content that was just requested."""
    requested = wired.source.stream(content)[0]
    wired.runtime.react(AGENTS[STRATEGIST], requested).result()
    return uuid5(requested.metadata.event_id, STRATEGIST)
