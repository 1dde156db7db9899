"""What the installation's operator sees of agents, in every workspace: lists from the read models, single things from the
log, which has them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from umt.adapters.postgres.agent_places import checkpoint, put_back
from umt.adapters.postgres.source import LogSource
from umt.application.agents.account import Account
from umt.domain.agent_run import AgentRun, RunStarted
from umt.domain.event import Event
from umt.domain.recommendation import RecommendationMade
from umt.domain.recorded import Envelope, Recorded, Undecoded
from umt.projections.agent_steps import AGENT_COMMANDS, AGENT_EFFECTS, AGENT_MODEL_CALLS, agent_steps
from umt.projections.agents import AGENT_DECISIONS, AGENT_RUNS, agent_decisions, agent_runs
from umt.projections.folding import rows_after
from umt.projections.recommendations import AGENT_RECOMMENDATIONS, recommendations
from umt.projections.table import Projection, Table

Connection = psycopg.Connection[Any]
Row = dict[str, Any]

FAILED: Final = (
    "status = 'failed' OR failed_effects > 0 AND EXISTS (SELECT FROM read_v1.agent_effects e"
    " WHERE (e.workspace, e.run) = (t.workspace, t.run) AND (e.status, e.error_class) = ('failed', 'fatal'))"
)
"""Runs that broke off, or of which something can never be read or done: they want an operator."""


class AgentOperations:
    """``connect`` opens a connection in the worker's role, which sees every workspace."""

    def __init__(self, source: LogSource, connect: Callable[[], Connection]) -> None:
        self._source, self._connect = source, connect

    def runs(self, where: Mapping[str, Any], limit: int) -> list[Row]:
        """The newest runs whose columns hold these values; what is None holds any."""
        return self._listed(AGENT_RUNS, "started_at", where, limit)

    def failed_runs(self, limit: int) -> list[Row]:
        """The newest runs that failed."""
        return self._listed(AGENT_RUNS, "started_at", {}, limit, FAILED)

    def recommendations(self, where: Mapping[str, Any], limit: int) -> list[Row]:
        """The newest recommendations whose columns hold these values; what is None holds any."""
        return self._listed(AGENT_RECOMMENDATIONS, "made_at", where, limit)

    def account(self, run: UUID) -> Account | None:
        """All of a run; None if there is none with this id."""
        found = list(self._source.earlier(run))
        events = [each for each in found if isinstance(each, Recorded)]
        if not events or not isinstance(began := events[0].event, RunStarted):
            return None
        state: AgentRun = began.evolve(None)
        for each in events[1:]:
            state = each.event.evolve(state)
        ((_, row),) = _folded(agent_runs, AGENT_RUNS, events)
        return Account(
            run=row,
            trigger=began.trigger,
            facts=tuple(state.facts),
            decisions=tuple(row for _, row in _folded(agent_decisions, AGENT_DECISIONS, events)),
            commands=tuple(row for _, row in _folded(agent_steps, AGENT_COMMANDS, events)),
            effects=tuple(row for _, row in _folded(agent_steps, AGENT_EFFECTS, events)),
            model_calls=tuple(row for _, row in _folded(agent_steps, AGENT_MODEL_CALLS, events)),
            unreadable=sum(isinstance(each, Undecoded) for each in found),
        )

    def recommendation(self, identifier: UUID) -> Row | None:
        """A recommendation; None if there is none with this id."""
        events = [each for each in self._source.earlier(identifier) if isinstance(each, Recorded)]
        if not events or not isinstance(events[0].event, RecommendationMade):
            return None
        ((_, row),) = _folded(recommendations, AGENT_RECOMMENDATIONS, events)
        return row

    def workspace_of(self, stream: UUID, born: type[Event]) -> UUID | None:
        """Whose the thing is whose first event is such a one; None if there is none."""
        first = next(iter(self._source.earlier(stream)), None)
        return first.workspace if isinstance(first, Envelope) and isinstance(first.event, born) else None

    def position_of(self, agent: str) -> int:
        """How far an agent has read the log."""
        with self._connect() as connection:
            return checkpoint(connection, agent)[0]

    def put_back(self, agent: str, position: int) -> int:
        """Have an agent go through the log again behind a position; up to which one it does so in the shadow."""
        with self._connect() as connection:
            return put_back(connection, agent, position)

    def _listed(
        self, table: Table, newest: str, where: Mapping[str, Any], limit: int, condition: LiteralString = "true"
    ) -> list[Row]:
        given = {name: value for name, value in where.items() if value is not None}
        query = sql.SQL("SELECT {} FROM {} AS t WHERE ({}) AND {} ORDER BY {} DESC, position DESC LIMIT %s").format(
            sql.SQL(", ").join(sql.Identifier(column.name) for column in table.published),
            sql.Identifier("read_v1", table.name),
            sql.SQL(condition),
            sql.SQL(" AND ").join([sql.SQL("true"), *(sql.SQL("{} = %s").format(sql.Identifier(n)) for n in given)]),
            sql.Identifier(newest),
        )
        with self._connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, [*given.values(), limit]).fetchall()


def _folded(projection: Projection, table: Table, events: list[Recorded]) -> list[tuple[Any, Row]]:
    """The rows of a table that these events make, in the order in which they came to be."""
    return list(rows_after(projection, table, events).items())
