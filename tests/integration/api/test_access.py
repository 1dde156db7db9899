"""Who sees what, beside the matrix of all operations in test_matrix.py: credentials of odd forms, lists, signing in."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.inputs import EVERY, Ids


@pytest.fixture
def ids(caller: Caller) -> Ids:
    brand = caller.brand()
    template = caller.makes("createTemplate", "template", EVERY["createTemplate"]({}))
    integration = caller.makes("connectIntegration", "integration", EVERY["connectIntegration"]({}))
    ours = {"brand": brand, "template": template, "integration": integration, "user": str(caller.user)}
    return {**ours, "content": caller.content(brand), "campaign": caller.campaign(brand), "adSet": str(uuid4())}


@pytest.mark.parametrize("token", ["Bearer nonsense", "Bearer", "Basic abc", "bearer " + "x" * 4000])
def test_a_wrong_token_is_no_token(nobody: Caller, token: str) -> None:
    nobody.http.headers["Authorization"] = token
    assert nobody.fails("{ me { role } }")["code"] == "UNAUTHENTICATED"


def test_nothing_of_another_workspace_is_listed(caller: Caller, stranger: Caller, ids: Ids) -> None:
    position = caller.mutates("recordPerformance", EVERY["recordPerformance"](ids))["position"]
    lists = ["brands", "contents", "campaigns", "integrations", "agentRuns", "decisions"]
    query = " ".join(f"{name}(first: 20, atLeast: $p) {{ nodes {{ __typename }} }}" for name in lists)
    seen = stranger.asks(
        f"query($p: String) {{ {query} dashboard(atLeast: $p) {{ spend }} workspace {{ eventCount }} }}", p=position
    )
    assert [seen[name]["nodes"] for name in lists] == [[]] * len(lists)
    assert seen["dashboard"] == []
    for subject in ids.values():
        assert stranger.asks("query($i: ID!) { history(subject: $i, first: 20) { nodes { text } } }", i=subject) == {
            "history": {"nodes": []}
        }
        found = stranger.asks(
            "query($i: ID!) { contents(filter: {brands: [$i]}, first: 20) { nodes { id } } decisions(filter: {subjects: [$i]}, first: 20) { nodes { run } } }",
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
