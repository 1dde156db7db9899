"""A campaign on its platforms: where it is, whether it can be reached, and how its things are called there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from umt.application.agents.reaction import Facts, Step
from umt.application.effects import SetActive, SetBudget
from umt.domain.agent_run import DecisionMade
from umt.domain.campaign import Campaign
from umt.domain.platform import Platform


def lock(campaign: UUID, platform: Platform) -> str:
    """What is done to a campaign on one platform is done in order; platforms do not wait for each other."""
    return f"{campaign}/{platform}"


def external_campaigns(campaign: Campaign) -> dict[Platform, str]:
    """The campaign's id on each platform that has accepted an ad."""
    return {a.platform: a.ad.external_campaign_id for a in campaign.ad_sets if a.ad}


def set_budget(
    campaign: Campaign, identifier: UUID, platform: Platform, facts: Facts, *, then: Platform | None = None
) -> Iterator[Step]:
    """Have the platform's budget be what it is here, and ``then`` that of the platform that its money goes to."""
    for external, integration in _reached(campaign, platform, facts):
        if integration is None:
            yield out_of_reach(identifier, platform, "its budget there is not changed")
            continue
        yield SetBudget(
            lock=lock(identifier, platform),
            campaign=identifier,
            then=then,
            integration=integration,
            platform=platform,
            external_campaign_id=external,
            total=campaign.allocation[platform],
        )


def set_active(
    campaign: Campaign, identifier: UUID, platforms: Iterable[Platform], active: bool, facts: Facts
) -> Iterator[Step]:
    for platform in platforms:
        for external, integration in _reached(campaign, platform, facts):
            if integration is None:
                what = "its ads there were not started" if active else "its ads there go on spending"
                yield out_of_reach(identifier, platform, what)
                continue
            yield SetActive(
                lock=lock(identifier, platform),
                campaign=identifier,
                integration=integration,
                platform=platform,
                external_campaign_id=external,
                active=active,
            )


def _reached(campaign: Campaign, platform: Platform, facts: Facts) -> Iterator[tuple[str, UUID | None]]:
    """The campaign on the platform, if it is there, and the connection to it, if there is one."""
    if external := external_campaigns(campaign).get(platform):
        yield external, facts.integration_of(platform)


def out_of_reach(campaign: UUID, platform: Platform, consequence: str) -> DecisionMade:
    return DecisionMade(
        action="alert",
        subject_kind="campaign",
        subject=campaign,
        rule="platform_not_connected",
        target=platform.value,
        reason=f"No {platform.label} account is connected to this workspace: {consequence}.",
    )


def reference(identifier: UUID, name: str = "") -> str:
    """A name that is unique on a platform and still says what it is."""
    return f"{name[:60]} · umt-{identifier}" if name else f"umt-{identifier}"
