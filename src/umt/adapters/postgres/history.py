"""One workspace's history, for those who branch it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import psycopg

from umt.adapters.postgres.source import LogSource
from umt.application.transaction import Timer
from umt.domain.recorded import Recorded, Undecoded

_PAGE: Final = 500
_CONCERNS: Final = ("campaign", "performance", "recommendation", "agent_policy", "agent_run")
"""What a branch rests on: of these nothing may be passed over because it cannot be read."""


class WorkspaceHistory:
    """Implements `umt.application.what_if.branch.History`; reads only."""

    def __init__(self, source: LogSource, connect: Callable[[], psycopg.Connection[Any]], workspace: UUID) -> None:
        self._source, self._connect, self._workspace = source, connect, workspace

    def page(self, after: int, up_to: int, types: Sequence[str] = ()) -> Iterator[Recorded]:
        position = after
        while position < up_to:
            page = self._source.page(position, _PAGE, types=types, up_to=up_to, workspace=self._workspace)
            for each in page.events:
                if isinstance(each, Recorded):
                    yield each
                elif isinstance(each, Undecoded) and each.type_name.partition(".")[0] in _CONCERNS:
                    raise each.error
            position = page.position

    def stream(self, identifier: UUID, up_to: int) -> Iterator[Recorded]:
        for each in self._source.earlier(identifier, before=up_to + 1):
            if isinstance(each, Undecoded):
                raise each.error
            if isinstance(each, Recorded):
                yield each

    def at(self, position: int) -> Recorded | None:
        found = next(iter(self._source.at([position])), None)
        return found if isinstance(found, Recorded) else None

    def timers(self, subjects: Sequence[UUID]) -> Sequence[Timer]:
        if not subjects:
            return ()
        query = "SELECT id, workspace, agent, name, subject, due_at FROM umt.timer WHERE subject = ANY(%s)"
        with self._connect() as connection:
            return [Timer(*row) for row in connection.execute(query, (list(subjects),))]
