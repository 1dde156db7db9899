"""Brand & Project Management: every new campaign gets the look and the people of its brand."""

from __future__ import annotations

import pytest
from tests.unit.agents.story import World
from tests.unit.domain.stories import BRAND, CAMPAIGN, PARENTS, brand, draft_campaign

from umt.application.agents.brand_project import agent
from umt.application.commands.campaign import ApplyBrand
from umt.domain.agent_run import DecisionMade, Evidence
from umt.domain.brand import AudiencesDefined, BrandStyled, Styling
from umt.domain.errors import NotFound

WARM = Styling(tone_of_voice="warm")
(CREATED,) = draft_campaign()


def test_a_new_campaign_takes_over_its_brand_and_says_so() -> None:
    world = World().has(BRAND, *brand(), BrandStyled(WARM), AudiencesDefined((PARENTS,)))
    decision, command = world.reaction(agent, CAMPAIGN, CREATED)
    assert isinstance(decision, DecisionMade)
    assert (decision.action, decision.subject) == ("apply_brand", CAMPAIGN)
    assert decision.evidence == (Evidence("tone of voice", "warm"), Evidence("audiences", "Parents"))
    assert "Acme Inc." in decision.reason
    assert command == ApplyBrand(campaign=CAMPAIGN, styling=WARM, audiences=(PARENTS,))


def test_a_brand_without_audiences_says_that_too() -> None:
    decision, command = World().has(BRAND, *brand()).reaction(agent, CAMPAIGN, CREATED)
    assert isinstance(decision, DecisionMade)
    assert Evidence("audiences", "none") in decision.evidence
    assert command == ApplyBrand(campaign=CAMPAIGN, styling=Styling(), audiences=())


def test_a_campaign_of_no_known_brand_is_a_fault() -> None:
    with pytest.raises(NotFound):
        World().reaction(agent, CAMPAIGN, CREATED)
