"""How soon an agent reacts while there is little to do: from the command's answer to the recorded run, and to the outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from umt.bench.agents.workplace import Workplace, answering, workplace
from umt.bench.figure import Goal, Measure
from umt.bench.log.workload import quantile
from umt.bench.server import BenchError, Server
from umt.bench.trial import Trial, Values

EVENTS: Final = 100
QUICK_EVENTS: Final = 20
PAUSE: Final = 0.05
BEGUN: Final = Measure("an event is reacted to, idle, p95", "ms", Goal(below=100), less_is_better=True)
ENDED: Final = Measure("its effect is done and recorded, idle, p95", "ms", less_is_better=True)
_FOUND: Final = {
    BEGUN: "SELECT FROM umt.event WHERE type = 'agent_run.run_started' AND position > %s",
    ENDED: "SELECT FROM umt.event WHERE type = 'integration.connected' AND stream = %s",
}


@contextmanager
def trials(server: Server, *, quick: bool) -> Iterator[list[Trial]]:
    count = QUICK_EVENTS if quick else EVENTS
    with workplace(server) as place, place.working(answering):
        place.until_settled(place.asked_for(5))

        def idle() -> Values:
            taken: dict[Measure, list[float]] = {BEGUN: [], ENDED: []}
            for _ in range(count):
                time.sleep(PAUSE)
                streams, head = place.with_credentials(1), place.system.source.head()
                place.ask_for(streams)
                began = time.perf_counter()
                taken[BEGUN].append(_until(place, BEGUN, head, began))
                taken[ENDED].append(_until(place, ENDED, streams[0], began))
            return {measure: 1000 * quantile(values, 0.95) for measure, values in taken.items()}

        yield [Trial("latency", idle)]


def _until(place: Workplace, measure: Measure, wanted: int | UUID, began: float) -> float:
    """Seconds until it is found; asked every millisecond."""
    while not place.reader.execute(_FOUND[measure], (wanted,)).fetchall():
        if time.perf_counter() - began > 30:
            raise BenchError(f"{measure.name}: nothing came within 30 s")
        time.sleep(0.001)
    return time.perf_counter() - began
