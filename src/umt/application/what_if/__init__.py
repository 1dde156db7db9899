"""What would have been decided, had the settings been others: the history branched, and its agents asked anew.

::

    settings      what is supposed to have been set otherwise
    start         where it can be branched
    branch        the history up to a position, and on its own from there
    transaction   a unit of work over it, for the same agents and handlers
    outside       what came from outside, done again as far as it still applies
    walk          one branch walked to its end
    comparison    then and branch side by side
"""

from umt.application.what_if.branch import Branched, Origin
from umt.application.what_if.comparison import CAUTION, Compared, Side, WhatIf
from umt.application.what_if.settings import Supposed, supposed
from umt.application.what_if.walk import Walk

__all__ = ["CAUTION", "Branched", "Compared", "Origin", "Side", "Supposed", "Walk", "WhatIf", "supposed"]
