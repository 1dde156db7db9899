"""Sessions: tokens that are refreshed, races and thefts told apart, signing out here and everywhere."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from psycopg import Connection
from tests.integration.api.serving import listening
from tests.integration.identity.visitor import PASSWORD, Visitor, code, noted

from umt.adapters.postgres.database import APP, OWNER, connect, reading_pool
from umt.adapters.postgres.sessions import PostgresSessions
from umt.api.app import create_app
from umt.bootstrap import System, system
from umt.bootstrap.services import services_of

SESSIONS = "{ sessions { id client workspace current createdAt usedAt expiresAt } }"


def test_signing_in_answers_tokens_and_workspaces(ada: Visitor) -> None:
    registered = ada.session
    answer = ada.logs_in()
    assert answer.status_code == 200
    assert ada.session["workspaces"] == [{"id": registered["workspace"], "name": "Alpina", "role": "owner"}]
    assert {ada.session[name] for name in ("user", "workspace", "role")} == {
        registered["user"],
        registered["workspace"],
        "owner",
    }
    assert ada.session["refreshToken"].startswith("umtr_")
    assert ada.session["csrfToken"] is None
    assert not answer.headers.get_list("set-cookie")
    assert ada.is_in()
    assert ada.is_in(registered["token"])


def test_graphql_does_the_same(ada: Visitor) -> None:
    wanted = "token refreshToken expiresAt refreshExpiresAt workspaces { workspace name role } position"
    given = {"email": ada.email, "password": PASSWORD}
    query = f"mutation($input: LoginInput!) {{ login(input: $input) {{ {wanted} }} }}"
    session = ada.asks(query, variables={"input": given})["data"]["login"]
    assert session["workspaces"] == [{"workspace": ada.session["workspace"], "name": "Alpina", "role": "OWNER"}]
    again = ada.asks(
        f"mutation($input: RefreshInput!) {{ refresh(input: $input) {{ {wanted} }} }}",
        variables={"input": {"refreshToken": session["refreshToken"]}},
    )["data"]["refresh"]
    assert again["refreshExpiresAt"] == session["refreshExpiresAt"]
    assert ada.is_in(again["token"])
    out = ada.asks("mutation { logout(input: {}) { sessions } }", token=again["token"])
    assert out["data"]["logout"] == {"sessions": 1}
    assert not ada.is_in(again["token"])
    assert ada.is_in()


def test_a_refresh_token_gives_the_next_pair_once(wired: System, ada: Visitor) -> None:
    first = ada.session
    assert ada.refreshes().status_code == 200
    second = ada.session
    assert second["refreshToken"] != first["refreshToken"]
    assert second["refreshExpiresAt"] == first["refreshExpiresAt"]
    assert ada.is_in()
    stolen = ada.refreshes(first["refreshToken"])
    assert (stolen.status_code, code(stolen)) == (401, "UNAUTHENTICATED")
    assert not ada.is_in(second["token"]), "the family ends with the first reuse"
    assert ada.refreshes(second["refreshToken"]).status_code == 401
    assert noted(wired, ada.workspace, "refresh_reused") == 1


@pytest.mark.parametrize("burst", [2, 50])
async def test_of_many_at_once_one_wins_and_the_session_goes_on(wired: System, ada: Visitor, burst: int) -> None:
    token = ada.session["refreshToken"]
    answers = await _at_once(wired, ada, token, burst)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * (burst - 1)
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    ada.session = won
    assert ada.is_in()
    assert ada.refreshes().status_code == 200, "the winner goes on"
    assert ada.refreshes(token).status_code == 401
    assert not ada.is_in(), "a use after the race is a reuse"
    assert noted(wired, ada.workspace, "refresh_reused") == 1


async def test_one_is_used_in_two_processes_at_the_same_moment(wired: System, ada: Visitor) -> None:
    """Each asks while the other one's transaction is open, so neither waited before it came to the database."""
    token = hashlib.sha256(ada.session["refreshToken"].encode()).digest()
    async with reading_pool(wired.url, APP, size=2) as pool:
        stores = [PostgresSessions(pool) for _ in range(2)]
        with connect(wired.url, OWNER) as owner, connect(wired.url, OWNER) as watch, owner.transaction():
            _hold(owner, ada)
            asked = [
                asyncio.create_task(store.refresh(token, b"fresh %d" % number, lambda: 0.0))
                for number, store in enumerate(stores)
            ]
            await _until(lambda: _waiting(watch) == 2)
        outcomes = sorted([(await each).outcome for each in asked])
    assert outcomes == ["raced", "refreshed"]
    assert ada.is_in()


async def test_two_processes_make_one_race_too(wired: System, ada: Visitor) -> None:
    """The database decides by when a request arrived at its process, however long it waited there."""
    token = hashlib.sha256(ada.session["refreshToken"].encode()).digest()
    assert ada.refreshes().status_code == 200
    async with reading_pool(wired.url, APP, size=1) as pool:
        other = PostgresSessions(pool)
        assert (await other.refresh(token, b"fresh 1", lambda: 30.0)).outcome == "raced"
        assert ada.is_in()
        assert (await other.refresh(token, b"fresh 2", lambda: 0.0)).outcome == "reused"
        assert not ada.is_in()


async def test_two_servers_on_one_database_make_one_race(wired: System, ada: Visitor, url: str) -> None:
    with system(wired.settings) as second, listening(create_app(services_of(second, {}))) as other_url:
        urls = [url, other_url]
        async with httpx.AsyncClient(timeout=60) as http:

            async def refreshed(at: str, token: str) -> httpx.Response:
                return await http.post(f"{at}/api/v1/auth/refresh", json={"refreshToken": token})

            assert {(await refreshed(at, "")).status_code for at in urls} == {401}  # connections are open from now on
            for _ in range(20):
                used = ada.session["refreshToken"]
                answers = await asyncio.gather(*(refreshed(at, used) for at in urls * 2))
                assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
                (ada.session,) = (answer.json() for answer in answers if answer.is_success)
                assert ada.is_in(), "the session goes on"
            assert noted(wired, ada.workspace, "refresh_reused", at_least=0) == 0
            assert (await refreshed(other_url, used)).status_code == 401
            assert not ada.is_in(), "a later use, at whatever server, is a reuse"


async def test_whoever_has_seen_the_answer_is_past_the_race(wired: System, ada: Visitor) -> None:
    """At once, in another process: the answer is held until a use of the old token is a reuse."""
    token = hashlib.sha256(ada.session["refreshToken"].encode()).digest()
    async with reading_pool(wired.url, APP, size=1) as pool:
        store = PostgresSessions(pool)
        assert ada.refreshes().status_code == 200
        assert (await store.refresh(token, b"fresh", lambda: 0.0)).outcome == "reused"
    assert not ada.is_in()


async def test_a_use_a_moment_later_in_another_process_is_of_the_race(wired: System, ada: Visitor) -> None:
    token = hashlib.sha256(ada.session["refreshToken"].encode()).digest()
    async with reading_pool(wired.url, APP, size=1) as pool:
        store = PostgresSessions(pool)
        assert (await store.refresh(token, b"winner", lambda: 0.0)).outcome == "refreshed"
        assert (await store.refresh(token, b"loser", lambda: 0.0)).outcome == "raced"
        assert ada.is_in()


async def test_a_use_that_is_long_in_being_committed_is_of_the_race(wired: System, ada: Visitor) -> None:
    """Nobody has seen its answer, however long ago the token was used."""
    token = hashlib.sha256(ada.session["refreshToken"].encode()).digest()
    async with reading_pool(wired.url, APP, size=1) as pool:
        with connect(wired.url, APP) as winner, connect(wired.url, OWNER) as watch:
            with winner.transaction():
                winner.execute("SELECT umt.refresh_session(%s, 'slow winner', '0')", (token,))
                winner.execute("SELECT pg_sleep(0.3)")
                asked = asyncio.create_task(PostgresSessions(pool).refresh(token, b"late loser", lambda: 0.0))
                await _until(lambda: _waiting(watch) == 1)
            assert (await asked).outcome == "raced"
    assert ada.is_in()


async def test_a_flood_of_an_old_token_does_not_hide_its_reuse(wired: System, ada: Visitor) -> None:
    """A thief who keeps requests on does not keep a race on."""
    token = ada.session["refreshToken"]
    async with httpx.AsyncClient(base_url=ada.http.base_url, timeout=60) as http:

        async def floods() -> None:
            while ada.is_in():
                await asyncio.gather(
                    *(http.post("/api/v1/auth/refresh", json={"refreshToken": token}) for _ in range(5))
                )

        await asyncio.wait_for(asyncio.gather(*(floods() for _ in range(4))), 60)
    assert noted(wired, ada.workspace, "refresh_reused") == 1


@pytest.mark.parametrize("token", ["umtr_" + "x" * 43, "nonsense", "", "é", "x" * 20_000])
def test_what_is_no_refresh_token_is_refused(ada: Visitor, token: str) -> None:
    answer = ada.posts("refresh", refreshToken=token)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert ada.posts("refresh").status_code == 401


def test_a_session_ends_absolutely(wired: System, ada: Visitor) -> None:
    with connect(wired.url, OWNER) as owner:
        owner.execute("UPDATE umt.session SET expires_at = now() WHERE workspace = %s", (ada.workspace,))
    assert not ada.is_in()
    assert ada.refreshes().status_code == 401
    assert ada.logs_in().status_code == 200
    assert ada.is_in()


def test_logging_out_ends_this_session_only(wired: System, ada: Visitor) -> None:
    with ada.elsewhere() as phone:
        phone.logs_in()
        out = ada.posts("logout", {"Authorization": f"Bearer {ada.session['token']}"})
        assert out.json() == {"sessions": 1}
        assert not ada.is_in()
        assert ada.refreshes().status_code == 401
        assert phone.is_in()
    assert noted(wired, ada.workspace, "logged_out") == 1


def test_logging_out_everywhere_ends_all(ada: Visitor) -> None:
    with ada.elsewhere() as phone:
        phone.logs_in()
        out = ada.posts("logout", {"Authorization": f"Bearer {ada.session['token']}"}, everywhere=True)
        assert out.json() == {"sessions": 2}
        assert not ada.is_in()
        assert not phone.is_in()
        assert phone.refreshes().status_code == 401


def test_a_refresh_token_logs_out_when_the_access_token_is_gone(ada: Visitor) -> None:
    out = ada.posts("logout", {"Authorization": "Bearer expired.or.so"}, refreshToken=ada.session["refreshToken"])
    assert out.json() == {"sessions": 1}
    assert not ada.is_in()
    assert ada.posts("logout", refreshToken=ada.session["refreshToken"]).status_code == 401
    assert ada.posts("logout").status_code == 401


def test_a_person_sees_and_ends_their_sessions(ada: Visitor, url: str) -> None:
    with ada.elsewhere() as phone, Visitor(url) as stranger:
        phone.http.headers["User-Agent"] = "Phone/1.0 " + "x" * 500
        phone.logs_in()
        stranger.registers()
        seen = ada.asks(SESSIONS)["data"]["sessions"]
        assert [each["current"] for each in seen] == [False, True]
        assert seen[0]["client"].startswith("Phone/1.0 x")
        assert len(seen[0]["client"]) == 200
        end = "mutation($id: ID!) { endSession(input: {session: $id}) { sessions } }"
        for foreign in (str(uuid4()), stranger.asks(SESSIONS)["data"]["sessions"][0]["id"]):
            refused = ada.asks(end, variables={"id": foreign})["errors"][0]["extensions"]
            assert refused["code"] == "NOT_FOUND"
        assert ada.asks(end, variables={"id": seen[0]["id"]})["data"]["endSession"] == {"sessions": 1}
        assert not phone.is_in()
        assert ada.is_in()
        assert stranger.is_in()
        assert len(ada.asks(SESSIONS)["data"]["sessions"]) == 1


def test_registering_again_with_the_key_signs_in_again(ada: Visitor, url: str) -> None:
    with Visitor(url) as eva:
        assert eva.registers(idempotencyKey="mine").status_code == 201
        first = eva.session
        assert eva.registers(idempotencyKey="mine").status_code == 201
        assert {eva.session[name] == first[name] for name in ("user", "workspace", "position")} == {True}
        assert eva.session["token"] != first["token"]
        assert code(eva.registers(idempotencyKey="mine", timeZone="Europe/Vienna")) == "CONFLICT"
        eva.password = "another password"
        assert code(eva.registers(idempotencyKey="mine")) == "UNAUTHENTICATED"


def test_the_key_does_not_open_once_the_password_has_changed(url: str) -> None:
    with Visitor(url) as eva:
        eva.registers(idempotencyKey="mine")
        bearer = {"Authorization": f"Bearer {eva.session['token']}"}
        assert eva.posts("password", bearer, current=PASSWORD, new="a wholly new one").status_code == 200
        assert code(eva.registers(idempotencyKey="mine")) == "UNAUTHENTICATED"


def test_who_knows_the_key_cannot_work_out_ids_of_an_address(url: str) -> None:
    """The ids come of a keyed hash: they are no name-based ids (RFC 9562 version 3 or 5) that anybody could compute."""
    with Visitor(url) as eva:
        eva.registers(idempotencyKey="known")
        assert {UUID(eva.session[name]).version for name in ("user", "workspace")} == {8}


def test_a_member_of_two_workspaces_chooses(wired: System, ada: Visitor, url: str) -> None:
    with Visitor(url) as eva:
        eva.registers()
        guest = uuid4()
        with connect(wired.url, OWNER) as owner:
            owner.execute(
                "INSERT INTO umt.membership (workspace, user_id, role, account) VALUES (%s, %s, 'analyst', %s)",
                (eva.workspace, guest, ada.session["user"]),
            )
        home = ada.session["workspace"]
        ada.logs_in()
        assert ada.session["workspace"] == home, "without a choice the one that they registered in"
        assert [each["role"] for each in ada.session["workspaces"]] == ["owner", "analyst"]
        assert ada.logs_in(workspace=str(eva.workspace)).status_code == 200
        assert (ada.session["user"], ada.session["role"]) == (str(guest), "analyst")
        assert code(ada.logs_in(workspace=str(uuid4()))) == "UNAUTHENTICATED"
        out = ada.posts("logout", {"Authorization": f"Bearer {ada.session['token']}"}, everywhere=True)
        assert out.json()["sessions"] == 3


async def test_who_is_removed_is_out_at_once(wired: System, ada: Visitor) -> None:
    with connect(wired.url, OWNER) as owner:
        owner.execute("DELETE FROM umt.membership WHERE workspace = %s", (ada.workspace,))
    assert not ada.is_in()
    assert ada.refreshes().status_code == 401
    assert ada.logs_in().status_code == 401


def test_nothing_of_a_token_is_kept_in_plain(wired: System, ada: Visitor) -> None:
    secrets = [ada.session["refreshToken"], ada.session["token"]]
    with connect(wired.url, OWNER) as owner:
        for table in ("session", "refresh_token", "security_event", "account", "sign_in_place", "sign_in_attempt"):
            rows = owner.execute(f"SELECT t::text FROM umt.{table} t").fetchall()
            text = "\n".join(row[0] for row in rows)
            assert not [secret for secret in secrets if secret in text or secret.encode().hex() in text]
            assert ada.email not in text
            assert "198.51" not in text or table == "security_event"


async def _at_once(wired: System, visitor: Visitor, token: str, number: int) -> list[httpx.Response]:
    """The answers to requests that all came before the first was answered."""
    limits = httpx.Limits(max_connections=number)
    races = wired.identity._races._on
    async with httpx.AsyncClient(base_url=visitor.http.base_url, timeout=60, limits=limits) as http:
        with connect(wired.url, OWNER) as owner, owner.transaction():
            _hold(owner, visitor)
            calls = [
                asyncio.create_task(http.post("/api/v1/auth/refresh", json={"refreshToken": token}))
                for _ in range(number)
            ]
            await _until(lambda: sum(race.runners for race in list(races.values())) == number)
        return list(await asyncio.gather(*calls))


def _hold(owner: Connection[Any], visitor: Visitor) -> None:
    """Keep the visitor's session locked until the transaction ends."""
    owner.execute("SELECT FROM umt.session WHERE workspace = %s FOR UPDATE", (visitor.workspace,))


def _waiting(watch: Connection[Any]) -> int:
    """How many connections wait for a lock."""
    row = watch.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted").fetchone()
    assert row
    return int(row[0])


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  what is waited for is in another process
            await asyncio.sleep(0.01)
