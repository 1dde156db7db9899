"""Where agents are in the log, which of them are stopped, and what set their runs off; for every workspace, in the worker's
role."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

import psycopg

from umt.adapters.postgres.source import LogSource
from umt.application.transaction import Timer
from umt.domain.recorded import Recorded

Connection = psycopg.Connection[Any]
Connect = Callable[[], Connection]

STOPPED: Final = "SELECT workspace, agent FROM umt.agent_stop"
"""The agents that are stopped, by workspace; ``*`` for all of them."""


def begin_agents(connection: Connection, agents: Iterable[str]) -> None:
    """An agent that is new here starts from now: it does not react to what happened before it came."""
    for agent in agents:
        connection.execute(
            "INSERT INTO umt.agent_checkpoint (agent, position) SELECT %s, umt.head() ON CONFLICT (agent) DO NOTHING",
            (agent,),
        )


def checkpoint(connection: Connection, agent: str) -> tuple[int, int, int]:
    """How far an agent has come, up to where it works in the shadow, and how often it was put back."""
    begin_agents(connection, (agent,))
    row = connection.execute(
        "SELECT position, coalesce(shadow_until, 0), turn FROM umt.agent_checkpoint WHERE agent = %s", (agent,)
    ).fetchone()
    assert row
    return row[0], row[1], row[2]


def put_back(connection: Connection, agent: str, position: int) -> int:
    """Have an agent go through the log again from a position, in the shadow up to where it is now; that position."""
    begin_agents(connection, (agent,))
    row = connection.execute(
        "UPDATE umt.agent_checkpoint SET shadow_until = greatest(position, shadow_until), turn = turn + 1,"
        " position = least(position, %s) WHERE agent = %s RETURNING shadow_until",
        (position, agent),
    ).fetchone()
    assert row
    return int(row[0])


def hurry(connection: Connection, workspace: UUID) -> None:
    """Have a workspace's effects that wait be looked at now: an agent was started again."""
    connection.execute(
        "UPDATE jobs.procrastinate_jobs SET scheduled_at = NULL"
        " WHERE status = 'todo' AND scheduled_at > now() AND args -> 'context' ->> 'workspace' = %s",
        (str(workspace),),
    )


class Triggers:
    """What set runs off, from the log and the reminders."""

    def __init__(self, source: LogSource, connect: Connect) -> None:
        self._source, self._connect = source, connect

    def event(self, position: int) -> Recorded | None:
        found = next(iter(self._source.at([position])), None)
        return found if isinstance(found, Recorded) else None

    def timer(self, identifier: UUID) -> Timer | None:
        with self._connect() as connection:
            row = connection.execute(
                "SELECT id, workspace, agent, name, subject, due_at FROM umt.timer WHERE id = %s", (identifier,)
            ).fetchone()
        return Timer(*row) if row else None
