"""Security events: noted once a minute with a count, written soon, kept while the database is away, read by auditors."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.api.client import Caller

from umt.adapters.postgres.database import APP, OWNER, WORKER, connect
from umt.adapters.postgres.security_events import PostgresSecurityLog
from umt.application.security_events import SecurityEvent, SecurityEventKind, Wanted
from umt.application.transaction import Context, Transaction
from umt.bootstrap import System, security_events
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role
from umt.settings import Settings

UMT = [sys.executable, "-m", "umt.cli.main"]
EVENTS = """query($kind: SecurityEventKind, $actor: String, $since: DateTime, $until: DateTime, $first: Int! = 20, $after: String) {
  securityEvents(filter: {kind: $kind, actor: $actor, firstAt: {since: $since, until: $until}}, first: $first, after: $after) {
    nodes { kind actor address detail count firstAt lastAt } pageInfo { hasNextPage endCursor } } }"""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fingerprint() -> Callable[[str], bytes]:
    """Keyed anew, so that no test adds to another's rows."""
    key = uuid4().bytes
    return lambda text: hashlib.sha256(key + text.encode()).digest()


@pytest.fixture
def log(wired: System, clock: Clock, fingerprint: Callable[[str], bytes]) -> Iterator[PostgresSecurityLog]:
    made = PostgresSecurityLog(partial(connect, wired.url, APP), fingerprint, now=clock)
    yield made
    made.close()


def refused(workspace: UUID | None, **more: Any) -> SecurityEvent:
    return SecurityEvent(
        kind=SecurityEventKind.ACCESS_REFUSED, workspace=workspace, **{"actor": "user:a", "address": "192.0.2.1"} | more
    )


def rows(wired: System, workspace: UUID) -> list[Any]:
    with connect(wired.url, WORKER) as connection:
        return connection.execute(
            "SELECT kind, actor, address, detail, count, first_at, last_at FROM umt.security_event"
            " WHERE workspace = %s ORDER BY first_at, detail",
            (workspace,),
        ).fetchall()


def test_alike_events_of_a_minute_are_one_row(wired: System, log: PostgresSecurityLog, clock: Clock) -> None:
    workspace, first = uuid4(), clock.now
    for _ in range(3):
        log.record(refused(workspace))
    log.flush()
    clock.now += timedelta(seconds=20)
    log.record(refused(workspace))
    log.record(refused(workspace, detail="brand:write"))
    log.flush()
    clock.now += timedelta(seconds=40)
    log.record(refused(workspace))
    log.flush()
    kind, who, where = "access_refused", "user:a", "192.0.2.1"
    assert rows(wired, workspace) == [
        (kind, who, where, "", 4, first, first + timedelta(seconds=20)),
        (kind, who, where, "brand:write", 1, first + timedelta(seconds=20), first + timedelta(seconds=20)),
        (kind, who, where, "", 1, clock.now, clock.now),
    ]


def test_processes_add_to_one_row(
    wired: System, log: PostgresSecurityLog, clock: Clock, fingerprint: Callable[[str], bytes]
) -> None:
    workspace = uuid4()
    other = PostgresSecurityLog(partial(connect, wired.url, APP), fingerprint, now=clock)
    for each in (log, other):
        each.record(refused(workspace))
    other.close()
    log.flush()
    assert [row[4] for row in rows(wired, workspace)] == [2]


def test_they_are_written_without_being_asked_and_at_the_end(
    wired: System, log: PostgresSecurityLog, clock: Clock
) -> None:
    workspace = uuid4()
    log.record(refused(workspace))
    deadline = time.monotonic() + 20
    while not rows(wired, workspace):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    clock.now += timedelta(minutes=1)
    log.record(refused(workspace))
    log.close()
    assert len(rows(wired, workspace)) == 2


def test_while_the_database_is_away_they_wait(wired: System, clock: Clock, fingerprint: Callable[[str], bytes]) -> None:
    workspace, away = uuid4(), True

    def connecting() -> psycopg.Connection[Any]:
        return connect("postgresql://127.0.0.1:1/nowhere" if away else wired.url, APP)

    log = PostgresSecurityLog(connecting, fingerprint, now=clock)
    log.record(refused(workspace))
    with pytest.raises(psycopg.OperationalError):
        log.flush()
    log.record(refused(workspace))
    away = False
    log.close()
    assert [row[4] for row in rows(wired, workspace)] == [2]


def test_a_connection_that_is_lost_is_made_anew(wired: System, log: PostgresSecurityLog) -> None:
    workspace = uuid4()
    log.record(refused(workspace))
    log.flush()
    assert log._connection
    with psycopg.connect(wired.url) as administrator:
        administrator.execute("SELECT pg_terminate_backend(%s)", (log._connection.info.backend_pid,))
    log.record(refused(workspace, detail="again"))
    deadline = time.monotonic() + 20
    while len(rows(wired, workspace)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_does_not_fit_is_counted(
    wired: System, clock: Clock, fingerprint: Callable[[str], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    workspace = uuid4()
    clock.now += timedelta(days=1)
    log = PostgresSecurityLog(partial(connect, wired.url, APP), fingerprint, most_waiting=5, now=clock)
    with log._writing:  # nothing is written meanwhile
        for number in range(12):
            log.record(refused(workspace, detail=str(number)))
    log.close()
    assert len(rows(wired, workspace)) == 5
    with connect(wired.url, WORKER) as connection:
        dropped = connection.execute(
            "SELECT count FROM umt.security_event WHERE kind = 'events_dropped' AND first_at = %s", (clock.now,)
        ).fetchall()
    assert dropped == [(7,)]
    assert "7 security events came faster" in caplog.text


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 5000, "ä\n'; DROP TABLE umt.security_event; --"])
def test_any_text_can_be_noted(wired: System, log: PostgresSecurityLog, text: str) -> None:
    workspace = uuid4()
    log.record(refused(workspace, detail=text))
    log.flush()
    (row,) = rows(wired, workspace)
    assert len(row[3]) <= 200


@pytest.mark.parametrize("role", [APP, WORKER])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO umt.security_event (id, kind, detail, count, first_at, last_at)"
        " VALUES (gen_random_uuid(), 'login_failed', '', 1, now(), now())",
        "UPDATE umt.security_event SET count = 1",
        "TRUNCATE umt.security_event",
    ],
)
def test_nobody_writes_past_the_function_or_changes_what_was_noted(wired: System, role: str, statement: str) -> None:
    with connect(wired.url, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_application_removes_nothing_and_the_worker_notes_nothing(wired: System) -> None:
    with connect(wired.url, APP) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM umt.security_event")
    with connect(wired.url, WORKER) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT umt.note_security_events('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')")


def test_the_application_sees_those_of_its_workspace_only(wired: System, log: PostgresSecurityLog) -> None:
    ours, theirs = uuid4(), uuid4()
    for workspace in (ours, theirs, None):
        log.record(refused(workspace))
    log.flush()
    with connect(wired.url, APP, autocommit=False) as connection:
        assert connection.execute("SELECT count(*) FROM umt.security_event").fetchone() == (0,)
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(ours),))
        assert connection.execute("SELECT DISTINCT workspace FROM umt.security_event").fetchall() == [(ours,)]


def test_the_log_has_an_owner_that_bypasses_nothing(wired: System) -> None:
    with connect(wired.url, OWNER) as connection:
        row = connection.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'umt.security_event'::regclass"
        ).fetchone()
    assert row == (True, True)


# Over HTTP


def becomes(wired: System, caller: Caller, role: Role) -> None:
    def change(tx: Transaction) -> None:
        tx.put_member(caller.user, role)

    context = Context(workspace=caller.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    wired.writer.run(context, change).result()


def test_an_auditor_sees_what_was_refused(wired: System, caller: Caller, stranger: Caller) -> None:
    becomes(wired, caller, Role.AUDITOR)
    for _ in range(2):
        caller.refused("createBrand", {"name": "x", "industry": {"name": "Outdoor"}})
    wired.security_log.flush()
    (seen,) = caller.asks(EVENTS, kind="ACCESS_REFUSED")["securityEvents"]["nodes"]
    assert (seen["actor"], seen["detail"], seen["count"]) == (f"user:{caller.user}", "brand:write", 2)
    assert stranger.asks(EVENTS, kind="ACCESS_REFUSED")["securityEvents"]["nodes"] == []
    becomes(wired, caller, Role.ANALYST)
    assert caller.fails(EVENTS)["code"] == "FORBIDDEN"


def test_they_come_in_pages_newest_first_and_by_what_is_asked(wired: System, caller: Caller) -> None:
    log = PostgresSecurityLog(partial(connect, wired.url, APP), lambda text: uuid4().bytes, now=(clock := Clock()))
    began = clock.now
    for number in range(5):
        log.record(refused(caller.workspace, detail=str(number), actor=f"user:{number % 2}"))
        clock.now += timedelta(minutes=1)
    log.close()
    seen, after = [], None
    while True:
        page = caller.asks(EVENTS, first=2, after=after, kind="ACCESS_REFUSED")["securityEvents"]
        seen += [node["detail"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["4", "3", "2", "1", "0"]

    def details(**asked: Any) -> list[str]:
        found = caller.asks(EVENTS, kind="ACCESS_REFUSED", **asked)["securityEvents"]["nodes"]
        return [node["detail"] for node in found]

    assert details(actor="user:1") == ["3", "1"]
    since, until = ((began + timedelta(minutes=m)).isoformat() for m in (1, 3))
    assert details(since=since, until=until) == ["2", "1"]


@pytest.mark.parametrize("actor", ["\0", "user", "user:' OR true", "user:" + "x" * 200])
def test_an_actor_that_is_none_is_refused(caller: Caller, actor: str) -> None:
    assert caller.fails(EVENTS, actor=actor)["code"] == "BAD_USER_INPUT"


def test_a_wrong_token_is_noted_for_the_operator_alone(
    wired: System, settings: Settings, caller: Caller, nobody: Caller
) -> None:
    def noted() -> int:
        wired.security_log.flush()
        found = security_events(settings, Wanted(kind=SecurityEventKind.CREDENTIAL_REFUSED), 1000)
        assert not any("nonsense" in each.detail for each in found)
        return sum(each.count for each in found if (each.workspace, each.actor, each.address) == _NOBODYS)

    before = noted()
    nobody.http.headers["Authorization"] = "Bearer nonsense"
    nobody.fails("{ me { role } }")
    assert noted() == before + 1
    assert caller.asks(EVENTS, kind="CREDENTIAL_REFUSED")["securityEvents"]["nodes"] == []


_NOBODYS = (None, None, "127.0.0.1")


def test_the_operator_sees_all_of_them(wired: System, settings: Settings, log: PostgresSecurityLog) -> None:
    workspace = uuid4()
    log.record(refused(workspace, actor=f"user:{workspace}"))
    log.flush()
    told = subprocess.run(
        [*UMT, "security", "events", "--json", "--hours=0", f"--actor=user:{workspace}"],
        env={**os.environ, "UMT_DATA_DIR": str(settings.data_dir)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (event,) = json.loads(told.stdout)
    assert (event["workspace"], event["kind"], event["count"]) == (str(workspace), "access_refused", 1)
