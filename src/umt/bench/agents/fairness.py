"""What effects that never end well cost the others: good ones a second, beside as many without a failing one among them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from umt.bench.agents.outside import sandbox
from umt.bench.agents.workplace import Troubled, over_http, workplace
from umt.bench.figure import Goal, Measure
from umt.bench.server import Server
from umt.bench.trial import Trial, Values

GOOD, BAD = 1_000, 100
QUICK_GOOD, QUICK_BAD = 100, 10
RATE: Final = Measure("good effects among failing ones", "effects/s", Goal(times_baseline=0.8))


@contextmanager
def trials(server: Server, *, quick: bool) -> Iterator[list[Trial]]:
    """One in eleven fails for ever."""
    good, bad = (QUICK_GOOD, QUICK_BAD) if quick else (GOOD, BAD)
    with sandbox() as outside, workplace(server, outside) as place:

        def rate(failing: int) -> Values:
            troubled = frozenset(place.asked_for(failing))
            asked = place.asked_for(good)
            began = time.perf_counter()
            with place.working(lambda wired, http: Troubled(over_http(wired, http), troubled)):
                return {RATE: good / (place.until_settled(asked) - began)}

        with place.working(over_http):
            place.until_settled(place.asked_for(20))
        yield [Trial(RATE.name, lambda: rate(bad), lambda: rate(0))]
