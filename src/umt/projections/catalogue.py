"""All read models."""

from __future__ import annotations

from typing import Final

from umt.projections.agents import agent_decisions, agent_runs
from umt.projections.brands import brands
from umt.projections.campaigns import campaigns
from umt.projections.contents import content_performance, contents
from umt.projections.integrations import integrations
from umt.projections.performance import campaign_performance, dashboard
from umt.projections.table import Projection

PROJECTIONS: Final[dict[str, Projection]] = {
    projection.name: projection
    for projection in (
        brands,
        contents,
        content_performance,
        campaigns,
        campaign_performance,
        dashboard,
        agent_runs,
        agent_decisions,
        integrations,
    )
}
"""Every projection by name."""
