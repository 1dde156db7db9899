"""All read models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from umt.projections.ad_sets import ad_sets
from umt.projections.agent_policies import agent_policies
from umt.projections.agent_steps import agent_steps
from umt.projections.agents import agent_decisions, agent_runs
from umt.projections.api_keys import api_keys
from umt.projections.brands import brands
from umt.projections.campaign_changes import BUDGET_HISTORY, campaign_changes
from umt.projections.campaign_overview import CAMPAIGN_OVERVIEW, CAMPAIGN_PLATFORMS
from umt.projections.campaigns import campaigns
from umt.projections.contents import content_performance, contents
from umt.projections.integrations import integrations
from umt.projections.invitations import invitations
from umt.projections.memberships import memberships
from umt.projections.optimisation import OPTIMISATION_LOG, RECOMMENDATIONS
from umt.projections.performance import (
    BRAND_DAILY_TOTALS,
    CAMPAIGN_DAILY_METRICS,
    campaign_performance,
    dashboard,
)
from umt.projections.performance_by_ad import performance_by_ad
from umt.projections.publications import publications
from umt.projections.recommendations import recommendations
from umt.projections.scores import scores
from umt.projections.table import Projection
from umt.projections.templates import templates
from umt.projections.users import users
from umt.projections.views import View

PROJECTIONS: Final[dict[str, Projection]] = {
    projection.name: projection
    for projection in (
        brands,
        templates,
        contents,
        publications,
        content_performance,
        campaigns,
        campaign_changes,
        scores,
        ad_sets,
        campaign_performance,
        performance_by_ad,
        dashboard,
        agent_runs,
        agent_decisions,
        agent_steps,
        recommendations,
        agent_policies,
        integrations,
        users,
        memberships,
        invitations,
        api_keys,
    )
}
"""Every projection by name."""

VIEWS: Final[tuple[View, ...]] = (
    CAMPAIGN_OVERVIEW,
    CAMPAIGN_PLATFORMS,
    CAMPAIGN_DAILY_METRICS,
    BRAND_DAILY_TOTALS,
    BUDGET_HISTORY,
    OPTIMISATION_LOG,
    RECOMMENDATIONS,
)
"""Every view over read models, each after those that it is made of."""

UNPROJECTED: Final = ("event_log", "projection_status")
"""Views of read_v1 that read no projection: they are never behind."""


def sources(projections: Iterable[Projection], views: Iterable[View] = VIEWS) -> dict[str, frozenset[str]]:
    """The names of the projections that each view of read_v1 shows."""
    found = dict.fromkeys(UNPROJECTED, frozenset[str]())
    found |= {table.name: frozenset({p.name}) for p in projections for table in p.tables}
    for view in views:
        found[view.name] = frozenset[str]().union(*(found.get(name, ()) for name in view.sources))
    return found
