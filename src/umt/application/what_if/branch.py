"""A branch of the history: up to a position as it was, from there on its own. It lives in memory; nothing of it is ever
part of the log.

What the branch decides anew (the campaign, its recommendations, its agents' runs) goes its own way. All else is read as
history has it at the place that the branch has come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from umt.application.transaction import Context, Timer
from umt.application.what_if.settings import Supposed
from umt.domain.agent_run import AgentRun
from umt.domain.analytics import daily
from umt.domain.analytics.figures import DailyFigures
from umt.domain.campaign import Campaign
from umt.domain.event import Aggregate, Event
from umt.domain.performance import Figures, Key, PerformanceRecorded
from umt.domain.platform import Platform
from umt.domain.recommendation import Recommendation
from umt.domain.recorded import Metadata, Recorded

OWN: Final = (Campaign, Recommendation, AgentRun)
"""What goes its own way from the branch on."""


class History(Protocol):
    """One workspace's history. An event that cannot be read raises domain.recorded.Unreadable."""

    def page(self, after: int, up_to: int, types: Sequence[str] = ()) -> Iterator[Recorded]:
        """The events after a position and up to another, of these types."""
        ...

    def stream(self, identifier: UUID, up_to: int) -> Iterator[Recorded]:
        """A stream's events up to a position."""
        ...

    def at(self, position: int) -> Recorded | None: ...

    def timers(self, subjects: Sequence[UUID]) -> Sequence[Timer]:
        """All reminders that were ever set about these things."""
        ...


class Origin(StrEnum):
    """Where an event of the branch is from."""

    HISTORY = "history"
    BRANCH = "branch"


class Branched(msgspec.Struct, frozen=True):
    """An event of the branch at its place there; of history, the position it has in the log."""

    recorded: Recorded
    origin: Origin
    position: int | None = None


class Known(msgspec.Struct, frozen=True):
    """A stream as the branch has it."""

    state: Any
    version: int


class Branch:
    """The branch as it stands. ``now`` is the business's time there, ``reached`` the position that history has come to."""

    def __init__(self, history: History, workspace: UUID, start: int, now: datetime, supposed: Supposed) -> None:
        self.history, self.workspace, self.start, self.supposed = history, workspace, start, supposed
        self.now, self.reached = now, start
        self.log: list[Branched] = []
        self.timers: dict[UUID, Timer] = {}
        self.fired: set[UUID] = set()
        self.held: dict[UUID, str] = {}
        self._streams: dict[UUID, Known] = {}
        self._own: set[UUID] = set()
        self._figures: dict[tuple[UUID, Platform], dict[Key, Figures]] = {}
        self._ids = 0

    def new_id(self) -> UUID:
        self._ids += 1
        return uuid5(self.workspace, f"what if/{self.start}/{self._ids}")

    # Streams

    def known(self, kind: type[Aggregate], stream: UUID) -> Known:
        """A stream as it stands here."""
        if stream not in self._streams:
            own = kind in OWN
            if own:
                self._own.add(stream)
            found = Known(None, 0)
            for recorded in self.history.stream(stream, self.start if own else self.reached):
                if recorded.workspace == self.workspace:
                    found = Known(recorded.event.evolve(found.state), recorded.version)
            self._streams[stream] = found
        return self._streams[stream]

    def append(self, kind: type[Aggregate], stream: UUID, event: Event, context: Context) -> Recorded:
        """What is decided here."""
        event_id = self.new_id()
        metadata = Metadata(
            event_id=event_id,
            actor=context.actor,
            correlation=context.correlation or event_id,
            causation=context.cause,
            command_id=None,
            trace=None,
            effective_at=self.now,
            schema_version=event.schema_version,
            salt="",
        )
        return self._append(kind, stream, event, metadata, Origin.BRANCH, None)

    def keep(
        self, kind: type[Aggregate], of_history: Recorded, event: Event | None = None, stream: UUID | None = None
    ) -> Recorded:
        """What happened in history happens here as well, at the same time and under the same id."""
        kept, place = event or of_history.event, stream or of_history.stream
        return self._append(kind, place, kept, of_history.metadata, Origin.HISTORY, of_history)

    def follow(self, of_history: Recorded) -> None:
        """What happened to things that do not go their own way."""
        known = self._streams.get(of_history.stream)
        if known and of_history.stream not in self._own and of_history.version > known.version:
            self._streams[of_history.stream] = Known(of_history.event.evolve(known.state), of_history.version)

    def _append(
        self,
        kind: type[Aggregate],
        stream: UUID,
        event: Event,
        metadata: Metadata,
        origin: Origin,
        of_history: Recorded | None,
    ) -> Recorded:
        if of_history and kind not in OWN:
            self.known(kind, stream)  # as it stood before this, if nobody has asked for it yet
            self.follow(of_history)
            version = of_history.version
        else:
            before = self.known(kind, stream)
            version = before.version + 1
            self._streams[stream] = Known(event.evolve(before.state), version)
        place = self.start + len(self.log) + 1
        recorded = Recorded(place, stream, version, self.workspace, self.now, event, metadata)
        self.log.append(Branched(recorded, origin, of_history.position if of_history else None))
        return recorded

    # Triggers of runs

    def event(self, position: int) -> Recorded | None:
        """Implements `umt.application.agents.runtime.Triggers`."""
        if position <= self.start:
            return self.history.at(position)
        place = position - self.start - 1
        return self.log[place].recorded if place < len(self.log) else None

    def timer(self, identifier: UUID) -> Timer | None:
        return self.timers.get(identifier)

    # Figures: those that were really reported

    def report(self, event: PerformanceRecorded) -> None:
        """A platform's figures become known."""
        latest = self._figures.setdefault((event.campaign, event.platform), {})
        latest.update({(record.ad, record.day): record.figures for record in event.records})

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        return daily.by_day(self._of(campaign))

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        return daily.spent(self._of(campaign))

    def _of(self, campaign: UUID) -> Iterator[tuple[Platform, date | None, Figures]]:
        for (of, platform), latest in self._figures.items():
            if of == campaign:
                for (_, day), figures in latest.items():
                    yield platform, day, figures


def with_correlation(context: Context, branch: Branch) -> Context:
    """Everything that one request leads to shares a correlation."""
    return context if context.correlation else replace(context, correlation=branch.new_id())
