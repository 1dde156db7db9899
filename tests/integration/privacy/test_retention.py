"""What is past its time is deleted and reported, and nothing else is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.privacy.people import Owner, until

from umt.adapters.postgres import retention
from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.retention import Retention
from umt.application.commands.brand import CreateBrand
from umt.application.commands.invitations import InviteMember
from umt.application.errors import Unavailable
from umt.application.privacy.register import RegisterError
from umt.application.privacy.retention import CLASSES, RetentionError, policy
from umt.bootstrap import System, Workers, system
from umt.domain.brand import Industry
from umt.domain.workspace import Role
from umt.settings import Settings


@pytest.fixture
def zoe(wired: System) -> Owner:
    return Owner(wired)


@pytest.fixture
def rows(wired: System) -> Iterator[psycopg.Connection[Any]]:
    with connect(wired.url, OWNER) as connection:
        yield connection


def one(rows: psycopg.Connection[Any], query: str, *values: object) -> Any:
    row = rows.execute(query.encode(), values).fetchone()
    return row and row[0]


def test_a_result_is_kept_for_30_days(wired: System, zoe: Owner, rows: psycopg.Connection[Any]) -> None:
    for name in ("old", "young"):
        wired.dispatcher.submit(CreateBrand(name=name, industry=Industry("Trade")), zoe.context).result()
    newest = "SELECT command_id FROM umt.command WHERE workspace = %s ORDER BY last_position DESC LIMIT 1"
    kept = one(rows, newest, zoe.workspace)
    rows.execute(
        "UPDATE umt.command SET recorded_at = now() - CASE WHEN command_id = %s THEN interval '29 days'"
        " ELSE interval '31 days' END WHERE workspace = %s",
        (kept, zoe.workspace),
    )
    wired.retention.carry_out()
    assert rows.execute("SELECT command_id FROM umt.command WHERE workspace = %s", (zoe.workspace,)).fetchall() == [
        (kept,)
    ]


def test_an_ended_session_goes_with_its_tokens(wired: System, zoe: Owner, rows: psycopg.Connection[Any]) -> None:
    ages = {"ended": (31, -1), "expired": (None, 31), "open": (None, -1), "lately": (29, -1)}
    for client, (ended, expired) in ages.items():
        session = uuid4()
        rows.execute(
            "INSERT INTO umt.session (id, account, workspace, user_id, client, expires_at, ended_at)"
            " VALUES (%s, %s, %s, %s, %s, now() - %s::interval, now() - %s::interval)",
            (
                session,
                zoe.user,
                zoe.workspace,
                zoe.user,
                client,
                timedelta(days=expired),
                None if ended is None else timedelta(days=ended),
            ),
        )
        rows.execute(
            "INSERT INTO umt.refresh_token (hash, session, workspace) VALUES (%s, %s, %s)",
            (uuid4().bytes, session, zoe.workspace),
        )
    wired.retention.carry_out()
    kept = rows.execute("SELECT client FROM umt.session WHERE workspace = %s ORDER BY 1", (zoe.workspace,)).fetchall()
    assert kept == [("lately",), ("open",)]
    assert one(rows, "SELECT count(*) FROM umt.refresh_token WHERE workspace = %s", zoe.workspace) == 2


def test_who_was_invited_and_never_came_is_erased(wired: System, zoe: Owner, rows: psycopg.Connection[Any]) -> None:
    addresses = [f"{uuid4().hex}@example.com" for _ in range(2)]
    sent = [
        wired.dispatcher.submit(InviteMember(email=email, role=Role.ANALYST, token_hash=uuid4().bytes), zoe.context)
        .result()
        .subject
        for email in addresses
    ]
    rows.execute("UPDATE umt.invitation SET expires_at = now() - interval '31 days' WHERE id = %s", (sent[0],))
    assert [len(wired.people_at(email)) for email in addresses] == [1, 1]
    runs = {run.name: run.deleted for run in wired.retention.carry_out()}
    assert runs["invitations"] == 1
    assert [len(wired.people_at(email)) for email in addresses] == [0, 1]
    assert one(rows, "SELECT count(*) FROM umt.invitation WHERE id = ANY(%s)", sent) == 1


def test_a_run_reports_each_class(wired: System, rows: psycopg.Connection[Any]) -> None:
    rows.execute(
        "INSERT INTO umt.sign_in_attempt (subject, failures, last_at) VALUES (%s, 1, now() - interval '2 days')",
        (uuid4().bytes,),
    )
    due = {each.name: each.due for each in wired.retention.standing()}
    assert due["sign_in_attempts"] == 1
    runs = {run.name: run for run in wired.retention.carry_out()}
    assert runs.keys() == CLASSES.keys()
    assert (runs["sign_in_attempts"].deleted, runs["sign_in_attempts"].days) == (1, 1)
    standing = {each.name: each for each in wired.retention.standing()}
    assert all(each.due == 0 for each in standing.values())
    assert standing["sign_in_attempts"].last == runs["sign_in_attempts"]


def test_two_at_once_do_it_once(wired: System, rows: psycopg.Connection[Any]) -> None:
    with rows.transaction():
        rows.execute("SELECT pg_advisory_lock(7311, 10)")
        assert wired.retention.carry_out() == []
        rows.execute("SELECT pg_advisory_unlock(7311, 10)")
    assert wired.retention.carry_out()


def attempt_of_old(rows: psycopg.Connection[Any]) -> bytes:
    """Past its time; the answer is its subject."""
    subject = uuid4().bytes
    rows.execute(
        "INSERT INTO umt.sign_in_attempt (subject, failures, last_at) VALUES (%s, 1, now() - interval '2 days')",
        (subject,),
    )
    return subject


def attempts(rows: psycopg.Connection[Any], subject: bytes) -> int:
    return rows.execute("SELECT FROM umt.sign_in_attempt WHERE subject = %s", (subject,)).rowcount


def test_a_class_that_fails_keeps_no_other_from_its_turn(
    wired: System, zoe: Owner, rows: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    invitation = InviteMember(email=f"{uuid4().hex}@example.com", role=Role.ANALYST, token_hash=uuid4().bytes)
    sent = wired.dispatcher.submit(invitation, zoe.context).result().subject
    rows.execute("UPDATE umt.invitation SET expires_at = now() - interval '31 days' WHERE id = %s", (sent,))
    attempt = attempt_of_old(rows)

    def refuse(workspace: UUID, invitation: UUID) -> None:
        raise RegisterError("The register of erasures is read-only.")

    failing = Retention(wired.as_worker, policy({}), refuse)
    assert CLASSES.keys() - {run.name for run in failing.carry_out()} == {"invitations"}
    assert "invitations past their time could not be deleted: RegisterError: The register" in caplog.text
    assert one(rows, "SELECT count(*) FROM umt.invitation WHERE id = %s", sent) == 1
    assert attempts(rows, attempt) == 0
    assert {run.name: run.deleted for run in wired.retention.carry_out()}["invitations"] == 1


def test_the_policy_is_carried_out_again_after_any_failure(
    wired: System, rows: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "EVERY_SECONDS", 0.05)
    failures = [Unavailable("The database cannot be reached."), psycopg.OperationalError("it is gone"), KeyError("x")]

    def connected() -> psycopg.Connection[Any]:
        if failures:
            raise failures.pop()
        return wired.as_worker()

    attempt, stop = attempt_of_old(rows), threading.Event()
    work = Retention(connected, policy({}), lambda *_: None)
    thread = threading.Thread(target=work.run, args=(stop,))
    thread.start()
    try:
        until(lambda: not attempts(rows, attempt))
    finally:
        stop.set()
        thread.join(timeout=30)
    assert not failures


def test_work_that_fails_is_begun_again(wired: System, caplog: pytest.LogCaptureFixture) -> None:
    begun = list[threading.Event]()

    class Failing(Retention):
        def run(self, stop: threading.Event) -> None:
            begun.append(stop)
            if len(begun) < 3:
                raise KeyError("what nobody thought of")
            stop.wait()

    failing = Failing(wired.as_worker, policy({}), lambda *_: None)
    workers = Workers(replace(wired, retention=failing), projections=False, jobs=False)
    workers.start()
    try:
        until(lambda: len(begun) == 3)
    finally:
        workers.stop()
    assert "retention stopped: KeyError: 'what nobody thought of'; trying again" in caplog.text


@pytest.mark.parametrize(
    ("days", "said"), [({"sesions": 3}, "'sesions', which is no class"), ({"sessions": 0}, "keeps sessions for 0 days")]
)
def test_a_policy_that_cannot_be_followed_is_refused_at_the_start(
    settings: Settings, days: dict[str, int], said: str
) -> None:
    with pytest.raises(RetentionError, match=said), system(settings.model_copy(update={"retention_days": days})):
        pass


def test_the_setting_counts(settings: Settings) -> None:
    with system(settings.model_copy(update={"retention_days": {"sessions": 3}})) as wired:
        assert {each.name: each.days for each in wired.retention.standing()}["sessions"] == 3


def test_a_job_goes_once_it_is_over_and_only_then(wired: System, rows: psycopg.Connection[Any]) -> None:
    statuses = [row[0] for row in rows.execute("SELECT unnest(enum_range(NULL::jobs.procrastinate_job_status))::text")]
    over = {"succeeded", "failed", "cancelled", "aborted"}
    assert over < set(statuses)
    age = timedelta(days=CLASSES["jobs"].days)
    for name, at in (("old", age + timedelta(days=1)), ("young", age - timedelta(days=1))):
        for status in statuses:
            job = one(
                rows,
                "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
                " VALUES ('nobody', %s, %s::jobs.procrastinate_job_status, now() - %s::interval) RETURNING id",
                name,
                status,
                at,
            )
            rows.execute("UPDATE jobs.procrastinate_events SET at = now() - %s::interval WHERE job_id = %s", (at, job))
    wired.retention.carry_out()
    kept = "DELETE FROM jobs.procrastinate_jobs WHERE queue_name = 'nobody' RETURNING task_name, status::text"
    assert set(rows.execute(kept)) == {("young", s) for s in statuses} | {("old", s) for s in statuses if s not in over}
