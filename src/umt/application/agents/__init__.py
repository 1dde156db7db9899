"""The five agents, each one file: what it reacts to and what it decides."""

from __future__ import annotations

from typing import Final

from umt.application.agents.auth_integration import agent as auth_integration
from umt.application.agents.brand_project import agent as brand_project
from umt.application.agents.content_ads import agent as content_ads
from umt.application.agents.content_creation import agent as content_creation
from umt.application.agents.content_strategy import agent as content_strategy
from umt.application.agents.reaction import Agent

AGENTS: Final[dict[str, Agent]] = {
    agent.name: agent for agent in (auth_integration, brand_project, content_strategy, content_creation, content_ads)
}
"""The agents by name."""
