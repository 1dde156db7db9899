"""Invitations: a token that makes its bearer a member, once, for a while, and as long as the inviter may give the role."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.identity.team import accepts, brought_up_to_date, invited, joined, signs_in

from umt.adapters.postgres.database import OWNER, connect
from umt.application.commands.invitations import AcceptInvitation
from umt.application.transaction import Context
from umt.bootstrap import System, system
from umt.domain.errors import DomainError
from umt.domain.recorded import Actor, ActorKind


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


@pytest.fixture
def nell(url: str) -> Caller:
    """Somebody without an account."""
    return Caller(url)


def refusal(url: str, token: str, **given: Any) -> dict[str, Any]:
    acceptance = {"token": token, "password": PASSWORD, "name": "Nell", **given}
    return Caller(url).refused("acceptInvitation", acceptance)


def test_an_invited_person_makes_an_account_and_works(owner: Caller, nell: Caller, url: str) -> None:
    accepts(nell, invited(owner, nell.email, "MARKETER"))
    assert (nell.workspace, nell.session["role"]) == (owner.workspace, "MARKETER")
    assert nell.asks("{ me { user { name email } } }") == {"me": {"user": {"name": "Nell", "email": nell.email}}}
    nell.brand()
    assert signs_in(url, nell.email.upper()).json()["workspace"] == str(owner.workspace)


def test_the_rest_side_accepts_too(owner: Caller, nell: Caller, url: str) -> None:
    given = {"token": invited(owner, nell.email, "ANALYST"), "password": PASSWORD, "name": "Nell"}
    made = httpx.post(f"{url}/api/v1/auth/invitations/accept", json=given)
    assert made.status_code == 201
    assert (made.json()["workspace"], made.json()["role"]) == (str(owner.workspace), "analyst")
    again = httpx.post(f"{url}/api/v1/auth/invitations/accept", json=given)
    assert (again.status_code, again.json()["code"]) == (404, "NOT_FOUND")


def test_who_has_an_account_accepts_with_its_password(owner: Caller, url: str) -> None:
    pat = Caller(url).registers()
    token = invited(owner, pat.email, "ANALYST")
    assert refusal(url, token, password="not the right one")["code"] == "UNAUTHENTICATED"
    accepts(Caller(url), token)
    workspaces = signs_in(url, pat.email).json()["workspaces"]
    assert {w["id"]: w["role"] for w in workspaces} == {str(pat.workspace): "owner", str(owner.workspace): "analyst"}


def test_a_new_account_needs_a_name_and_a_password_that_will_do(owner: Caller, nell: Caller, url: str) -> None:
    token = invited(owner, nell.email, "ANALYST")
    assert "give a name" in refusal(url, token, name=None)["message"]
    assert refusal(url, token, password="short")["code"] == "BAD_USER_INPUT"
    accepts(nell, token)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": None, "password": "a guess of mine"}, "UNAUTHENTICATED"),
        ({"name": None, "password": "short"}, "UNAUTHENTICATED"),
        ({"name": "Nell", "password": "short"}, "BAD_USER_INPUT"),
        ({"name": " ", "password": "a guess of mine"}, "BAD_USER_INPUT"),
        ({"name": "", "password": "a guess of mine"}, "BAD_USER_INPUT"),
        ({"name": "x" * 5000, "password": "a guess of mine"}, "BAD_USER_INPUT"),
    ],
)
def test_an_inviter_is_not_told_whether_an_address_has_an_account(
    owner: Caller, nell: Caller, url: str, given: dict[str, Any], told: str
) -> None:
    """Not by what makes no account."""
    pat = Caller(url).registers()
    tokens = [invited(owner, email, "ANALYST") for email in (pat.email, nell.email)]
    known, unknown = (refusal(url, token, **given) for token in tokens)
    assert known == unknown
    assert known["code"] == told


def test_why_a_token_opens_nothing_is_told_to_nobody(owner: Caller, nell: Caller, url: str, wired: System) -> None:
    used = invited(owner, nell.email, "ANALYST")
    accepts(nell, used)
    wanted = "token invitation { id }"
    expired, revoked = (
        owner.mutates("inviteMember", {"email": f"{kind}-{nell.email}", "role": "ANALYST"}, wanted)
        for kind in ("expired", "revoked")
    )
    owner.mutates("revokeInvitation", {"invitation": revoked["invitation"]["id"]})
    with connect(wired.url, OWNER) as connection:
        connection.execute(
            "UPDATE umt.invitation SET expires_at = now() WHERE id = %s", (UUID(expired["invitation"]["id"]),)
        )
    tokens = [used, expired["token"], revoked["token"], f"{used}x", "umti_" + "A" * 43, "", "\u00e4" * 5000]
    told = [refusal(url, token, password=PASSWORD) for token in tokens]
    assert {(each["code"], each["message"]) for each in told} == {("NOT_FOUND", told[0]["message"])}


def test_one_of_many_acceptances_at_once_wins(owner: Caller, nell: Caller, url: str) -> None:
    token = invited(owner, nell.email, "ANALYST")

    def accept(_: int) -> int:
        given = {"token": token, "password": PASSWORD, "name": "Nell"}
        return httpx.post(f"{url}/api/v1/auth/invitations/accept", json=given, timeout=30).status_code

    with ThreadPoolExecutor(5) as threads:
        answers = sorted(threads.map(accept, range(5)))
    assert answers[0] == 201
    assert set(answers[1:]) <= {404, 409}
    assert len(owner.asks("{ workspace { members { role } } }")["workspace"]["members"]) == 2


def test_of_two_processes_that_accept_one_wins(owner: Caller, wired: System) -> None:
    with system(wired.settings) as other:
        for turn in range(5):
            email = f"{turn}-{uuid4()}@example.com"
            given = {"email": email, "role": "ANALYST"}
            made = owner.mutates("inviteMember", given, "invitation { id userId }")["invitation"]
            command = AcceptInvitation(
                invitation=UUID(made["id"]), name="Nell", account=None, password_hash=SecretStr("hash")
            )
            context = Context(workspace=owner.workspace, actor=Actor(ActorKind.SYSTEM, "invitation"))
            tried = [process.writer.run(context, command.handle) for process in (wired, other)]
            refused = [future.exception() for future in tried]
            assert sorted(isinstance(error, DomainError) for error in refused) == [False, True], refused
            members = owner.asks("{ workspace { members { user { id } } } }")["workspace"]["members"]
            assert [m["user"]["id"] for m in members].count(made["userId"]) == 1


def test_an_acceptance_that_is_repeated_signs_in_again(owner: Caller, nell: Caller, url: str) -> None:
    given = {"token": invited(owner, nell.email, "ANALYST"), "password": PASSWORD, "name": "Nell"}
    first, again = (nell.mutates("acceptInvitation", given, "token user position", key="once") for _ in range(2))
    assert (first["user"], first["position"]) == (again["user"], again["position"])
    assert first["token"] != again["token"]
    assert nell.refused("acceptInvitation", {**given, "name": "Other"}, key="once")["code"] == "CONFLICT"
    assert nell.refused("acceptInvitation", {**given, "password": "some other one"}, key="once")["code"] == (
        "UNAUTHENTICATED"
    )
    ann = Caller(url)
    accepted = {**given, "token": invited(owner, ann.email, "ANALYST")}
    assert ann.mutates("acceptInvitation", accepted, "user", key="once")["user"] != first["user"]


def test_an_address_is_invited_once_at_a_time_and_not_when_it_is_a_member(owner: Caller, nell: Caller) -> None:
    invitation = {"email": nell.email, "role": "ANALYST"}
    first = owner.mutates("inviteMember", invitation, "token invitation { id status email }")
    assert first["invitation"]["email"] == nell.email
    refused = owner.refused("inviteMember", {**invitation, "email": nell.email.upper()})
    assert (refused["domainCode"], nell.email in refused["message"]) == ("ALREADY_EXISTS", False)
    owner.mutates("revokeInvitation", {"invitation": first["invitation"]["id"]})
    accepts(nell, invited(owner, nell.email, "ANALYST"))
    assert owner.refused("inviteMember", invitation)["domainCode"] == "ALREADY_EXISTS"


def test_a_repeated_invitation_does_not_show_its_token_again(owner: Caller, nell: Caller) -> None:
    given = {"email": nell.email, "role": "ANALYST"}
    first, again = (
        owner.mutates("inviteMember", given, "token repeated invitation { id }", key="once") for _ in range(2)
    )
    assert first["token"].startswith("umti_")
    assert again == {"token": None, "repeated": True, "invitation": first["invitation"]}


@pytest.mark.parametrize("days", [0, 31])
def test_an_invitation_lasts_a_month_at_most(owner: Caller, days: int) -> None:
    given = {"email": "x@example.com", "role": "ANALYST", "expiresInDays": days}
    assert owner.refused("inviteMember", given)["field"] == "expiresInDays"


def test_an_invitation_is_worth_what_its_sender_is_worth(owner: Caller, nell: Caller, url: str) -> None:
    ann, bob = joined(owner, "ADMIN"), joined(owner, "ADMIN")
    of_ann, of_bob = invited(ann, nell.email, "ADMIN"), invited(bob, f"x{nell.email}", "ANALYST")
    owner.mutates("removeMember", {"user": str(ann.user)})
    owner.mutates("changeMemberRole", {"user": str(bob.user), "role": "ANALYST"})
    assert {refusal(url, token)["code"] for token in (of_ann, of_bob)} == {"NOT_FOUND"}


def test_invitations_are_listed_with_their_addresses(owner: Caller, nell: Caller, wired: System) -> None:
    accepts(nell, invited(owner, nell.email, "MARKETER"))
    invited(owner, f"x{nell.email}", "ANALYST")
    brought_up_to_date(wired)
    listed = owner.asks("{ invitations(first: 20) { nodes { email role status invitedBy userId } } }")["invitations"][
        "nodes"
    ]
    assert [(each["email"], each["role"], each["status"]) for each in listed] == [
        (f"x{nell.email}", "ANALYST", "OPEN"),
        (nell.email, "MARKETER", "ACCEPTED"),
    ]
    assert {each["invitedBy"] for each in listed} == {str(owner.user)}
    assert listed[1]["userId"] == str(nell.user)
    (only_open,) = owner.asks("{ invitations(filter: {statuses: [OPEN]}, first: 20) { nodes { status } } }")[
        "invitations"
    ]["nodes"]
    assert only_open == {"status": "OPEN"}


def test_neither_token_nor_address_is_anywhere_in_plain(owner: Caller, nell: Caller, wired: System) -> None:
    token = invited(owner, nell.email, "ANALYST")
    brought_up_to_date(wired)
    with connect(wired.url, OWNER) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname IN ('umt', 'projection', 'jobs', 'public')"
        ).fetchall()
        for (table,) in tables:
            found = connection.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY(%s)".encode(),
                ([f"%{text}%" for plain in (token, nell.email) for text in (plain, plain.encode().hex())],),
            ).fetchone()
            assert found == (0,), table
