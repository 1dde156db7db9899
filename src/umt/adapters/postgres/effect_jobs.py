"""Effects as rows of procrastinate's table of jobs: its triggers tell the workers.

A row is put in by itself: procrastinate's own way to it builds a statement for each, which cost a third of a reaction.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from umt.application.transaction import Context

QUEUE: Final = "effects"
TASK: Final = "perform_effect"
_INSERT: Final = (
    "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, priority, lock, args)"
    " VALUES (%s, %s, %s, %s, %s::text::jsonb)"
)


def defer(
    connection: psycopg.Connection[Any], context: Context, run: UUID, effect: UUID, lock: str, priority: int
) -> None:
    """Enqueue in the connection's own transaction."""
    args = msgspec.json.encode({"context": context, "run": run, "effect": effect}).decode()
    connection.execute(_INSERT, (QUEUE, TASK, priority, lock, args), prepare=True)
