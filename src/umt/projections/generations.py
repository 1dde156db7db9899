"""Generations of a projection's tables: the one that read_v1 shows, and the one that is built beside it.

A generation has a checkpoint: every event up to it is applied or parked. One worker at a time holds a generation, by a
session's advisory lock; the checkpoint is moved by compare-and-set in the transaction of the rows.
"""

from __future__ import annotations

import os
import socket
from typing import Any, Final, Literal

import msgspec
import psycopg
from psycopg import sql

from umt.projections.table import Projection, Table

Connection = psycopg.Connection[Any]
State = Literal["building", "live", "retired"]

_LEASE: Final = 7312
SILENCE_SECONDS: Final = 15
"""A worker that holds a lease and gives no sign of life for so long is put out."""


class StaleWorker(Exception):
    """Somebody else moved the checkpoint, changed the dead letters or retired the tables: begin again."""


class Generation(msgspec.Struct, frozen=True):
    """One set of a projection's tables and how far it is."""

    projection: str
    number: int
    version: int
    state: State
    position: int
    revision: int

    def relation(self, table: Table) -> sql.Identifier:
        """Where the table lies."""
        return sql.Identifier("projection", f"{table.name}_{self.number}")


def generations(connection: Connection, name: str) -> list[Generation]:
    """All that a projection has, the newest first."""
    rows = connection.execute(
        "SELECT name, generation, version, state, position, revision FROM umt.projection_checkpoint"
        " WHERE name = %s ORDER BY generation DESC",
        (name,),
    ).fetchall()
    return [Generation(*row) for row in rows]


def live(connection: Connection, name: str) -> Generation | None:
    """The one that read_v1 shows."""
    return next((g for g in generations(connection, name) if g.state == "live"), None)


def own(connection: Connection, projection: Projection) -> Generation | None:
    """The one that this program's folds are to keep: the live one if it is of their version, else the one being built."""
    of_version = [g for g in generations(connection, projection.name) if g.version == projection.version]
    return next((g for state in ("live", "building") for g in of_version if g.state == state), None)


def reread(connection: Connection, generation: Generation) -> Generation:
    """The same as it stands now; StaleWorker if it is gone or retired."""
    for each in generations(connection, generation.projection):
        if each.number == generation.number and each.state != "retired":
            return each
    raise StaleWorker(f"generation {generation.number} of {generation.projection} is retired")


def advance(connection: Connection, generation: Generation, position: int) -> None:
    """Move the checkpoint, first of all in the batch's transaction: its row is locked until the end.

    In a pipeline the refusal (`psycopg.DatabaseError` with SQLSTATE UM010) is raised at its end; see `refused`.
    """
    connection.execute(
        "SELECT umt.advance(%s, %s, %s, %s, %s, %s)",
        (
            generation.projection,
            generation.number,
            generation.revision,
            generation.position,
            position,
            worker_name(connection),
        ),
        prepare=True,
    )


def tell(connection: Connection) -> None:
    """Let those who wait for projections know that one has moved.

    To be called after a COMMIT: PostgreSQL lets only one transaction with a notification commit at a time, and none is to
    hold the others up while it waits for the disk. One that is lost with its worker does no harm, since those who wait
    look now and then.
    """
    connection.execute("NOTIFY umt_projection")


def refused(error: psycopg.Error) -> bool:
    """Whether it is `advance` that refused."""
    return error.sqlstate == "UM010"


def beat(connection: Connection, generation: Generation) -> None:
    """Give a sign of life; StaleWorker if the turn is over. Not worth a flush of the disk."""
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = off")
        held = connection.execute(
            "UPDATE umt.projection_checkpoint SET beat_at = clock_timestamp(), worker = %s"
            " WHERE (name, generation, revision, position) = (%s, %s, %s, %s) AND state <> 'retired' RETURNING 1",
            (
                worker_name(connection),
                generation.projection,
                generation.number,
                generation.revision,
                generation.position,
            ),
        ).fetchone()
    if held is None:
        raise StaleWorker(f"the checkpoint of {generation.projection} is no longer {generation.position}")


def note_failure(connection: Connection, generation: Generation, error: BaseException) -> None:
    """Keep what went wrong, for those who look at the status; not if somebody else works on it by now."""
    connection.execute(
        "UPDATE umt.projection_checkpoint SET restarts = restarts + 1, failed_at = clock_timestamp(),"
        " last_error = %s, error_detail = %s WHERE (name, generation) = (%s, %s)"
        " AND (worker IS NULL OR starts_with(worker, %s))",
        (type(error).__name__, str(error)[:2000], generation.projection, generation.number, f"{_process()}/"),
    )


def worker_name(connection: Connection) -> str:
    """Host, process and connection."""
    return f"{_process()}/{connection.info.backend_pid}"


def _process() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


def take_lease(connection: Connection, generation: Generation) -> bool:
    """Hold the generation until this connection ends, if nobody else does."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", _lock(generation)).fetchone()
    return bool(row and row[0])


def is_free(connection: Connection, generation: Generation) -> bool:
    """Whether nobody holds the generation. A holder that has been silent for long loses its connection."""
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", _lock(generation)).fetchone()
    if row and row[0]:
        return True
    silent = connection.execute(
        "SELECT 1 FROM umt.projection_checkpoint WHERE (name, generation) = (%s, %s)"
        " AND beat_at < clock_timestamp() - %s * interval '1 second'",
        (generation.projection, generation.number, SILENCE_SECONDS),
    ).fetchone()
    if silent:
        _put_out(connection, generation)
    return False


def _put_out(connection: Connection, generation: Generation) -> None:
    """End the holder's connection, as the login itself: the worker's role may not. What it wrote is undone by that."""
    with connection.transaction():
        connection.execute("SET LOCAL ROLE NONE")
        connection.execute(
            "SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = %s"
            "   AND l.objid = (hashtext(%s)::bigint & 4294967295)::oid"
            "   AND a.datname = current_database() AND a.usename = session_user"
            "   AND a.backend_start < clock_timestamp() - %s * interval '1 second'",
            (*_lock(generation), SILENCE_SECONDS),
        )


def _lock(generation: Generation) -> tuple[int, str]:
    return _LEASE, f"{generation.projection}/{generation.number}"
