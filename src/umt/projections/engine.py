"""The projection engine: follows the log for one projection, alone among all processes, and begins again when it fails.

One worker at a time holds a generation of a projection; how it applies the log is in `umt.projections.batches`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import psycopg

from umt.projections.batches import BATCH, CATCHING_UP, LAZY_SECONDS, Batches, EventSource
from umt.projections.generations import Generation, StaleWorker, is_free, note_failure, own, reread, take_lease
from umt.projections.rebuilding import switch
from umt.projections.table import Projection

log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 1.0
_LEASE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 5.0

Connection = psycopg.Connection[Any]
Connect = Callable[[], Connection]


class Projector:
    """Keeps one projection up to date.

    ``connect`` opens a connection in the worker's role, ``connect_owner`` one that may change what read_v1 shows;
    ``after_switch`` is called with such a one when a newer version has taken the place of the live one. While another
    process holds the projection, it is looked at on connections that are borrowed for a moment.
    """

    def __init__(
        self,
        projection: Projection,
        source: EventSource,
        connect: Connect,
        connect_owner: Connect,
        after_switch: Callable[[Connection], None] | None = None,
        borrow: Callable[[], AbstractContextManager[Connection]] | None = None,
    ) -> None:
        self.projection, self._source = projection, source
        self._connect, self._connect_owner, self._after_switch = connect, connect_owner, after_switch
        self._borrow = borrow or connect
        self._generation: Generation | None = None

    def run(self, stop: threading.Event) -> None:
        """Follow the log until told to stop; any failure is reported, waited out and begun again."""
        pause = 0.1
        while not stop.is_set():
            began = time.monotonic()
            try:
                if self._is_free(stop):
                    with self._connect() as connection:
                        self._follow(connection, stop)
            except StaleWorker as error:
                log.info("projection %s begins again: %s", self.projection.name, error)
                stop.wait(0.05)
            except Exception as error:
                pause = 0.1 if time.monotonic() - began > 30 else pause
                name = type(error).__name__
                log.warning("projection %s stopped: %s: %s; again in %.1f s", self.projection.name, name, error, pause)
                self._report(error)
                stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def reach(self, target: int, timeout: float = 60) -> None:
        """Work until the checkpoint is at the target, if need be beside another process that works on it."""
        deadline = time.monotonic() + timeout
        with self._connect() as connection:
            batches: Batches | None = None
            while True:
                try:
                    generation = self._own(connection)
                    if generation.position >= target:
                        return
                    if batches is None and take_lease(connection, generation):
                        batches = Batches(self.projection, reread(connection, generation), self._source, connection)
                    if batches is not None:
                        while batches.position < target and batches.step(CATCHING_UP):
                            pass
                        self._switch_if_built(batches)
                        return
                except StaleWorker:
                    batches = None
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"projection {self.projection.name} did not reach position {target} in {timeout:.0f} s"
                    )
                time.sleep(0.02)

    def _is_free(self, stop: threading.Event) -> bool:
        """Wait until nobody holds the projection; False when told to stop."""
        while not stop.is_set():
            with self._borrow() as connection:
                if is_free(connection, self._own(connection)):
                    return True
            stop.wait(_LEASE_SECONDS)
        return False

    def _follow(self, connection: Connection, stop: threading.Event) -> None:
        generation = self._own(connection)
        if not take_lease(connection, generation):
            return
        generation = self._generation = reread(connection, generation)
        batches = Batches(self.projection, generation, self._source, connection)
        batches.beat()
        while not stop.is_set():
            batches.step(CATCHING_UP if batches.behind else BATCH, lazily=True)
            if batches.behind:
                continue
            self._switch_if_built(batches)
            patience = LAZY_SECONDS if batches.pending else _POLL_SECONDS
            if not self._source.wait(batches.position, patience, tuple(self.projection.folds)):
                if batches.pending:
                    batches.settle()
                else:
                    batches.beat()

    def _switch_if_built(self, batches: Batches) -> None:
        """A newer version that has caught up takes the place of the live one."""
        if batches.generation.state == "building":
            with self._connect_owner() as owner:
                switch(owner, self.projection, batches)
                if self._after_switch:
                    self._after_switch(owner)
            raise StaleWorker(f"version {self.projection.version} is live now")

    def _own(self, connection: Connection) -> Generation:
        generation = own(connection, self.projection)
        if generation is None:
            raise LookupError(
                f"the database has no tables of version {self.projection.version}; another version of UMT has made others"
            )
        return generation

    def _report(self, error: Exception) -> None:
        if self._generation is None:
            return
        try:
            with self._connect() as connection:
                note_failure(connection, self._generation, error)
        except psycopg.Error:
            log.debug("the failure of %s could not be noted", self.projection.name)
