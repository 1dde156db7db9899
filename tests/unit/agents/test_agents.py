"""What holds for all five agents."""

from __future__ import annotations

import pytest

from umt.application.agents import AGENTS
from umt.application.agents.reaction import Agent
from umt.application.effects import EFFECTS
from umt.domain.campaign import AdsFound, CampaignImported
from umt.domain.event import EVENT_TYPES, Event
from umt.domain.performance import PerformanceRecorded


def test_there_are_five_of_them() -> None:
    assert {agent.title for agent in AGENTS.values()} == {
        "Auth & Integration",
        "Brand & Project Management",
        "Content Strategy & Research",
        "Content Creation & Testing",
        "Content & Ad Management",
    }


@pytest.mark.parametrize("event_type", [PerformanceRecorded, CampaignImported, AdsFound])
def test_imported_history_sets_nothing_off(event_type: type[Event]) -> None:
    assert not any(event_type.type_name in agent.reactions for agent in AGENTS.values())


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS.keys())
def test_an_agent_reacts_to_events_that_there_are(agent: Agent) -> None:
    assert agent.reactions
    assert set(agent.reactions) <= set(EVENT_TYPES)


@pytest.mark.parametrize("effect", EFFECTS)
def test_some_agent_says_what_follows_from_an_effect(effect: str) -> None:
    assert sum(effect in agent.outcomes for agent in AGENTS.values()) == 1


def test_no_two_agents_answer_to_one_event() -> None:
    reactions = [name for agent in AGENTS.values() for name in agent.reactions]
    assert len(set(reactions)) == len(reactions)
