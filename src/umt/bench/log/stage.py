"""Where the trials of the log take place: a server, and how much of each thing is done on it."""

from __future__ import annotations

import msgspec

from umt.bench.log.workload import Sizes
from umt.bench.server import Server


class Stage(msgspec.Struct, frozen=True):
    """The server and the sizes."""

    server: Server
    sizes: Sizes
