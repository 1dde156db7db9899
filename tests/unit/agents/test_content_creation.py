"""Content Creation & Testing: a planned content gets its variations."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace
from tests.unit.agents.story import World
from tests.unit.domain.stories import (
    BRAND,
    BRIEF,
    CONTENT,
    STRATEGY,
    brand,
    planned_content,
    requested_content,
    variation,
)

from umt.application.agents.content_creation import agent
from umt.application.commands.content import AddVariations
from umt.application.effects import VariationsWritten, WriteVariations
from umt.application.ports import Written
from umt.domain.agent_run import DecisionMade
from umt.domain.content import ContentRequested, StrategyProposed, TemplateVersion
from umt.domain.event import fold
from umt.domain.template import Format, TemplateCreated

TEASER = UUID(int=30)
TEASER_WRITTEN = TemplateCreated("Teaser", Format.SOCIAL_POST, "Ask a question.")
PROPOSED = StrategyProposed(STRATEGY)
WRITE = WriteVariations(
    lock=str(CONTENT),
    content=CONTENT,
    brand=fold(brand()),
    brief=BRIEF,
    strategy=STRATEGY,
    template_id=None,
    template=None,
    first_number=1,
)
WRITTEN = VariationsWritten((variation(1), variation(2)), Written("offline", "variations@1", "[]"))


def test_variations_are_written_from_the_strategy() -> None:
    world = World().has(BRAND, *brand()).has(CONTENT, *requested_content())
    assert world.reaction(agent, CONTENT, PROPOSED) == [WRITE]


def test_they_are_made_from_the_template_that_was_asked_for() -> None:
    asked = ContentRequested(BRAND, BRIEF, TemplateVersion(TEASER, "Teaser", 1))
    world = World().has(BRAND, *brand()).has(TEASER, TEASER_WRITTEN).has(CONTENT, asked)
    assert world.reaction(agent, CONTENT, PROPOSED) == [
        replace(WRITE, template_id=TEASER, template=fold([TEASER_WRITTEN]))
    ]


def test_the_variations_wait_for_a_persons_choice() -> None:
    world = World().has(CONTENT, *planned_content())
    assert world.outcome(agent, CONTENT, WRITE, WRITTEN) == [
        AddVariations(content=CONTENT, variations=(variation(1), variation(2)))
    ]


def test_a_variation_names_the_template_revision_that_was_asked_for_not_the_one_that_the_writer_says() -> None:
    revision = TemplateVersion(TEASER, "Teaser", 7)
    world = World().has(CONTENT, ContentRequested(BRAND, BRIEF, revision))
    (command,) = world.outcome(agent, CONTENT, WRITE, WRITTEN)
    assert isinstance(command, AddVariations)
    assert {each.template for each in command.variations} == {revision}


def test_a_writer_that_gives_up_is_told_to_people() -> None:
    (alert,) = World().outcome(agent, CONTENT, WRITE, error="no answer")
    assert isinstance(alert, DecisionMade)
    assert (alert.action, alert.rule, alert.subject) == ("alert", "writer_failed", CONTENT)
