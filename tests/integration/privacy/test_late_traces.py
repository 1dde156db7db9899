"""What is on its way while a person is erased: none of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from tests.integration.api.client import Caller
from tests.integration.api.serving import serving
from tests.integration.identity.team import joined
from tests.integration.privacy.people import HASH, Owner, makes_brand, until

from umt.adapters.postgres.database import APP, OWNER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.adapters.postgres.security_events import PostgresSecurityLog
from umt.application.security_events import SecurityEvent, SecurityEventKind
from umt.bootstrap import System
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role
from umt.settings import Settings

ADDRESS = "203.0.113.9"
ERASE = "mutation($user: ID!) { eraseSubject(input: {user: $user}) { erasure { user } } }"


@pytest.fixture
def zoe(wired: System) -> Owner:
    return Owner(wired)


@pytest.fixture
def kim(zoe: Owner) -> UUID:
    return zoe.adds(f"{uuid4().hex}@example.com", Role.ADMIN)


@pytest.fixture
def rows(wired: System, data_dir: Path) -> Iterator[psycopg.Connection[Any]]:
    """As the administrator, who sees what everybody waits for."""
    with psycopg.connect(EmbeddedPostgres(data_dir).administration_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def log(wired: System) -> Iterator[PostgresSecurityLog]:
    made = PostgresSecurityLog(partial(connect, wired.url, APP), lambda text: f"{uuid4()}{text}".encode())
    yield made
    made.close()


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def failed(zoe: Owner, actor: str) -> SecurityEvent:
    return SecurityEvent(
        kind=SecurityEventKind.LOGIN_FAILED, workspace=zoe.workspace, actor=actor, address=ADDRESS, detail=uuid4().hex
    )


def addresses(rows: psycopg.Connection[Any], actor: str) -> list[str | None]:
    """Of each row of security events of the actor."""
    return [row[0] for row in rows.execute("SELECT address FROM umt.security_event WHERE actor = %s", (actor,))]


def waits(rows: psycopg.Connection[Any], function: str) -> bool:
    """Whether a statement that calls the function waits for a lock."""
    query = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    return rows.execute(query, (f"%umt.{function}(%",)).rowcount > 0


def erasing(zoe: Owner, kim: UUID, aside: ThreadPoolExecutor) -> Future[Any]:
    return aside.submit(zoe.wired.erasing.erase, kim, zoe.context)


def test_an_event_that_waits_to_be_written_is_written_without_the_address(
    zoe: Owner, kim: UUID, rows: psycopg.Connection[Any], log: PostgresSecurityLog
) -> None:
    log._writing.acquire()  # the process stands still
    log.record(failed(zoe, f"user:{kim}"))
    log.record(failed(zoe, f"user:{zoe.user}"))
    zoe.wired.erasing.erase(kim, zoe.context)
    until(lambda: (found := zoe.wired.erasures.of(kim)) and found.complete)
    log._writing.release()
    log.flush()
    assert addresses(rows, f"user:{kim}") == [None]
    assert addresses(rows, f"user:{zoe.user}") == [ADDRESS]


def test_an_erasure_waits_for_events_that_are_being_written(
    wired: System, zoe: Owner, kim: UUID, rows: psycopg.Connection[Any], aside: ThreadPoolExecutor
) -> None:
    with connect(wired.url, APP, autocommit=False) as noting:
        noting.execute(
            "SELECT umt.note_security_events(ARRAY[%s::uuid], ARRAY[%s::uuid], ARRAY['login_failed'], ARRAY[%s],"
            " ARRAY[%s], ARRAY[''], ARRAY[1::bigint], ARRAY[now()], ARRAY[now()])",
            (uuid4(), zoe.workspace, f"user:{kim}", ADDRESS),
        )
        done = erasing(zoe, kim, aside)
        until(lambda: waits(rows, "erase_subject"))
        noting.commit()
        done.result(timeout=30)
    assert addresses(rows, f"user:{kim}") == [None]


def test_events_that_come_while_somebody_is_erased_wait_for_it(
    wired: System,
    zoe: Owner,
    kim: UUID,
    rows: psycopg.Connection[Any],
    log: PostgresSecurityLog,
    aside: ThreadPoolExecutor,
) -> None:
    with connect(wired.url, OWNER, autocommit=False) as holding:
        holding.execute("SELECT FROM umt.account WHERE id = %s FOR UPDATE", (kim,))
        done = erasing(zoe, kim, aside)
        until(lambda: waits(rows, "erase_subject"))
        log.record(failed(zoe, f"user:{kim}"))
        until(lambda: waits(rows, "note_security_events"))
        holding.rollback()
        done.result(timeout=30)
    log.flush()
    assert addresses(rows, f"user:{kim}") == [None]


def test_who_is_erased_right_after_a_wrong_password_leaves_no_address(
    settings: Settings, wired: System, rows: psycopg.Connection[Any]
) -> None:
    with serving(settings) as (url, _):
        owner = Caller(url).registers()
        ann = joined(owner, "ANALYST")
        wrong = {"email": ann.email, "password": "not the right one"}
        assert [httpx.post(f"{url}/api/v1/auth/login", json=wrong).status_code for _ in range(3)] == [401] * 3
        owner.asks(ERASE, user=str(ann.user))
    # By the end of the process everything is written.
    noted = rows.execute(
        "SELECT address FROM umt.security_event WHERE actor = %s AND kind = 'login_failed'", (f"user:{ann.user}",)
    ).fetchall()
    assert noted
    assert set(noted) == {(None,)}


def opened(connection: psycopg.Connection[Any], workspace: UUID, person: UUID) -> object:
    """When the session expires; None if none was opened."""
    row = connection.execute(
        "SELECT umt.open_session(%s, %s, %s, %s, 'Firefox', %s, %s, %s)",
        (uuid4(), workspace, person, HASH, timedelta(days=1), uuid4().bytes, uuid4().bytes),
    ).fetchone()
    return row and row[0]


def sessions(rows: psycopg.Connection[Any], person: UUID) -> int:
    return rows.execute("SELECT FROM umt.session WHERE user_id = %s", (person,)).rowcount


def test_a_session_that_is_being_opened_goes_with_its_user(
    wired: System, zoe: Owner, kim: UUID, rows: psycopg.Connection[Any], aside: ThreadPoolExecutor
) -> None:
    with connect(wired.url, APP, autocommit=False) as signing_in:
        assert opened(signing_in, zoe.workspace, kim)
        done = erasing(zoe, kim, aside)
        until(lambda: waits(rows, "erase_subject"))
        signing_in.commit()
        done.result(timeout=30)
    assert sessions(rows, kim) == 0


def test_no_session_is_opened_while_its_user_is_erased(
    wired: System, zoe: Owner, kim: UUID, rows: psycopg.Connection[Any], aside: ThreadPoolExecutor
) -> None:
    with connect(wired.url, OWNER, autocommit=False) as holding, connect(wired.url, APP) as signing_in:
        holding.execute("SELECT FROM umt.subject_key WHERE subject = %s FOR UPDATE", (kim,))
        done = erasing(zoe, kim, aside)
        until(lambda: waits(rows, "erase_subject"))
        session = aside.submit(opened, signing_in, zoe.workspace, kim)
        until(lambda: waits(rows, "open_session"))
        holding.rollback()
        done.result(timeout=30)
        assert session.result(timeout=30) is None
    assert sessions(rows, kim) == 0


def test_what_is_left_all_the_same_goes_when_the_erasure_is_complete(
    wired: System, zoe: Owner, kim: UUID, rows: psycopg.Connection[Any]
) -> None:
    wired.erasing.erase(kim, zoe.context)
    until(lambda: (found := wired.erasures.of(kim)) and found.complete)
    rows.execute(
        "INSERT INTO umt.session (id, account, workspace, user_id, client, expires_at)"
        " VALUES (%(id)s, %(id)s, %(workspace)s, %(user)s, 'Firefox', now())",
        {"id": uuid4(), "workspace": zoe.workspace, "user": kim},
    )
    makes_brand(wired, zoe.workspace, Actor(ActorKind.USER, str(kim)))
    rows.execute("UPDATE umt.erasure SET completed_at = NULL WHERE subject = %s", (kim,))
    until(lambda: (found := wired.erasures.of(kim)) and found.complete)
    assert sessions(rows, kim) == 0
    assert rows.execute("SELECT FROM umt.command WHERE actor = %s", (f"user:{kim}",)).rowcount == 0
