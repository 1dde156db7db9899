"""Erasures in the database, and how a process forgets who was erased.

A process that has a person's key in memory is in `umt.process`. It looks for erasures when one is notified, and once a
second besides; it forgets, and acknowledges up to which erasure it has. Its lease on the keys in its memory ends ten
seconds after it last looked (`umt.adapters.vault.personal`), so one that gives no sign of life for longer has none. An
erasure is complete when no process that may have the key is left.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import ConnectionPool

from umt.adapters.postgres.database import WORKER, connect
from umt.adapters.postgres.source import AWAY, patiently
from umt.adapters.vault.personal import LEASE_SECONDS, lease_clock
from umt.application.errors import Unavailable
from umt.application.privacy.register import Erasure, Register, Registered

log = logging.getLogger(__name__)

Connection = psycopg.Connection[tuple[Any, ...]]
Forget = Callable[[UUID | None, UUID | None], None]
"""Drops what a part of the process keeps in memory of a person in a workspace; None: of all."""

MARGIN_SECONDS: Final = 2.0
"""Beyond its lease until a silent process counts as having no keys: clocks of two machines need not run alike."""
BEAT_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 0.2
"""How soon it is noticed that the process stops."""

_SILENCE: Final = timedelta(seconds=LEASE_SECONDS + MARGIN_SECONDS)
"""After so long without a sign of life a process has no key in memory that it may use."""
_COMPLETE: Final = "SELECT umt.complete_erasures(%s)"
_OPEN: Final = "SELECT EXISTS (SELECT FROM umt.erasure WHERE completed_at IS NULL)"


class Forgetting:
    """A process's part in erasures. Implements `umt.adapters.vault.personal.Lease`.

    It begins when a key is first asked for: a process that never reads a personal field has nothing to forget.
    """

    def __init__(self, url: str, register: Register, name: str = "") -> None:
        self._url, self._register = url, register
        self._name = name or f"{os.uname().nodename} {os.getpid()}"
        self._parts: list[Forget] = []
        self._until = 0.0
        self._id, self._erased_to = uuid4(), 0
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._moved = threading.Condition()
        self._started = False
        self._thread = threading.Thread(target=self._run, name="erasures", daemon=True)

    @property
    def until(self) -> float:
        """Until when keys in memory may be used."""
        if not self._started:
            self._start()
        return self._until

    def drop_from(self, *parts: Forget) -> None:
        """Parts of the process that are told whom to forget, in this order: keys first, then what they opened."""
        self._parts += parts

    def reach(self, sequence: int, timeout: float = 2.0) -> bool:
        """Wait until this process has forgotten up to an erasure; False when the time is over before. One that never had
        a key in memory need not."""
        with self._moved:
            return self._moved.wait_for(lambda: self._until == 0 or self._erased_to >= sequence, timeout)

    def close(self) -> None:
        """Use no key any more, and say that this process is gone."""
        self._stop.set()
        self._until = 0.0
        with self._starting:
            started, self._started = self._started, True
        if started:
            self._thread.join(timeout=5)

    def _start(self) -> None:
        with self._starting:
            if not self._started:
                self._started = True
                self._thread.start()

    def _run(self) -> None:
        pause = 0.1
        while not self._stop.is_set():
            try:
                with connect(self._url, WORKER, application="umt erasures") as connection:
                    connection.execute("LISTEN umt_erasure")
                    self._enter(connection)
                    pause = 0.1
                    while not self._stop.is_set():
                        if self._woken(connection):
                            self._look(connection)
                    connection.execute("DELETE FROM umt.process WHERE id = %s", (self._id,))
            except Exception as error:
                log.warning("looking for erasures stopped: %s; trying again in %.1f s", error, pause)
                self._stop.wait(pause)
                pause = min(pause * 2, 2)

    def _woken(self, connection: Connection) -> bool:
        """After a second, or at once when an erasure is notified; False when the process stops."""
        beat = lease_clock() + BEAT_SECONDS
        while not self._stop.is_set():
            if list(connection.notifies(timeout=_STOP_SECONDS, stop_after=1)) or lease_clock() >= beat:
                return True
        return False

    def _enter(self, connection: Connection) -> None:
        """Begin with nothing in memory, so all erasures up to now are done here. What is looked up while this is under
        way is not kept: the lease begins after it."""
        looked = lease_clock()
        self._until = 0.0
        connection.execute("DELETE FROM umt.process WHERE id = %s", (self._id,))  # of before the connection was lost
        self._id = uuid4()
        row = connection.execute(
            "INSERT INTO umt.process (id, name, erased_to)"
            " SELECT %s, %s, coalesce(max(sequence), 0) FROM umt.erasure RETURNING erased_to",
            (self._id, self._name),
        ).fetchone()
        assert row
        self._erased_to = row[0]
        self._forget(None, None)
        self._renew(looked)

    def _look(self, connection: Connection) -> None:
        """Forget who was erased since the last look, and acknowledge it."""
        looked, reached = lease_clock(), self._erased_to
        found = connection.execute(
            "SELECT sequence, subject, workspace, requested_at FROM umt.erasure WHERE sequence > %s ORDER BY sequence",
            (reached,),
        ).fetchall()
        for reached, subject, workspace, _ in found:  # noqa: B007
            self._forget(subject, workspace)
        self._register.add(Registered(subject=s, workspace=w, erased_at=at) for _, s, w, at in found)
        known = connection.execute(
            "UPDATE umt.process SET beat_at = clock_timestamp(), erased_to = %s WHERE (id, erased_to) = (%s, %s)",
            (reached, self._id, self._erased_to),
        )
        if not known.rowcount:  # it was counted as gone, or the database is another one than before
            self._enter(connection)
            return
        self._erased_to = reached
        self._renew(looked)
        if connection.execute(_OPEN).fetchone() == (True,):
            connection.execute(_COMPLETE, (_SILENCE,))

    def _renew(self, looked: float) -> None:
        with self._moved:
            if not self._stop.is_set():
                self._until = looked + LEASE_SECONDS
            self._moved.notify_all()

    def _forget(self, subject: UUID | None, workspace: UUID | None) -> None:
        for part in self._parts:
            part(subject, workspace)


class ErasureRows:
    """Implements `umt.application.privacy.register.Erasures`: erasures of every workspace, in the worker's role."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def of(self, subject: UUID) -> Erasure | None:
        self._rows(_COMPLETE, _SILENCE)
        return next((erasure(row) for row in self._rows(_ERASURE_OF, subject)), None)

    def waits_for(self, subject: UUID) -> list[str]:
        found = self._rows(
            "SELECT p.name FROM umt.erasure e JOIN umt.process p"
            " ON p.erased_to < e.sequence AND p.beat_at > clock_timestamp() - %s"
            " WHERE e.subject = %s AND e.completed_at IS NULL ORDER BY p.name",
            _SILENCE,
            subject,
        )
        return [name for (name,) in found]

    def all(self) -> list[Registered]:
        found = self._rows("SELECT subject, workspace, requested_at FROM umt.erasure ORDER BY sequence")
        return [Registered(subject=s, workspace=w, erased_at=at) for s, w, at in found]

    def holding(self, subjects: Iterable[UUID]) -> set[UUID]:
        found = self._rows("SELECT subject FROM umt.subject_key WHERE subject = ANY(%s)", list(subjects))
        return {subject for (subject,) in found}

    def home_of(self, subject: UUID) -> UUID | None:
        """The workspace that a person has or had a key in."""
        found = self._rows(
            "SELECT workspace FROM umt.subject_key WHERE subject = %s"
            " UNION ALL SELECT workspace FROM umt.erasure WHERE subject = %s",
            subject,
            subject,
        )
        return next((workspace for (workspace,) in found), None)

    def _rows(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """Each statement is whole by itself and may be done twice, so it is tried again for a while."""
        try:
            return patiently(self._pool, lambda connection: connection.execute(query, values).fetchall())
        except AWAY as error:
            raise Unavailable("The database cannot be reached; try again in a moment.") from error


ERASURE: Final = "sequence, subject, workspace, position, requested_at, completed_at"
"""The columns of `Erasure`."""
_ERASURE_OF: Final = f"SELECT {ERASURE} FROM umt.erasure WHERE subject = %s"  # noqa: S608 - a constant


def erasure(row: tuple[Any, ...]) -> Erasure:
    """From a row of `ERASURE`."""
    sequence, subject, workspace, position, requested_at, completed_at = row
    return Erasure(
        sequence=sequence,
        subject=subject,
        workspace=workspace,
        position=position,
        requested_at=requested_at,
        completed_at=completed_at,
    )
