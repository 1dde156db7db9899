"""Who may do and see what: without a token nothing, with a role its own, of other workspaces never anything."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.inputs import EVERY, Ids

from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role

QUERIES = {
    "me": "{ me { role } }",
    "workspace": "{ workspace { name } }",
    "brands": "{ brands { nodes { id } } }",
    "contents": "{ contents { nodes { id } } }",
    "campaigns": "{ campaigns { nodes { id } } }",
    "integrations": "{ integrations { nodes { id } } }",
    "dashboard": "{ dashboard { spend } }",
    "decisions": "{ decisions { nodes { run } } }",
    "agentRuns": "{ agentRuns { nodes { id } } }",
    "agentActivity": "{ agentActivity { idle } }",
    "projections": "{ projections { name } }",
    "verifyReadModels": "{ verifyReadModels { holds } }",
    "clock": "{ clock { now } }",
}
OF_A_THING = {
    "brand": "query($id: UUID!) { brand(id: $id) { name } }",
    "content": "query($id: UUID!) { content(id: $id) { status } }",
    "campaign": "query($id: UUID!) { campaign(id: $id) { name } }",
    "campaign then": "query($id: UUID!) { campaign(id: $id, asOf: {version: 1}) { name } }",
    "integration": "query($id: UUID!) { integration(id: $id) { account } }",
    "template": "query($id: UUID!) { template(id: $id) { name } }",
}


@pytest.fixture
def ids(caller: Caller) -> Ids:
    brand = caller.brand()
    template = caller.makes("createTemplate", "template", EVERY["createTemplate"]({}))
    integration = caller.makes("connectIntegration", "integration", EVERY["connectIntegration"]({}))
    ours = {"brand": brand, "template": template, "integration": integration, "user": str(caller.user)}
    return {**ours, "content": caller.content(brand), "campaign": caller.campaign(brand), "adSet": str(uuid4())}


@pytest.mark.parametrize("name", [*QUERIES, *OF_A_THING])
def test_without_a_token_nothing_is_answered(nobody: Caller, name: str) -> None:
    query, variables = (QUERIES[name], {}) if name in QUERIES else (OF_A_THING[name], {"id": str(uuid4())})
    assert nobody.fails(query, **variables)["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("token", ["Bearer nonsense", "Bearer", "Basic abc", "Bearer \x7f", "bearer " + "x" * 4000])
def test_a_wrong_token_is_no_token(nobody: Caller, token: str) -> None:
    nobody.http.headers["Authorization"] = token
    assert nobody.fails("{ me { role } }")["code"] == "UNAUTHENTICATED"


def test_without_a_token_nothing_is_done(nobody: Caller, ids: Ids) -> None:
    assert {nobody.refused(name, given(ids))["code"] for name, given in EVERY.items()} == {"UNAUTHENTICATED"}


def test_an_analyst_reads_and_does_nothing(caller: Caller, wired: System, ids: Ids) -> None:
    def demote(tx: Transaction) -> None:
        tx.put_member(caller.user, Role.ANALYST)

    wired.writer.run(Context(workspace=caller.workspace, actor=Actor(ActorKind.SYSTEM, "test")), demote).result()
    assert caller.asks("{ me { role } }") == {"me": {"role": "ANALYST"}}
    assert {caller.refused(name, given(ids))["code"] for name, given in EVERY.items()} == {"FORBIDDEN"}


def test_things_of_another_workspace_are_not_found(stranger: Caller, ids: Ids) -> None:
    named = [name for name, given in EVERY.items() if given(dict.fromkeys(ids, "")) != given(ids)]
    assert len(named) == len(EVERY) - 3
    assert {stranger.refused(name, EVERY[name](ids))["code"] for name in named} == {"NOT_FOUND"}
    for name, query in OF_A_THING.items():
        assert stranger.fails(query, id=ids[name.split()[0]])["code"] == "NOT_FOUND"


def test_nothing_of_another_workspace_is_listed(caller: Caller, stranger: Caller, ids: Ids) -> None:
    position = caller.mutates("recordPerformance", EVERY["recordPerformance"](ids))["position"]
    lists = ["brands", "contents", "campaigns", "integrations", "agentRuns", "decisions"]
    query = " ".join(f"{name}(atLeast: $p) {{ nodes {{ __typename }} }}" for name in lists)
    seen = stranger.asks(
        f"query($p: String) {{ {query} dashboard(atLeast: $p) {{ spend }} workspace {{ eventCount }} }}", p=position
    )
    assert [seen[name]["nodes"] for name in lists] == [[]] * len(lists)
    assert seen["dashboard"] == []
    for subject in ids.values():
        assert stranger.asks("query($i: UUID!) { history(subject: $i) { nodes { text } } }", i=subject) == {
            "history": {"nodes": []}
        }
        found = stranger.asks(
            "query($i: UUID!) { contents(brand: $i) { nodes { id } } decisions(subject: $i) { nodes { run } } }",
            i=subject,
        )
        assert found == {"contents": {"nodes": []}, "decisions": {"nodes": []}}


def test_a_wrong_password_and_a_wrong_address_are_told_apart_by_nobody(caller: Caller, nobody: Caller) -> None:
    wrong_password = nobody.refused("login", {"email": caller.email, "password": "wrong"})
    wrong_address = nobody.refused("login", {"email": "nobody@example.com", "password": PASSWORD})
    assert wrong_password == wrong_address
    assert wrong_password["code"] == "UNAUTHENTICATED"


def test_a_login_gives_another_token(caller: Caller, nobody: Caller) -> None:
    session = nobody.mutates(
        "login", {"email": caller.email.upper(), "password": PASSWORD}, "token workspace role position"
    )
    assert (UUID(session["workspace"]), session["role"], session["position"]) == (caller.workspace, "OWNER", None)
    nobody.http.headers["Authorization"] = f"Bearer {session['token']}"
    me = nobody.asks("{ me { user { id email name } workspace { members { user { name } role } eventCount } } }")["me"]
    assert me["user"] == {"id": str(caller.user), "email": caller.email, "name": "Pat"}
    assert me["workspace"] == {"members": [{"user": {"name": "Pat"}, "role": "OWNER"}], "eventCount": 4}
