"""Reminders, jobs and checkpoints: what agents leave for later, in the transaction of their reaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from umt.adapters.postgres.statements import Statements
from umt.application.transaction import Timer


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

    def enqueue(self, run: UUID, effect: UUID, *, lock: str, at: datetime | None = None) -> None:
        self._afterwards.append(lambda: self._defer(self._writing(), self.context, run, effect, lock, at))

    def move_checkpoint(self, agent: str, position: int) -> None:
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.agent_checkpoint VALUES (%s, %s, now()) ON CONFLICT (agent)"
                " DO UPDATE SET position = greatest(agent_checkpoint.position, EXCLUDED.position), beat_at = now()",
                agent,
                position,
            )
        )
