"""The log as projections and agents follow it: pages of decoded events, and a wait that a notification ends early."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from uuid import UUID

from umt.adapters.postgres.database import WORKER, connect
from umt.adapters.postgres.log import EventLog, LoggedEvent
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.vault import PersonalCipher
from umt.domain.recorded import Recorded

log = logging.getLogger(__name__)


class DatastoreKeys:
    """Subject keys as a worker reads them: of every workspace, never written."""

    def __init__(self, event_log: EventLog) -> None:
        self._log = event_log

    def wrapped(self, subject: UUID) -> bytes | None:
        with self._log.datastore.get_connection() as connection:
            row = connection.execute("SELECT sealed FROM umt.subject_key WHERE subject = %s", (subject,)).fetchone()
        return bytes(row["sealed"]) if row else None

    def store(self, subject: UUID, sealed: bytes) -> None:
        raise PermissionError("a reader of the log makes no keys")


class LogSource:
    """Implements `umt.projections.engine.EventSource` for any number of followers in one process."""

    def __init__(self, event_log: EventLog, cipher: PersonalCipher) -> None:
        self._log = event_log
        self._mapper = EventMapper(cipher, DatastoreKeys(event_log))

    def head(self) -> int:
        """The newest position; 0 while the log is empty."""
        return self._log.max_notification_id() or 0

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Recorded], int]:
        """A page of every event is looked at; those of other types are passed over without being decoded."""
        page = self._log.select_notifications(after, limit, inclusive_of_start=False)
        wanted = set(types)
        return [self.decode(e) for e in page if not wanted or e.topic in wanted], page[-1].id if page else after

    def stream(self, identifier: UUID) -> list[Recorded]:
        """A stream's events in order."""
        return [self.decode(e) for e in self._log.select_events(identifier)]

    def decode(self, stored: LoggedEvent) -> Recorded:
        assert isinstance(stored.originator_id, UUID)
        return self._mapper.recorded(
            (
                stored.id,
                stored.originator_id,
                stored.originator_version,
                stored.workspace,
                stored.topic,
                stored.recorded_at,
                stored.metadata,
                stored.state,
            )
        )


class LogSignal:
    """Listens for appends on one connection and wakes whoever waits; a poll is everybody's safety net."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._newest = 0
        self._thread = threading.Thread(target=self._listen, name="log-signal", daemon=True)
        self._thread.start()

    def wait(self, after: int, timeout: float) -> None:
        """Until an append past the position is heard of, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest > after or self._stop.is_set(), timeout)

    def close(self) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout=5)

    def _listen(self) -> None:
        wait = 0.1
        while not self._stop.is_set():
            try:
                with connect(self._url, WORKER) as connection:
                    connection.execute("LISTEN umt_log")
                    wait = 0.1
                    while not self._stop.is_set():
                        # What a notification says is not believed: any login may send one. The log is asked.
                        # (All are taken first: the connection is locked while its notifications are read.)
                        if list(connection.notifies(timeout=0.5, stop_after=1)):
                            row = connection.execute("SELECT max(position) FROM umt.event").fetchone()
                            with self._changed:
                                self._newest = (row and row[0]) or 0
                                self._changed.notify_all()
            except Exception as error:
                log.warning("listening for appends stopped: %s; trying again in %.1f s", error, wait)
                self._stop.wait(wait)
                wait = min(wait * 2, 5)
