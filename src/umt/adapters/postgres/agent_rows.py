"""Reminders, jobs and checkpoints: what agents leave for later, in the transaction of their reaction."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from umt.adapters.postgres.statements import Statements
from umt.application.transaction import CheckpointMoved, Timer


class AgentRows(Statements):
    """``_defer`` puts a job into the queue on a connection."""

    _defer: Callable[..., None]

    def start_timer(self, timer: Timer) -> None:
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.timer VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
                timer.id,
                timer.workspace,
                timer.agent,
                timer.name,
                timer.subject,
                timer.due_at,
            )
        )

    def finish_timer(self, timer: UUID) -> bool:
        query = "UPDATE umt.timer SET fired = true WHERE id = %s AND NOT fired RETURNING 1"
        return self._changing().execute(query, (timer,)).fetchone() is not None

    def enqueue(self, run: UUID, effect: UUID, *, lock: str, priority: int = 0) -> None:
        self._afterwards.append(lambda: self._defer(self._writing(), self.context, run, effect, lock, priority))

    def hold_run(self, agent: str, run: UUID) -> None:
        query = "INSERT INTO umt.held_run (workspace, agent, run) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
        self._afterwards.append(lambda: self._do(query, self.context.workspace, agent, run))

    def drop_held_run(self, run: UUID) -> None:
        query = "DELETE FROM umt.held_run WHERE workspace = %s AND run = %s"
        self._afterwards.append(lambda: self._do(query, self.context.workspace, run))

    def held_runs(self, agent: str) -> list[UUID]:
        query = "SELECT run FROM umt.held_run WHERE workspace = %s AND agent = %s ORDER BY place"
        return [row[0] for row in self._reading().execute(query, (self.context.workspace, agent))]

    def stop_agent(self, agent: str) -> None:
        query = "INSERT INTO umt.agent_stop VALUES (%s, %s) ON CONFLICT DO NOTHING"
        self._afterwards.append(lambda: self._do(query, self.context.workspace, agent))

    def start_agent(self, agent: str) -> None:
        query = "DELETE FROM umt.agent_stop WHERE workspace = %s AND agent = %s"
        self._afterwards.append(lambda: self._do(query, self.context.workspace, agent))

    def move_checkpoint(self, agent: str, position: int, turn: int = 0, after: int | None = None) -> None:
        query = (
            "UPDATE umt.agent_checkpoint SET position = %s, beat_at = now()"
            " WHERE agent = %s AND turn = %s AND position < %s AND position = coalesce(%s, position)"
        )

        def move() -> None:
            if self._writing().execute(query, (position, agent, turn, position, after)).rowcount != 1:
                raise CheckpointMoved(f"{agent} is past position {position}, was put back, or has not come that far")

        self._afterwards.append(move)
