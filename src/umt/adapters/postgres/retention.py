"""The retention policy carried out: what is past its time is deleted a page at a time, once an hour, and reported."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from umt.adapters.postgres.snapshots import KEPT, fingerprint
from umt.application.privacy.retention import CLASSES, Run, Standing

log = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]

EVERY_SECONDS: Final = 3600
_PAGE: Final = 5000
_LOCK: Final = (7311, 10)
"""The advisory lock of who carries the policy out."""

_PAST: Final = "now() - make_interval(days => %(days)s)"
_DUE: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "command_results": (("umt.command", f"recorded_at < {_PAST}"),),
    "sessions": (("umt.session", f"least(coalesce(ended_at, expires_at), expires_at) < {_PAST}"),),
    "sign_in_attempts": (("umt.sign_in_attempt", f"last_at < {_PAST}"),),
    "sign_in_places": (("umt.sign_in_place", f"seen_at < {_PAST}"),),
    "invitations": (("umt.invitation", f"expires_at < {_PAST}"),),
    "snapshots": (
        (
            "umt.snapshot",
            "EXISTS (SELECT FROM umt.snapshot later WHERE (later.workspace, later.stream, later.fingerprint)"
            " = (this.workspace, this.stream, this.fingerprint) AND later.version > this.version"
            " ORDER BY later.version OFFSET %(kept)s - 1 LIMIT 1)",
        ),
        ("umt.snapshot", f"fingerprint <> %(fingerprint)s AND taken_at < {_PAST}"),
    ),
    "security_events": (("umt.security_event", f"last_at < {_PAST}"),),
    "jobs": (
        (
            "jobs.procrastinate_jobs",
            "status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND coalesce((SELECT max(e.at)"  # noqa: S608 - constants
            f" FROM jobs.procrastinate_events e WHERE e.job_id = this.id), scheduled_at) < {_PAST}",
        ),
    ),
    "processes": (("umt.process", f"beat_at < {_PAST}"),),
    "breakers": (("umt.breaker", f"touched_at < {_PAST}"),),
    "retention_runs": (("umt.retention_run", f"ran_at < {_PAST}"),),
}
"""Of each class, the tables and which of their rows, as ``this``, are past their time."""
_PAST_INVITATIONS: Final = f"SELECT workspace, id FROM umt.invitation WHERE expires_at < {_PAST} ORDER BY id"  # noqa: S608 - constants

_KEPT_INVITATIONS: Final = "SELECT count(*) FROM umt.invitation WHERE id = ANY(%s)"


class Retention:
    """Carries the policy out; ``days`` by class. ``forget_invitee`` erases who was invited (workspace, invitation) and
    never came: the invitation that tells where their address is goes, so the address goes before."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        days: Mapping[str, int],
        forget_invitee: Callable[[UUID, UUID], None],
    ) -> None:
        self._connect, self._days, self._forget_invitee = connect, days, forget_invitee

    def run(self, stop: threading.Event) -> None:
        """Once an hour until told to stop."""
        while not stop.is_set():
            try:
                self.carry_out()
            except Exception as error:
                log.warning("what is past its time could not be deleted: %s; it is tried again in an hour", error)
            stop.wait(EVERY_SECONDS)

    def carry_out(self) -> list[Run]:
        """Delete all that is past its time, and note how much that was; nothing while another process does it. A class
        of which that fails is said in the log, and missing in the answer."""
        with self._connect() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK).fetchone()
            if not (row and row[0]):
                return []
            try:
                runs = [run for name in CLASSES if (run := self._tried(connection, name))]
            finally:
                if not connection.closed:
                    connection.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)
        deleted = ", ".join(f"{run.name} {run.deleted:,}" for run in runs if run.deleted)
        log.info("past its time and deleted: %s", deleted or "nothing")
        return runs

    def standing(self) -> list[Standing]:
        """Each class with its policy, what is due and its last run."""
        with self._connect() as connection:
            return [
                Standing(
                    name=name, days=self._days[name], due=self._due(connection, name), last=_last(connection, name)
                )
                for name in CLASSES
            ]

    def _tried(self, connection: Connection, name: str) -> Run | None:
        """None for a class that cannot be deleted from now: the others can. Without a connection, none can."""
        try:
            return self._carried_out(connection, name)
        except Exception as error:
            if connection.closed:
                raise
            log.warning("%s past their time could not be deleted: %s: %s", name, type(error).__name__, error)
            return None

    def _carried_out(self, connection: Connection, name: str) -> Run:
        deleted = self._forget_invitees(connection) if name == "invitations" else 0
        deleted += sum(self._delete(connection, table, due, name) for table, due in _DUE[name])
        row = connection.execute(
            "INSERT INTO umt.retention_run (class, days, deleted) VALUES (%s, %s, %s) RETURNING ran_at",
            (name, self._days[name], deleted),
        ).fetchone()
        assert row
        return Run(name=name, days=self._days[name], deleted=deleted, ran_at=row[0])

    def _forget_invitees(self, connection: Connection) -> int:
        """How many invitations went with who was invited."""
        past = connection.execute(_PAST_INVITATIONS, self._values("invitations")).fetchall()
        for workspace, invitation in past:
            self._forget_invitee(workspace, invitation)
        kept = connection.execute(_KEPT_INVITATIONS, ([invitation for _, invitation in past],)).fetchone()
        assert kept
        return len(past) - int(kept[0])

    def _delete(self, connection: Connection, table: str, due: str, name: str) -> int:
        query = sql.SQL(
            "DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} AS this WHERE {due} LIMIT {page})"
        ).format(table=sql.Identifier(*table.split(".")), due=sql.SQL(due), page=_PAGE)
        deleted = 0
        while True:
            page = connection.execute(query, self._values(name)).rowcount
            deleted += page
            if page < _PAGE:
                return deleted

    def _due(self, connection: Connection, name: str) -> int:
        counts = [
            sql.SQL("(SELECT count(*) FROM {table} AS this WHERE {due})").format(
                table=sql.Identifier(*table.split(".")),
                due=sql.SQL(due),
            )
            for table, due in _DUE[name]
        ]
        query = sql.SQL("SELECT {}").format(sql.SQL(" + ").join(counts))
        row = connection.execute(query, self._values(name)).fetchone()
        return int(row[0]) if row else 0

    def _values(self, name: str) -> dict[str, Any]:
        return {"days": self._days[name], "kept": KEPT, "fingerprint": fingerprint()}


def _last(connection: Connection, name: str) -> Run | None:
    row = connection.execute(
        "SELECT class, days, deleted, ran_at FROM umt.retention_run WHERE class = %s ORDER BY ran_at DESC LIMIT 1",
        (name,),
    ).fetchone()
    return Run(name=row[0], days=row[1], deleted=row[2], ran_at=row[3]) if row else None
