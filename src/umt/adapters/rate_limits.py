"""Counting requests: sliding windows of a minute (`limits`), in the process or in a Redis that processes share.

While Redis is away the process counts by itself: a limit is then that of each process, and nobody waits or is refused
for it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from umt.application.places import place_of
from umt.application.rate_limits import WINDOW_SECONDS, Standing

log = logging.getLogger(__name__)

PROBES_PER_MINUTE: Final = 600
"""Requests a minute that one address may ask how the process is doing."""

MOST_KEYS: Final = 100_000
"""Callers that are counted in one window of a process; beyond, those counted longest ago are forgotten."""

_REDIS_SECONDS: Final = 0.25
_AWAY_SECONDS: Final = 5.0


class WindowMemory(MemoryStorage):
    """Counts of the present and the previous window, each forgotten as a whole when it is over.

    The library's own memory walks through all its keys again and again while requests arrive; here each costs the same
    however many callers there are, and so many callers take bounded room.
    """

    STORAGE_SCHEME = ["async+umt-memory"]

    def __init__(self, most_keys: int = MOST_KEYS, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._most, self._now = most_keys, now
        self._window = 0
        self._previous: dict[str, int] = {}
        self._current: dict[str, int] = {}

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        previous, left, current, _ = self._counts(key, expiry)
        if math.floor(previous * left / expiry + current) + amount > limit:
            return False
        if key not in self._current and len(self._current) >= self._most:
            del self._current[next(iter(self._current))]
        self._current[key] = current + amount
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        return self._counts(key, expiry)

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        self._previous.pop(key, None)
        self._current.pop(key, None)

    def _counts(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Counts of the previous and the present window, each with the seconds until it no longer counts."""
        window, elapsed = divmod(self._now(), expiry)
        if window != self._window:
            self._previous = self._current if window == self._window + 1 else {}
            self._current, self._window = {}, int(window)
        left = expiry - elapsed
        return self._previous.get(key, 0), left, self._current.get(key, 0), left + expiry


class CountedRequests:
    """Implements `umt.application.rate_limits.RateLimits`; opened and closed in the server's event loop."""

    def __init__(self, per_minute: int, redis_url: str | None = None, memory: WindowMemory | None = None) -> None:
        self._default = RateLimitItemPerMinute(per_minute, namespace="default")
        self._probes = RateLimitItemPerMinute(max(PROBES_PER_MINUTE, per_minute), namespace="probes")
        self._here = SlidingWindowCounterRateLimiter(memory or WindowMemory())
        self._redis = _redis(redis_url) if redis_url else None
        self._shared = SlidingWindowCounterRateLimiter(self._redis) if self._redis else None
        self._away, self._next_try = False, 0.0

    async def of_address(self, address: str) -> Standing:
        return await self._counted(self._default, "address", place_of(address))

    async def of_probe(self, address: str) -> Standing:
        return await self._counted(self._probes, "address", place_of(address))

    async def of_actor(self, actor: str) -> Standing:
        return await self._counted(self._default, "actor", actor)

    async def close(self) -> None:
        """Give the connections to Redis back."""
        if self._redis:
            await self._redis.bridge.get_connection().aclose()  # type: ignore[attr-defined]

    async def _counted(self, item: RateLimitItem, *subject: str) -> Standing:
        if self._shared and (not self._away or time.monotonic() >= self._next_try):
            self._next_try = time.monotonic() + _AWAY_SECONDS  # while it is away one request tries, the others go on
            try:
                counted = await _hit(self._shared, item, *subject)
            except (RedisError, OSError) as error:
                if not self._away:
                    log.warning("Redis is away (%s): requests are counted in this process", type(error).__name__)
                self._away = True
            else:
                if self._away:
                    log.warning("Redis is back: requests are counted there again")
                self._away = False
                return counted
        return await _hit(self._here, item, *subject)


async def _hit(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, *subject: str) -> Standing:
    allowed = await limiter.hit(item, *subject)
    counts = await limiter.storage.get_sliding_window(item.key_for(*subject), WINDOW_SECONDS)  # type: ignore[attr-defined]
    return standing(item.namespace, item.amount, allowed, *counts)


def standing(
    policy: str, quota: int, allowed: bool, previous: int, previous_left: float, current: int, current_left: float
) -> Standing:
    """What the counts of the two windows mean.

    A sliding window counter takes the previous window's count to be spread evenly over it, so as many of its requests
    count as of it overlaps with the last minute.
    """
    used = math.floor(previous * previous_left / WINDOW_SECONDS + current)
    below = min(used, quota)
    if below == 0:
        reset = 0.0
    elif current < below:
        reset = previous_left - (below - current) * WINDOW_SECONDS / previous
    else:
        reset = current_left - WINDOW_SECONDS * min(1.0, below / current)
    return Standing(policy, quota, max(quota - used, 0), max(reset, 0.0), allowed)


def _redis(url: str) -> RedisStorage:
    parts = urlsplit(url)
    if parts.port is None:
        url = parts._replace(netloc=f"{parts.netloc}:6379").geturl()
    options: dict[str, Any] = {
        "socket_timeout": _REDIS_SECONDS,
        "socket_connect_timeout": _REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return RedisStorage(f"async+{url}", implementation="redispy", key_prefix="umt", **options)
