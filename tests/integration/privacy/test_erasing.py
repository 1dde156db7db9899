"""Erasing a person: what goes, what stays, and what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.privacy.people import Owner, system_context, user

from umt.adapters.erasure_register import ErasureRegister
from umt.adapters.postgres import source
from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.adapters.postgres.erasure import ErasureRows
from umt.adapters.postgres.source import source_pool
from umt.application.commands.invitations import InviteMember
from umt.application.errors import Forbidden, Unavailable
from umt.application.identity.guessing import attempts_on
from umt.application.privacy.erasing import Erasing
from umt.bootstrap import System
from umt.domain.errors import NotFound, NotReady, WrongStatus
from umt.domain.personal import PLACEHOLDER, Personal
from umt.domain.user import User, rename
from umt.domain.values import unique_key
from umt.domain.workspace import Role, Workspace


@pytest.fixture
def zoe(wired: System) -> Owner:
    return Owner(wired)


@pytest.fixture
def rows(wired: System) -> Iterator[psycopg.Connection[Any]]:
    with connect(wired.url, OWNER) as connection:
        yield connection


def count(rows: psycopg.Connection[Any], query: str, *values: object) -> int:
    row = rows.execute(query.encode(), values).fetchone()
    assert row
    return int(row[0])


def test_an_erased_person_is_a_placeholder(wired: System, zoe: Owner) -> None:
    zoe.adds("kim@example.com")
    assert user(wired, zoe.workspace, zoe.user).name.text == zoe.name
    wired.erasing.erase(zoe.user, zoe.context)
    found = user(wired, zoe.workspace, zoe.user)
    assert (found.name.text, found.email.text, found.erased) == (PLACEHOLDER, PLACEHOLDER, True)


def test_a_person_leaves_no_row(wired: System, zoe: Owner, rows: psycopg.Connection[Any]) -> None:
    zoe.adds("lou@example.com")
    wired.erasing.erase(zoe.user, zoe.context)
    for query in (
        "SELECT count(*) FROM umt.subject_key WHERE subject = %s",
        "SELECT count(*) FROM umt.membership WHERE user_id = %s",
        "SELECT count(*) FROM umt.account WHERE id = %s",
        "SELECT count(*) FROM umt.command WHERE subject = %s AND actor <> 'user:' || subject",
        "SELECT count(*) FROM umt.command WHERE actor = 'user:' || %s",
    ):
        assert count(rows, query, zoe.user) == 0, query


def test_the_last_owner_has_to_find_another_one_first(wired: System, zoe: Owner) -> None:
    with pytest.raises(NotReady):
        wired.erasing.erase(zoe.user, zoe.context)
    assert user(wired, zoe.workspace, zoe.user).name.text == zoe.name


def test_erasing_again_changes_nothing(wired: System, zoe: Owner) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    first = wired.erasing.erase(kim, zoe.context)
    head = wired.source.head()
    again = wired.erasing.erase(kim, zoe.context)
    assert again.erasure.sequence == first.erasure.sequence
    assert again.outcome.events == 0
    assert wired.source.head() == head


def test_only_an_owner_erases(wired: System, zoe: Owner) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.ADMIN)
    admin = system_context(zoe.workspace).__class__(
        workspace=zoe.workspace, actor=zoe.context.actor, role=Role.ADMIN, principal=kim
    )
    with pytest.raises(Forbidden):
        wired.erasing.erase(kim, admin)


def test_another_workspaces_person_is_not_found(wired: System, zoe: Owner) -> None:
    other = Owner(wired)
    with pytest.raises(NotFound):
        wired.erasing.erase(other.user, zoe.context)
    assert user(wired, other.workspace, other.user).name.text == other.name


def test_nothing_is_decided_about_an_erased_person(wired: System, zoe: Owner) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    wired.erasing.erase(kim, zoe.context)
    with pytest.raises(WrongStatus):
        wired.writer.run(zoe.context, lambda tx: tx.decide(User, kim, rename, Personal("Kim", kim))).result()


def test_who_was_erased_gets_no_key_any_more(wired: System, zoe: Owner, rows: psycopg.Connection[Any]) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    wired.erasing.erase(kim, zoe.context)
    with pytest.raises(psycopg.DatabaseError, match="was erased") as refused:
        rows.execute(
            "INSERT INTO umt.subject_key (subject, workspace, sealed) VALUES (%s, %s, '')", (kim, zoe.workspace)
        )
    assert refused.value.sqlstate == "UM003"


def test_the_account_stays_while_it_is_a_member_elsewhere(
    wired: System, zoe: Owner, rows: psycopg.Connection[Any]
) -> None:
    other = Owner(wired)
    there = other.adds(zoe.email, Role.MARKETER)
    zoe.adds(f"{uuid4().hex}@example.com")
    wired.erasing.erase(zoe.user, zoe.context)
    assert count(rows, "SELECT count(*) FROM umt.account WHERE id = %s", zoe.user) == 1
    assert user(wired, other.workspace, there).email.text == zoe.email
    wired.erasing.erase(there, other.context)
    assert count(rows, "SELECT count(*) FROM umt.account WHERE id = %s", zoe.user) == 0


def test_open_invitations_of_the_address_go_with_the_person(
    wired: System, zoe: Owner, rows: psycopg.Connection[Any]
) -> None:
    email = f"{uuid4().hex}@example.com"
    invitation = InviteMember(email=email, role=Role.MARKETER, token_hash=uuid4().bytes)
    sent = wired.dispatcher.submit(invitation, zoe.context).result().subject
    kim = zoe.adds(email, Role.MARKETER)
    wired.erasing.erase(kim, zoe.context)
    assert count(rows, "SELECT count(*) FROM umt.invitation WHERE id = %s", sent) == 0
    assert not wired.people_at(email)


def test_a_person_is_found_by_address_wherever_they_were(wired: System, zoe: Owner) -> None:
    other = Owner(wired)
    there = other.adds(zoe.email, Role.MARKETER)
    invitation = InviteMember(email=zoe.email, role=Role.MARKETER, token_hash=uuid4().bytes)
    third = Owner(wired)
    wired.dispatcher.submit(invitation, third.context).result()
    found = dict(wired.people_at(zoe.email.upper()))
    assert found.keys() == {zoe.workspace, other.workspace, third.workspace}
    assert (found[zoe.workspace], found[other.workspace]) == (zoe.user, there)
    invited = found[third.workspace]
    wired.erasing.erase(invited, third.context)
    assert third.workspace not in dict(wired.people_at(zoe.email))


def test_a_member_goes_with_their_keys_from_the_workspace(wired: System, zoe: Owner) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    wired.erasing.erase(kim, zoe.context)
    home: Workspace = wired.writer.run(zoe.context, lambda tx: tx.get(Workspace, zoe.workspace)).result()
    assert home.member(kim) is None


def test_connections_that_are_lost_are_no_fault_of_an_erasure(wired: System, zoe: Owner, data_dir: Path) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    with psycopg.connect(EmbeddedPostgres(data_dir).administration_url, autocommit=True) as administrator:
        lost = administrator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = 'umt' AND backend_type = 'client backend'"
        )
        assert lost.rowcount > 3
    assert wired.erasing.erase(kim, zoe.context).erasure.subject == kim


def test_the_register_is_written_even_if_the_database_goes_away_after_the_commit(
    wired: System, zoe: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_PATIENCE_SECONDS", 0.2)
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    nobody = source_pool("postgresql://nobody@127.0.0.1:1/none", size=1)
    nobody.close()
    register = ErasureRegister(tmp_path / "erasures.jsonl")
    erasing = Erasing(wired.dispatcher, wired.writer, ErasureRows(nobody), register, lambda _: None)
    with pytest.raises(Unavailable):
        erasing.erase(kim, zoe.context)
    assert [(each.subject, each.workspace) for each in register.entries()] == [(kim, zoe.workspace)]
    assert user(wired, zoe.workspace, kim).erased
    assert wired.erasing.erase(kim, zoe.context).outcome.events == 0


def test_the_register_holds_who_was_erased(wired: System, zoe: Owner, settings: Any) -> None:
    kim: UUID = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    wired.erasing.erase(kim, zoe.context)
    register = settings.data_dir / "erasures.jsonl"
    assert str(kim) in register.read_text()
    assert register.stat().st_mode & 0o777 == 0o600


def test_guesses_at_the_persons_password_are_forgotten(
    wired: System, zoe: Owner, rows: psycopg.Connection[Any]
) -> None:
    other, fingerprint = Owner(wired), wired.writer._desk.vault.index
    zoe.adds(f"{uuid4().hex}@example.com")
    attempts = [attempts_on(fingerprint(unique_key(each.email)), fingerprint) for each in (zoe, other)]
    for subject in attempts:
        rows.execute("INSERT INTO umt.sign_in_attempt (subject, failures) VALUES (%s, 3)", (subject,))
    wired.erasing.erase(zoe.user, zoe.context)
    kept = "SELECT count(*) FROM umt.sign_in_attempt WHERE subject = %s"
    assert [count(rows, kept, subject) for subject in attempts] == [0, 1]


def test_no_snapshot_of_the_person_or_their_invitation_is_kept(
    wired: System, zoe: Owner, rows: psycopg.Connection[Any]
) -> None:
    email = f"{uuid4().hex}@example.com"
    invitation = InviteMember(email=email, role=Role.MARKETER, token_hash=uuid4().bytes)
    sent = wired.dispatcher.submit(invitation, zoe.context).result().subject
    kim = zoe.adds(email, Role.MARKETER)
    streams = {zoe.user: "user", kim: "user", sent: "invitation"}
    for stream, kind in streams.items():
        rows.execute(
            "INSERT INTO umt.snapshot (workspace, stream, fingerprint, version, kind, state) VALUES (%s, %s, '', 1, %s, '')",
            (zoe.workspace, stream, kind),
        )
    wired.erasing.erase(kim, zoe.context)
    kept = "SELECT count(*) FROM umt.snapshot WHERE stream = %s"
    assert {stream: count(rows, kept, stream) for stream in streams} == {zoe.user: 1, kim: 0, sent: 0}
