"""API keys: what their holder may, cut to their scopes, until they expire, are revoked, or the holder goes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
import pytest
from tests.integration.api.client import Caller
from tests.integration.identity.team import api_key, brought_up_to_date, joined, service_account

from umt.adapters.postgres.database import OWNER, connect
from umt.application.permissions import PEOPLE_ONLY, ROLES
from umt.bootstrap import System
from umt.domain.workspace import Role


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


BRANDS = "{ brands(first: 20) { nodes { id } } }"
CAMPAIGN = {
    "name": "Spring",
    "objective": "SALES",
    "totalBudget": {"amount": "10", "currency": "EUR"},
    "schedule": {"startsOn": "2026-01-05", "endsOn": "2026-02-05"},
    "platforms": ["GOOGLE"],
}


def test_a_key_may_what_its_scopes_say_and_no_more(owner: Caller) -> None:
    program = api_key(owner, "brand:read", "brand:write")
    brand = program.brand()
    assert program.refused("createCampaign", {**CAMPAIGN, "brand": brand})["code"] == "FORBIDDEN"
    assert program.fails("{ campaigns(first: 20) { nodes { id } } }")["code"] == "FORBIDDEN"


def test_a_key_acts_as_itself_for_its_holder(owner: Caller, wired: System) -> None:
    program = api_key(owner, "brand:read", "brand:write", "workspace:read", "member:read", "history:read")
    brand = program.brand()
    assert program.asks("{ me { user { id name } permissions } }")["me"] == {
        "user": {"id": str(owner.user), "name": "Pat"},
        "permissions": ["workspace:read", "member:read", "history:read", "brand:read", "brand:write"],
    }
    history = program.asks(f'{{ history(subject: "{brand}", first: 20) {{ nodes {{ actorKind actorId }} }} }}')[
        "history"
    ]["nodes"]
    assert history == [{"actorKind": "API_KEY", "actorId": program.session["id"]}]


def test_a_service_account_works_by_its_key(owner: Caller) -> None:
    robot = service_account(owner, "Importer", "MARKETER")
    program = api_key(owner, "brand:write", "workspace:read", "member:read", holder=robot)
    program.brand()
    assert program.asks("{ me { role user { id name email } } }")["me"] == {
        "role": "MARKETER",
        "user": {"id": robot, "name": "Importer", "email": ""},
    }
    owner.mutates("changeMemberRole", {"user": robot, "role": "ANALYST"})
    assert program.refused("createBrand", {"name": "X", "industry": {"name": "Y"}})["code"] == "FORBIDDEN"
    owner.mutates("removeMember", {"user": robot})
    assert program.fails("{ me { role } }")["code"] == "UNAUTHENTICATED"


def test_who_made_a_key_is_told(owner: Caller, wired: System) -> None:
    ann = joined(owner, "ADMIN")
    robot = service_account(ann, "Importer", "MARKETER")
    given = {"name": "Key", "scopes": ["brand:read"], "holder": robot}
    made = ann.mutates("createApiKey", given, "apiKey { id holder madeBy }")["apiKey"]
    assert made == {"id": made["id"], "holder": robot, "madeBy": str(ann.user)}
    brought_up_to_date(wired)
    assert owner.asks("{ apiKeys(first: 20) { nodes { id holder madeBy } } }") == {"apiKeys": {"nodes": [made]}}


def test_a_key_of_a_service_account_ends_with_the_member_who_made_it(owner: Caller) -> None:
    ann = joined(owner, "ADMIN")
    robot = service_account(ann, "Importer", "MARKETER")
    of_ann, of_owner = (api_key(who, "brand:read", holder=robot) for who in (ann, owner))
    of_ann.asks(BRANDS)
    owner.mutates("removeMember", {"user": str(ann.user)})
    assert of_ann.fails(BRANDS)["code"] == "UNAUTHENTICATED"
    of_owner.asks(BRANDS)
    told = owner.asks("query($k: ID!) { history(subject: $k, first: 20) { nodes { text } } }", k=of_ann.session["id"])
    assert told["history"]["nodes"][-1]["text"] == "Revoked the API key, because: its maker is no member any more"


def test_a_key_of_a_service_account_ends_when_the_member_who_made_it_is_erased(owner: Caller) -> None:
    ann = joined(owner, "ADMIN")
    robot = service_account(ann, "Importer", "MARKETER")
    program = api_key(ann, "brand:read", holder=robot)
    owner.asks("mutation($u: ID!) { eraseSubject(input: {user: $u}) { position } }", u=str(ann.user))
    assert program.fails(BRANDS)["code"] == "UNAUTHENTICATED"
    told = owner.asks("query($k: ID!) { history(subject: $k, first: 20) { nodes { text } } }", k=program.session["id"])
    assert told["history"]["nodes"][-1]["text"] == "Revoked the API key, because: its maker was erased"


def test_a_key_whose_maker_left_opens_nothing_even_if_its_row_is_there_still(owner: Caller, wired: System) -> None:
    ann = joined(owner, "ADMIN")
    program = api_key(ann, "brand:read", holder=service_account(ann, "Importer", "MARKETER"))
    with connect(wired.url, OWNER) as connection:
        connection.execute("DELETE FROM umt.membership WHERE user_id = %s", (ann.user,))
    assert program.fails(BRANDS)["code"] == "UNAUTHENTICATED"


def test_nobody_makes_a_key_for_another_person(owner: Caller, url: str) -> None:
    ann, stranger = joined(owner, "ADMIN"), Caller(url).registers()
    given = {"name": "Key", "scopes": ["brand:read"]}
    assert owner.refused("createApiKey", {**given, "holder": str(ann.user)})["field"] == "holder"
    assert owner.refused("createApiKey", {**given, "holder": str(stranger.user)})["code"] == "NOT_FOUND"


@pytest.mark.parametrize("scope", ["brand:rename", "BRAND_READ", "", *sorted(PEOPLE_ONLY), "agent:work"])
def test_a_scope_that_no_key_may_have_is_refused_with_those_that_it_may(owner: Caller, scope: str) -> None:
    refusal = owner.refused("createApiKey", {"name": "Key", "scopes": ["brand:read", scope]})
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", "scopes")
    listed = refusal["message"].partition("can give: ")[2].split(", ")
    assert set(listed) == {p for p, roles in ROLES.items() if Role.OWNER in roles} - PEOPLE_ONLY


def test_a_key_manages_no_keys_and_no_members(owner: Caller) -> None:
    everything = sorted({p.value for p, roles in ROLES.items() if Role.OWNER in roles} - PEOPLE_ONLY)
    program = api_key(owner, *everything)
    tries = {
        "createApiKey": {"name": "Key", "scopes": ["brand:read"]},
        "revokeApiKey": {"key": program.session["id"]},
        "inviteMember": {"email": "x@example.com", "role": "ANALYST"},
        "removeMember": {"user": str(owner.user)},
        "setApprovalLimits": {"limits": []},
    }
    assert {program.refused(name, given)["code"] for name, given in tries.items()} == {"FORBIDDEN"}


def test_a_revoked_key_opens_nothing_any_more(owner: Caller) -> None:
    program = api_key(owner, "brand:read")
    program.asks(BRANDS)
    for repeated in range(2):
        told = owner.mutates("revokeApiKey", {"key": program.session["id"], "reason": "leaked"}, "apiKey { revoked }")
        assert told["apiKey"]["revoked"], repeated
    assert program.fails(BRANDS)["code"] == "UNAUTHENTICATED"


def test_an_expired_key_opens_nothing_any_more(owner: Caller, wired: System) -> None:
    program = api_key(owner, "brand:read")
    with connect(wired.url, OWNER) as connection:
        connection.execute(
            "UPDATE umt.api_key SET expires_at = clock_timestamp() WHERE id = %s", (UUID(program.session["id"]),)
        )
    assert program.fails(BRANDS)["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("days", [0, 367])
def test_a_key_lasts_a_year_at_most(owner: Caller, days: int) -> None:
    given = {"name": "Key", "scopes": ["brand:read"], "expiresInDays": days}
    assert owner.refused("createApiKey", given)["field"] == "expiresInDays"


@pytest.mark.parametrize("key", ["umtk_", "umtk_" + "A" * 43, "umtk_\u00e9", "umtk_" + "x" * 5000])
def test_what_is_no_key_is_none(url: str, key: str) -> None:
    headers = [(b"Authorization", b"Bearer " + key.encode())]
    answer = httpx.post(f"{url}/graphql", json={"query": BRANDS}, headers=headers).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


def test_a_repeated_creation_does_not_show_the_key_again(owner: Caller) -> None:
    given = {"name": "Key", "scopes": ["brand:read"]}
    first, again = (owner.mutates("createApiKey", given, "key repeated apiKey { id }", key="once") for _ in range(2))
    assert first["key"].startswith("umtk_")
    assert again == {"key": None, "repeated": True, "apiKey": first["apiKey"]}


def test_a_use_is_noted_to_the_hour_and_told_to_auditors(owner: Caller, wired: System) -> None:
    program = api_key(owner, "brand:read")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: program.asks(BRANDS), range(16)))
    deadline = time.monotonic() + 20
    while True:
        brought_up_to_date(wired)
        (key,) = owner.asks("{ apiKeys(first: 20) { nodes { prefix lastUsedAt scopes holder version } } }")["apiKeys"][
            "nodes"
        ]
        if key["lastUsedAt"] or time.monotonic() > deadline:
            break
    assert key["prefix"] == program.session["key"][:8]
    assert key["lastUsedAt"][14:19] == "00:00"
    assert (key["scopes"], key["holder"], key["version"]) == (["brand:read"], str(owner.user), 2)
    while time.monotonic() < deadline:
        noted = owner.asks("{ securityEvents(filter: {kind: API_KEY_USED}, first: 20) { nodes { actor count } } }")[
            "securityEvents"
        ]["nodes"]
        if noted:
            break
        time.sleep(0.1)
    assert noted == [{"actor": f"api_key:{program.session['id']}", "count": 1}]


def test_only_the_keys_hash_is_kept(owner: Caller, wired: System) -> None:
    key = api_key(owner, "brand:read").session["key"]
    brought_up_to_date(wired)
    with connect(wired.url, OWNER) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('umt', 'projection')"
        ).fetchall()
        for (table,) in tables:
            query = f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY(%s)"
            found = connection.execute(query.encode(), ([f"%{key[8:]}%", f"%{key[8:].encode().hex()}%"],)).fetchone()
            assert found == (0,), table
