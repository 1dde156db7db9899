"""Passwords: changed by who knows the present one, brought along with bcrypt, never in plain."""

from __future__ import annotations

from uuid import UUID

import bcrypt
import pytest
from tests.integration.identity.visitor import PASSWORD, Visitor, code, noted

from umt.adapters.postgres.database import APP, OWNER, connect, reading_pool
from umt.adapters.postgres.sessions import PostgresSessions
from umt.bootstrap import System

NEW = "a wholly new password"


def hash_of(wired: System, visitor: Visitor) -> str:
    with connect(wired.url, OWNER) as owner:
        row = owner.execute(
            "SELECT password_hash FROM umt.account WHERE id = %s", (visitor.session["user"],)
        ).fetchone()
    assert row
    return str(row[0])


def test_changing_it_ends_all_sessions_but_a_fresh_one(wired: System, ada: Visitor) -> None:
    before = ada.session
    with ada.elsewhere() as phone:
        phone.logs_in()
        answer = ada.posts("password", {"Authorization": f"Bearer {before['token']}"}, current=PASSWORD, new=NEW)
        assert answer.status_code == 200
        ada.session = answer.json()
        assert ada.is_in()
        assert not ada.is_in(before["token"])
        assert not phone.is_in()
        assert phone.refreshes().status_code == 401
    assert ada.session["position"]
    assert ada.logs_in().status_code == 401
    ada.password = NEW
    assert ada.logs_in().status_code == 200
    assert noted(wired, ada.workspace, "password_changed") == 1
    query = f'{{ history(subject: "{ada.session["user"]}", first: 20) {{ nodes {{ eventType }} }} }}'
    events = [node["eventType"] for node in ada.asks(query)["data"]["history"]["nodes"]]
    assert events == ["user.registered", "user.password_set", "user.password_set"]


def test_graphql_changes_it_too(ada: Visitor) -> None:
    change = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { token refreshToken } }"
    answer = ada.asks(change, variables={"input": {"current": PASSWORD, "new": NEW}})["data"]["changePassword"]
    assert not ada.is_in()
    assert ada.is_in(answer["token"])


@pytest.mark.parametrize("new", ["short", "password123", "x" * 201])
def test_a_new_one_that_will_not_do_is_refused(ada: Visitor, new: str) -> None:
    answer = ada.posts("password", {"Authorization": f"Bearer {ada.session['token']}"}, current=PASSWORD, new=new)
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")
    assert new not in answer.text
    assert ada.is_in()


def test_the_present_one_is_needed(ada: Visitor) -> None:
    bearer = {"Authorization": f"Bearer {ada.session['token']}"}
    assert ada.posts("password", bearer, current="wrong", new=NEW).status_code == 401
    assert ada.posts("password", current=PASSWORD, new=NEW).status_code == 401
    assert ada.is_in()


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_one_of_bcrypt_is_verified_once_and_then_of_argon2id(wired: System, ada: Visitor, prefix: str) -> None:
    made = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    with connect(wired.url, OWNER) as owner:
        hashed = prefix + made[4:]
        owner.execute("UPDATE umt.account SET password_hash = %s WHERE id = %s", (hashed, ada.session["user"]))
    assert ada.logs_in(password="wrong").status_code == 401
    assert hash_of(wired, ada) == hashed
    assert ada.logs_in().status_code == 200
    assert ada.is_in()
    assert hash_of(wired, ada).startswith("$argon2id$")
    assert ada.logs_in().status_code == 200
    assert ada.logs_in(password="wrong").status_code == 401


async def test_a_hash_is_given_to_its_own_workspace_only(wired: System, ada: Visitor, url: str) -> None:
    member = UUID(ada.session["user"])
    with Visitor(url) as stranger, connect(wired.url, APP, autocommit=False) as app:
        stranger.registers()
        for workspace, rows in ((ada.workspace, 1), (stranger.workspace, 0), ("", 0)):
            app.execute("SELECT set_config('umt.workspace', %s, true)", (str(workspace),))
            assert len(app.execute("SELECT * FROM umt.own_account(%s)", (member,)).fetchall()) == rows
        async with reading_pool(wired.url, APP, size=1) as pool:
            store = PostgresSessions(pool)
            assert await store.own_account(stranger.workspace, member) is None
            own = await store.own_account(ada.workspace, member)
            assert own
            assert own.password_hash == hash_of(wired, ada)


def test_a_session_is_not_opened_with_a_password_of_before(wired: System, ada: Visitor) -> None:
    """Its hash is compared again as the session is made, so a change at that moment is not overtaken."""
    with connect(wired.url, OWNER) as owner:
        session = "SELECT umt.open_session(gen_random_uuid(), %s, %s, %s, 'x', '1 day', 'r', 'p')"
        whose = (ada.session["workspace"], ada.session["user"])
        assert owner.execute(session, (*whose, "$argon2id$another")).fetchone() == (None,)
        row = owner.execute(session, (*whose, hash_of(wired, ada))).fetchone()
        assert row
        assert row[0] is not None
