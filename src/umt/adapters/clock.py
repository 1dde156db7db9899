"""Clocks: the system's, and one that follows a simulated time told over HTTP."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

import httpx

log = logging.getLogger(__name__)


class ClockError(Exception):
    """The clock that was named cannot be followed."""


class SystemClock:
    """The machine's time in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def close(self) -> None:
        """Nothing to end."""


class RemoteClock:
    """The time that a server tells at ``url`` as ``{"now": …}``; asked with ``?after=…&wait=…`` it answers on a change."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        try:
            self._now = self._ask({}, timeout=10)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
            raise ClockError(f"The clock at {url} (UMT_CLOCK_URL) does not tell the time: {error}") from error
        self._thread = threading.Thread(target=self._follow, name="clock", daemon=True)
        self._thread.start()

    def now(self) -> datetime:
        return self._now

    def close(self) -> None:
        self._stop.set()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._now = self._ask({"after": self._now.isoformat(), "wait": "20"}, timeout=30)
            except (httpx.HTTPError, ValueError, KeyError) as error:
                if self._stop.is_set():
                    return
                log.warning("the clock at %s does not answer: %s", self._url, error)
                self._stop.wait(0.5)

    def _ask(self, query: dict[str, str], timeout: float) -> datetime:
        answer = httpx.get(self._url, params=query, timeout=timeout).raise_for_status().json()
        return datetime.fromisoformat(answer["now"].replace("Z", "+00:00")).astimezone(UTC)
