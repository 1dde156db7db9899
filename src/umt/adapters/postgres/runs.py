"""Agents' runs as the log keeps them, for those who go through them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

import psycopg

from umt.adapters.postgres.source import LogSource
from umt.application.agents.reaction import Wake
from umt.application.agents.replay.runs import RecordedRun
from umt.domain.agent_run import RunStarted
from umt.domain.recorded import Recorded, Undecoded

_AT_ONCE: Final = 200
"""Runs that are in memory together."""

Progress = Callable[[int, int], None]
"""Told the position that was reached, and the last one there is to reach."""


class RecordedRuns:
    """Implements no port: what it gives is plain data."""

    def __init__(self, source: LogSource, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._source, self._connect = source, connect

    def one(self, run: UUID) -> RecordedRun | None:
        """The run; None if there is none of this id."""
        first = next(self._source.earlier(run, types=(RunStarted.type_name,)), None)
        return next(self._read([first])) if isinstance(first, Recorded) else None

    def between(
        self,
        after: int,
        up_to: int,
        *,
        agent: str | None = None,
        workspace: UUID | None = None,
        progress: Progress = lambda *_: None,
    ) -> Iterator[RecordedRun]:
        """The runs that were started after a position and up to another, in order."""
        position = after
        while position < up_to:
            page = self._source.page(
                position, _AT_ONCE, types=(RunStarted.type_name,), up_to=up_to, workspace=workspace
            )
            starts = cast(Sequence[Recorded], [each for each in page.events if isinstance(each, Recorded)])
            yield from self._read([each for each in starts if agent in (None, cast(RunStarted, each.event).agent)])
            position = page.position
            progress(position - after, up_to - after)

    def _read(self, starts: Sequence[Recorded]) -> Iterator[RecordedRun]:
        events = [cast(RunStarted, each.event) for each in starts]
        set_off = {each.position: each for each in self._source.at([e.trigger_position for e in events])}
        reminders = self._reminders([event.trigger for event in events if not event.trigger_position])
        for start, event in zip(starts, events, strict=True):
            found = set_off.get(event.trigger_position)
            record = list(self._source.earlier(start.stream))
            unread = next((each for each in (*record, found) if isinstance(each, Undecoded)), None)
            yield RecordedRun(
                start=start,
                record=[each for each in record if isinstance(each, Recorded)],
                trigger=found if isinstance(found, Recorded) else reminders.get(event.trigger),
                unreadable=unread.error if unread else None,
            )

    def _reminders(self, identifiers: Sequence[UUID]) -> Mapping[UUID, Wake]:
        if not identifiers:
            return {}
        query = "SELECT id, name, subject, due_at FROM umt.timer WHERE id = ANY(%s)"
        with self._connect() as connection:
            return {row[0]: Wake(*row[1:]) for row in connection.execute(query, (list(identifiers),))}
