"""Poison for a real projection: events that its tables do not take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from umt.bootstrap import System
from umt.domain.event import Event
from umt.domain.recorded import Envelope
from umt.projections import dead_letters
from umt.projections.generations import live
from umt.projections.table import Change, Projection


@contextmanager
def poisoned(
    wired: System,
    projection: Projection,
    event_type: type[Event],
    when: Callable[[Any], bool],
    *,
    unreadable: bool = False,
) -> Iterator[None]:
    """Meanwhile it parks such an event, whose changes name a column that no table has, or cannot be told at all if it is
    unreadable. Afterwards all is retried."""
    fold = projection.folds[event_type.type_name]

    def poison(event: Any, at: Envelope) -> Iterator[Change]:
        if unreadable and when(event):
            raise ValueError("this event says nothing")
        outcome = fold(event, at)
        for change in (outcome,) if isinstance(outcome, Change) else outcome or ():
            yield msgspec.structs.replace(change, update=lambda _: {"nowhere": 1}) if when(event) else change

    projection.folds[event_type.type_name] = poison
    try:
        yield
    finally:
        projection.folds[event_type.type_name] = fold
        with wired.as_worker() as connection:
            generation = live(connection, projection.name)
            assert generation
            for key in dead_letters.parked_keys(connection, generation):
                retried = dead_letters.retry(connection, projection, generation, wired.following, key)
                assert retried.waiting == 0, retried.error
