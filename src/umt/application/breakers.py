"""Circuit breakers: a service that keeps failing is left alone for a while, by all workers.

::

    closed     calls go through; so many failures in a row open it
    open       calls are refused without being sent, until the next probe is due
    half-open  one call, the probe, goes through: an answer closes the breaker, a failure opens it again

Functions from one state to the next, at a time; where states are kept is the adapter's. Source: M. Nygard, *Release It!*.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec.structs import replace

from umt.application.ports import ErrorClass

META: Final = "meta"
GOOGLE: Final = "google"
LINKEDIN: Final = "linkedin"
LANGUAGE_MODEL: Final = "language-model"
SHARED: Final = (META, GOOGLE, LINKEDIN, LANGUAGE_MODEL)
"""Services that every workspace uses, so everybody may know how they are. A site is known to those who are connected to it."""

LONGEST_PAUSE: Final = timedelta(seconds=5)
"""How long to wait at most while somebody else's probe is under way."""

LONGEST_NAME: Final = 300
"""Characters of a service's name; no host's has more than 253."""

_PORTS: Final = {"http": 80, "https": 443}


def site(endpoint: str) -> str:
    """The service's name of a CMS: its origin, whatever the path. What is no web address has a name, too."""
    try:
        parts = urlsplit(endpoint)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        return f"cms:{endpoint}"[:LONGEST_NAME]
    return f"cms:{parts.scheme}://{host}{port}"[:LONGEST_NAME]


class State(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Policy(msgspec.Struct, frozen=True):
    """After how many failures in a row a service is left alone, and for how long."""

    failures: int = 5
    reset: timedelta = timedelta(seconds=30)


class Breaker(msgspec.Struct, frozen=True):
    """What is known of a service.

    ``failures`` are those in a row. ``probe`` names the call that may go through while half-open. ``next_probe_at``: open,
    when a call may probe; half-open, when the one that does is taken for dead and another may.
    """

    state: State = State.CLOSED
    failures: int = 0
    opened_at: datetime | None = None
    next_probe_at: datetime | None = None
    probe: UUID | None = None
    error_class: ErrorClass | None = None
    reason: str = ""
    """Why it came to be in its state."""

    def probe_due(self, now: datetime) -> bool:
        """Whether a call may ask to be the probe."""
        return self.state is not State.CLOSED and (self.next_probe_at is None or self.next_probe_at <= now)

    def retry_after(self, now: datetime) -> float:
        """Seconds after which a refused call is worth another try."""
        wait = (self.next_probe_at or now) - now
        if self.state is State.HALF_OPEN:
            wait = min(wait, LONGEST_PAUSE)
        return max(wait.total_seconds(), 0.0)


def asked(breaker: Breaker, now: datetime, call: UUID, longest: timedelta) -> Breaker:
    """A call asks to be the probe, which takes no longer than ``longest``; it is if the answer names it."""
    if not breaker.probe_due(now):
        return breaker
    reason = breaker.reason if breaker.state is State.HALF_OPEN else "the time to leave it alone is over"
    return replace(breaker, state=State.HALF_OPEN, probe=call, next_probe_at=now + longest, reason=reason)


def answered(breaker: Breaker, now: datetime, call: UUID | None) -> Breaker:
    """The service answered a call. While it is left alone only the probe's answer says anything: others are late."""
    if breaker.state is State.CLOSED:
        return replace(breaker, failures=0)
    if breaker.state is State.HALF_OPEN and breaker.probe == call:
        return Breaker(error_class=breaker.error_class, reason="a probe was answered")
    return breaker


def failed(breaker: Breaker, now: datetime, call: UUID | None, error_class: ErrorClass, policy: Policy) -> Breaker:
    """A call failed."""
    match breaker.state:
        case State.CLOSED if breaker.failures + 1 < policy.failures:
            return replace(breaker, failures=breaker.failures + 1, error_class=error_class)
        case State.CLOSED:
            reason = f"failures in a row: {breaker.failures + 1}; the last one: {error_class}"
        case State.HALF_OPEN if breaker.probe == call:
            reason = f"a probe failed: {error_class}"
        case _:
            return breaker
    return Breaker(State.OPEN, breaker.failures + 1, now, now + policy.reset, None, error_class, reason)


def given_up(breaker: Breaker, now: datetime, call: UUID | None) -> Breaker:
    """A call ended without a word on the service, as when its worker is stopped: another may be the probe at once."""
    if breaker.state is State.HALF_OPEN and breaker.probe == call:
        return replace(breaker, probe=None, next_probe_at=now)
    return breaker


class StateChange(msgspec.Struct, frozen=True):
    """A change of a breaker's state, by the database's clock."""

    at: datetime
    was: State
    became: State
    reason: str


class BreakerStatus(msgspec.Struct, frozen=True):
    """A service's breaker as people see it, with its newest changes, newest first.

    Of all calls so far: ``answered``, be it by a refusal; ``failed``; ``refused``, not sent while it was open.
    """

    service: str
    state: State
    consecutive_failures: int
    opened_at: datetime | None
    next_probe_at: datetime | None
    last_error_class: ErrorClass | None
    answered: int
    failed: int
    refused: int
    changes: tuple[StateChange, ...]


class Breakers(Protocol):
    """The breakers of all services."""

    def call(self, service: str, longest: float) -> AbstractAsyncContextManager[None]:
        """Around one call of a service that takes at most ``longest`` seconds. Raises BreakerOpen, and then nothing is to be
        sent. A ``Transient`` that leaves it is a failure of the service; any other error says nothing of it."""
        ...


class Unguarded:
    """No breakers: every call goes through."""

    @asynccontextmanager
    async def call(self, service: str, longest: float) -> AsyncIterator[None]:
        yield


UNGUARDED: Final[Breakers] = Unguarded()
