"""``umt bench agents``: reactions a second with their effects done, how soon one begins, and what failing ones cost others."""

from __future__ import annotations

import msgspec

from umt.bench.agents import fairness, latency, throughput
from umt.bench.server import Server
from umt.bench.trial import Section


class Stage(msgspec.Struct, frozen=True):
    """Where it takes place, and whether quickly."""

    server: Server
    quick: bool


def stage(server: Server, *, quick: bool) -> Stage:
    return Stage(server, quick)


def sections(_: Stage) -> list[Section[Stage]]:
    return [
        Section("throughput", lambda stage: throughput.trials(stage.server, quick=stage.quick)),
        Section("latency", lambda stage: latency.trials(stage.server, quick=stage.quick)),
        Section("fairness", lambda stage: fairness.trials(stage.server, quick=stage.quick)),
    ]
