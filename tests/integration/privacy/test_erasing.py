"""Erasing a person: what goes, what stays, and what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.privacy.people import Owner, system_context, user

from umt.adapters.postgres.database import OWNER, connect
from umt.application.commands.invitations import InviteMember
from umt.application.errors import Forbidden
from umt.bootstrap import System
from umt.domain.errors import NotFound, NotReady, WrongStatus
from umt.domain.personal import PLACEHOLDER, Personal
from umt.domain.user import User, rename
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


def test_the_register_holds_who_was_erased(wired: System, zoe: Owner, settings: Any) -> None:
    kim: UUID = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    wired.erasing.erase(kim, zoe.context)
    register = settings.data_dir / "erasures.jsonl"
    assert str(kim) in register.read_text()
    assert register.stat().st_mode & 0o777 == 0o600
