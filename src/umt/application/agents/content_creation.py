"""Content Creation & Testing: writes the variations of a planned content in the brand's voice."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from umt.application.agents.falling_back import fallback_told
from umt.application.agents.reaction import Agent, Facts, Settled, Step
from umt.application.commands.content import AddVariations
from umt.application.effects import WriteVariations
from umt.domain.agent_run import DecisionMade
from umt.domain.brand import Brand
from umt.domain.content import Content, StrategyProposed
from umt.domain.recorded import Recorded
from umt.domain.template import Template

agent = Agent("content-creation", "Content Creation & Testing")


@agent.on(StrategyProposed)
def write(event: StrategyProposed, at: Recorded, facts: Facts) -> Iterator[Step]:
    """As many variations as were asked for, from the template that was asked for."""
    content = facts.get(Content, at.stream)
    made_from = content.template.template
    yield WriteVariations(
        lock=str(at.stream),
        content=at.stream,
        brand=facts.get(Brand, content.brand),
        brief=content.brief,
        strategy=event.strategy,
        template_id=made_from,
        template=facts.find(Template, made_from) if made_from else None,
        first_number=len(content.variations) + 1,
    )


@agent.after(WriteVariations)
def hand_over(outcome: Settled, facts: Facts) -> Iterator[Step]:
    """The variations wait for a person's choice."""
    content = outcome.run.subject
    if outcome.error:
        yield DecisionMade(
            action="alert",
            subject_kind="content",
            subject=content,
            rule="writer_failed",
            reason=f"No variations could be written: {outcome.error}",
        )
        return
    yield from fallback_told(content, outcome.result.written)
    made_from = facts.get(Content, content).template
    variations = tuple(replace(v, template=made_from) for v in outcome.result.variations)
    yield AddVariations(content=content, variations=variations)
