"""The trials of ``umt bench log``, in the order in which their figures are told."""

from __future__ import annotations

from umt.bench.log import bulk, commands, growth, loading, projecting, reading, visibility
from umt.bench.log.stage import Stage
from umt.bench.log.workload import FULL, QUICK
from umt.bench.server import Server
from umt.bench.trial import Section


def stage(server: Server, *, quick: bool) -> Stage:
    """The server and how much is done on it."""
    return Stage(server, QUICK if quick else FULL)


def sections(stage: Stage) -> list[Section[Stage]]:
    """All of them; the long log only where the sizes ask for it."""
    made = [
        Section("one client", commands.one_client),
        Section("many clients", commands.many_clients),
        Section("bulk append", bulk.append),
        Section("reading", reading.both),
        Section("projection", projecting.upsert),
        Section("aggregate", loading.both),
        Section("visibility", visibility.latency),
    ]
    return [*made, Section("growth", growth.rates)] if stage.sizes.growth else made
