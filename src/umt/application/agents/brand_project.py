"""Brand & Project Management: gives every new campaign the look and the people of its brand."""

from __future__ import annotations

from collections.abc import Iterator

from umt.application.agents.reaction import Agent, Facts, Step
from umt.application.commands.campaign import ApplyBrand
from umt.domain.agent_run import DecisionMade, Evidence
from umt.domain.brand import Brand
from umt.domain.campaign import CampaignCreated
from umt.domain.recorded import Recorded

agent = Agent("brand-project", "Brand & Project Management")


@agent.on(CampaignCreated)
def apply_brand(event: CampaignCreated, at: Recorded, facts: Facts) -> Iterator[Step]:
    """A campaign starts from its brand's styling and audiences."""
    brand = facts.get(Brand, event.brand)
    yield DecisionMade(
        action="apply_brand",
        subject_kind="campaign",
        subject=at.stream,
        rule="campaigns_follow_their_brand",
        reason=f"“{event.name}” takes over the styling and the audiences of “{brand.name}”.",
        evidence=(
            Evidence("tone of voice", brand.styling.tone_of_voice),
            Evidence("audiences", ", ".join(a.name for a in brand.audiences) or "none"),
        ),
    )
    yield ApplyBrand(campaign=at.stream, styling=brand.styling, audiences=brand.audiences)
