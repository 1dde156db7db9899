"""Content & Ad Management: publishes what was approved, runs the ads of live campaigns, collects their figures and
optimises their budgets within guardrails.

::

    publishing       approved contents go to their channels
    ads              launched campaigns get their ads; what changes here is changed on the platforms
    performance      daily figures are collected and recorded
    optimisation     live campaigns are judged, changes recommended
    recommendations  what people decided is carried out; what came of it is measured
"""

from umt.application.agents.content_ads import ads, optimisation, performance, publishing, recommendations
from umt.application.agents.content_ads.agent import agent

__all__ = ["ads", "agent", "optimisation", "performance", "publishing", "recommendations"]
