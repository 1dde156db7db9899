"""Circuit breakers that all workers share through PostgreSQL, with what this process knows of them lately.

A call of a service that is well asks the database at most twice a second and service; a failure is written at once, and so is
what changes a state. While the database is away a process goes on by what it knows itself.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID, uuid4

import psycopg

from umt.adapters.postgres.breaker_rows import BreakerRows, Change, Counts
from umt.application.breakers import Breaker, Policy, State, answered, asked, failed, given_up
from umt.application.ports import BreakerOpen, Transient

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 0.5
"""How long what was read holds, and how often calls are added to the totals."""
PATIENCE_SECONDS: Final = 2.0
"""How long a call waits for the database at most."""
AWAY_SECONDS: Final = 5.0
"""How long the database is not asked again after it was away."""
MARGIN_SECONDS: Final = 1.0
"""How much longer than the longest call a probe is waited for."""
_FORGOTTEN_SECONDS: Final = 600.0


class _Seen(NamedTuple):
    """A breaker as it was at a time of the database's clock, and of ours."""

    breaker: Breaker
    at: datetime
    monotonic: float


class SharedBreakers:
    """Implements `umt.application.breakers.Breakers`, for the event loops of one process.

    What others saw is known here half a second later at most: so long a call may still go out after they opened a breaker.
    From its first failure on a service is looked at before each call, until it is well again.
    """

    def __init__(self, rows: BreakerRows, policy: Policy, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rows, self._policy, self._monotonic = rows, policy, monotonic
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="breakers")
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}
        self._counts: dict[str, Counts] = {}
        self._counted, self._closing = threading.Event(), threading.Event()
        self._adding: threading.Thread | None = None
        self._away_until: float | None = None

    @asynccontextmanager
    async def call(self, service: str, longest: float) -> AsyncIterator[None]:
        probe = await self._admit(service, timedelta(seconds=longest + MARGIN_SECONDS))
        try:
            yield
        except Transient as error:
            self._count(service, Counts(failed=1))
            error_class = error.error_class
            await self._change(service, lambda b, now: failed(b, now, probe, error_class, self._policy))
            raise
        except BaseException:
            if probe is not None:
                await self._change(service, lambda b, now: given_up(b, now, probe))
            raise
        self._count(service, Counts(answered=1))
        seen = self._seen.get(service)
        if probe is not None or (seen and _in_trouble(seen.breaker)):
            await self._change(service, lambda b, now: answered(b, now, probe))

    def close(self) -> None:
        """Add to the totals what was counted, and let go of the connection."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._counted.set()
        if self._adding is not None:
            self._adding.join(timeout=10)
        self._add()
        self._thread.submit(self._rows.close)
        self._thread.shutdown()

    # Whether a call may go through

    async def _admit(self, service: str, longest: timedelta) -> UUID | None:
        """None for an ordinary call, the call's id for a probe; BreakerOpen for one that may not be."""
        seen = await self._look(service)
        if seen.breaker.state is State.CLOSED:
            return None
        if seen.breaker.probe_due(self._now(seen)):
            call = uuid4()
            seen = await self._change(service, lambda b, now: asked(b, now, call, longest))
            if seen.breaker.state is State.CLOSED:
                return None
            if seen.breaker.probe == call:
                return call
        self._count(service, Counts(refused=1))
        raise BreakerOpen(service, seen.breaker.retry_after(self._now(seen)))

    def _now(self, seen: _Seen) -> datetime:
        """The database's time now."""
        return seen.at + timedelta(seconds=self._monotonic() - seen.monotonic)

    # What is known

    async def _look(self, service: str) -> _Seen:
        with self._lock:
            seen = self._seen.get(service)
        if seen is not None and self._is_fresh(seen) and not _in_trouble(seen.breaker):
            return seen
        return await self._shared(service, lambda: self._rows.read(service), lambda b, _: b)

    async def _change(self, service: str, change: Change) -> _Seen:
        return await self._shared(service, lambda: self._rows.change(service, change), change)

    async def _shared(self, service: str, ask: Callable[[], tuple[Breaker, datetime]], change: Change) -> _Seen:
        """What the database answers; while it is away, the change made to what is known here."""
        away = self._away_until is not None and self._monotonic() < self._away_until
        if not away and not self._closing.is_set():
            try:
                asking = asyncio.get_running_loop().run_in_executor(self._thread, ask)
                breaker, at = await asyncio.wait_for(asking, PATIENCE_SECONDS)
            except (psycopg.Error, OSError, TimeoutError, RuntimeError) as error:
                self._is_away(error)
            else:
                self._is_back()
                return self._remember(service, _Seen(breaker, at, self._monotonic()))
        with self._lock:
            known = self._seen.get(service) or _Seen(Breaker(), datetime.now(UTC), self._monotonic())
            now = self._now(known)
            seen = self._seen[service] = _Seen(change(known.breaker, now), now, self._monotonic())
        return seen

    def _remember(self, service: str, seen: _Seen) -> _Seen:
        """Answers may come in another order than they were made in: an older one does not replace a newer."""
        with self._lock:
            known = self._seen.get(service)
            if known is None or known.at <= seen.at or not self._is_fresh(known):
                self._seen[service] = seen
        return seen

    def _is_fresh(self, seen: _Seen) -> bool:
        return self._monotonic() - seen.monotonic < FRESH_SECONDS

    def _is_away(self, error: Exception) -> None:
        if self._away_until is None:
            log.warning(
                "circuit breakers are not shared while the database is away (%s): this process goes by what it sees itself",
                type(error).__name__,
            )
        self._away_until = self._monotonic() + AWAY_SECONDS

    def _is_back(self) -> None:
        if self._away_until is not None:
            log.info("circuit breakers are shared again")
        self._away_until = None

    # Totals

    def _count(self, service: str, counts: Counts) -> None:
        with self._lock:
            self._put(service, counts)
            if self._adding is None:
                self._adding = threading.Thread(target=self._run, name="breakers' totals", daemon=True)
                self._adding.start()
        self._counted.set()

    def _put(self, service: str, counts: Counts) -> None:
        known = self._counts.get(service, Counts())
        self._counts[service] = Counts(*map(sum, zip(known, counts, strict=True)))

    def _run(self) -> None:
        while not self._closing.is_set():
            self._counted.wait()
            self._closing.wait(FRESH_SECONDS)
            self._counted.clear()
            if not self._add() and not self._closing.is_set():
                self._counted.set()
                self._closing.wait(AWAY_SECONDS)

    def _add(self) -> bool:
        """Add what was counted to the totals; what cannot be added is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, {}
            gone = [s for s, seen in self._seen.items() if self._monotonic() - seen.monotonic > _FORGOTTEN_SECONDS]
            for service in gone:
                del self._seen[service]
        try:
            if counts:
                self._thread.submit(self._rows.add, counts).result()
        except Exception as error:
            log.debug("totals of circuit breakers wait for the database: %s", type(error).__name__)
            with self._lock:
                for service, each in counts.items():
                    self._put(service, each)
            return False
        return True


def _in_trouble(breaker: Breaker) -> bool:
    """Whether the next failures may open it."""
    return breaker.state is State.CLOSED and breaker.failures > 0
