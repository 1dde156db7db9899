"""The simulated clock: the outside's own time. It stands still until told to go on, and never goes back."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from umt.sandbox.store import Store

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
LIMIT = datetime(2100, 1, 1, tzinfo=UTC)


class ClockRefused(ValueError):
    """The clock cannot be set to the moment asked for."""


class Clock:
    """A durable moment in UTC. `moved` wakes whoever waits for time to pass."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.now = parse_instant(store.setting("now") or iso(START))
        self._moved: asyncio.Event | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    def set(self, moment: datetime) -> None:
        """Go on to `moment`, inside the caller's transaction. Raises `ClockRefused` for the past or a year of 2100 on."""
        if moment < self.now:
            raise ClockRefused(f"time does not go back: it is {iso(self.now)} and {iso(moment)} was asked for")
        if moment >= LIMIT:
            raise ClockRefused(f"{iso(moment)} is beyond the end of the simulation, {iso(LIMIT)}")
        self._store.set_setting("now", iso(moment))
        self.now = moment

    def announce(self) -> None:
        """Wake the waiting, once the change is committed."""
        if self._moved is not None:
            self._moved.set()
            self._moved = None

    async def wait_until_after(self, moment: datetime, seconds: float) -> None:
        """Return when it is later than `moment`, or after `seconds` of real time."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self.now <= moment:
            if self._moved is None:
                self._moved = asyncio.Event()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._moved.wait(), left)
            except TimeoutError:
                return


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC, with microseconds only where there are any: 2026-01-05T08:00:00Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(text: str) -> datetime:
    """An ISO 8601 moment; one without an offset is UTC. Raises `ValueError`."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def midnights(start: datetime, end: datetime) -> list[date]:
    """The days that begin after `start` and not after `end`."""
    return [start.date() + timedelta(days=n) for n in range(1, (end.date() - start.date()).days + 1)]
