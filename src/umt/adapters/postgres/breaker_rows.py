"""Circuit breakers in PostgreSQL: one row for each service, changed under its lock, with the newest changes of state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from umt.application.breakers import Breaker, BreakerStatus, State, StateChange
from umt.application.ports import ErrorClass

Change = Callable[[Breaker, datetime], Breaker]
"""From a state, at a time, to the next."""

MOST_CHANGES: Final = 50
"""Changes of state that are kept of a service."""

_COLUMNS: Final = "state, failures, opened_at, next_probe_at, probe, error_class, reason"
_NEVER_CALLED: Final = (State.CLOSED, 0, None, None, None, 0, 0, 0)


class Counts(NamedTuple):
    """Calls of a service that are yet to be added to its totals."""

    answered: int = 0
    failed: int = 0
    refused: int = 0


class BreakerRows:
    """Reads and writes breakers on a connection of its own, which is made when it is needed and again after a failure.

    ``connect`` gives a connection in the worker's role that commits by itself. Every method raises psycopg.Error while the
    database is away; none may be called by two threads at a time.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._open: psycopg.Connection[Any] | None = None

    def read(self, service: str) -> tuple[Breaker, datetime]:
        """The service's breaker, and the database's time."""
        row = self._rows(
            f"SELECT clock_timestamp(), {_COLUMNS} FROM (VALUES (1)) one"  # noqa: S608 - constants
            " LEFT JOIN umt.breaker ON service = %s",
            (service,),
        )[0]
        return _breaker(row[1:]), row[0]

    def change(self, service: str, change: Change) -> tuple[Breaker, datetime]:
        """Change the breaker while nobody else does; what it is then, and the database's time."""
        with self._connection().transaction():
            self._rows("INSERT INTO umt.breaker (service) VALUES (%s) ON CONFLICT DO NOTHING RETURNING 1", (service,))
            before = _breaker(
                self._rows(
                    f"SELECT {_COLUMNS} FROM umt.breaker WHERE service = %s FOR UPDATE",  # noqa: S608 - constants
                    (service,),
                )[0]
            )
            now: datetime = self._rows("SELECT clock_timestamp()")[0][0]
            after = change(before, now)
            if after != before:
                self._write(service, before, after, now)
        return after, now

    def add(self, counts: Mapping[str, Counts]) -> None:
        """Add to the totals."""
        self._rows(
            "INSERT INTO umt.breaker AS known (service, answered, failed, refused)"
            " SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) ORDER BY 1"
            " ON CONFLICT (service) DO UPDATE SET touched_at = excluded.touched_at,"
            " answered = known.answered + excluded.answered, failed = known.failed + excluded.failed,"
            " refused = known.refused + excluded.refused RETURNING 1",
            (list(counts), *([each[i] for each in counts.values()] for i in range(3))),
        )

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None

    def _write(self, service: str, before: Breaker, after: Breaker, now: datetime) -> None:
        number = self._rows(
            "UPDATE umt.breaker SET state = %s, failures = %s, opened_at = %s, next_probe_at = %s, probe = %s,"
            " error_class = %s, reason = %s, changes = changes + %s, touched_at = %s WHERE service = %s RETURNING changes",
            (
                after.state,
                after.failures,
                after.opened_at,
                after.next_probe_at,
                after.probe,
                after.error_class,
                after.reason,
                int(after.state is not before.state),
                now,
                service,
            ),
        )[0][0]
        if after.state is not before.state:
            self._rows(
                "INSERT INTO umt.breaker_change VALUES (%s, %s, %s, %s, %s, %s) RETURNING 1",
                (service, number, now, before.state, after.state, after.reason),
            )
            self._rows(
                "DELETE FROM umt.breaker_change WHERE service = %s AND number <= %s RETURNING 1",
                (service, number - MOST_CHANGES),
            )

    def _rows(self, statement: Any, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self._connection().execute(statement, values).fetchall()

    def _connection(self) -> psycopg.Connection[Any]:
        if self._open is None or self._open.closed or self._open.broken:
            self._open = self._connect()
        return self._open


def _breaker(row: tuple[Any, ...]) -> Breaker:
    state, failures, opened_at, next_probe_at, probe, error_class, reason = row
    if state is None:  # the service was never called
        return Breaker()
    known = error_class and ErrorClass(error_class)
    return Breaker(State(state), failures, opened_at, next_probe_at, probe, known, reason)


def statuses(
    services: Sequence[str], breakers: Sequence[tuple[Any, ...]], changes: Sequence[tuple[Any, ...]]
) -> list[BreakerStatus]:
    """The breakers of the services, in this order, from rows of the functions ``umt.breakers`` and ``umt.breaker_changes``;
    closed ones for those that were never called."""
    rows = {service: known for service, *known in breakers}
    return [_status(service, rows.get(service), [row for row in changes if row[0] == service]) for service in services]


def _status(service: str, row: Sequence[Any] | None, changes: Sequence[tuple[Any, ...]]) -> BreakerStatus:
    state, failures, opened_at, next_probe_at, error_class, answered, failed, refused = row or _NEVER_CALLED
    return BreakerStatus(
        service=service,
        state=State(state),
        consecutive_failures=failures,
        opened_at=opened_at,
        next_probe_at=next_probe_at,
        last_error_class=error_class and ErrorClass(error_class),
        answered=answered,
        failed=failed,
        refused=refused,
        changes=tuple(StateChange(at, State(was), State(became), why) for _, at, was, became, why in changes),
    )
