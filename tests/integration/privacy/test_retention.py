"""What is past its time is deleted and reported, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.integration.privacy.people import Owner

from umt.adapters.postgres.database import OWNER, connect
from umt.application.commands.brand import CreateBrand
from umt.application.commands.invitations import InviteMember
from umt.application.privacy.retention import CLASSES, RetentionError
from umt.bootstrap import System, system
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
    wired.retention.carry_out()
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
        rows.execute("SELECT pg_advisory_lock(7311, 7)")
        assert wired.retention.carry_out() == []
        rows.execute("SELECT pg_advisory_unlock(7311, 7)")
    assert wired.retention.carry_out()


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
