"""Runs again from their record: no outside call, nothing written, and what differs from then.

::

    phases       a run's record, cut into the times at which the agent was asked
    again        the agent asked again on what it saw then
    said         what was said, in one form for then and now
    difference   the two side by side
"""

from umt.application.agents.replay.again import Trigger, replay
from umt.application.agents.replay.difference import Change, Difference, differences
from umt.application.agents.replay.said import Kind, Statement

__all__ = ["Change", "Difference", "Kind", "Statement", "Trigger", "differences", "replay"]
