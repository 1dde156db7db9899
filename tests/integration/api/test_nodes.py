"""Anything is asked for again by its id alone; what is not there, not ours or not for us is null, all alike."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.conftest import Statements
from tests.integration.api.inputs import EVERY
from tests.integration.api.recording import runs, started

from umt.adapters.postgres.database import WORKER, connect
from umt.bootstrap import System

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!, $p: String) { nodes(ids: $ids, atLeast: $p) { __typename id } }"


def service_account(caller: Caller) -> str:
    caller.mutates("addServiceAccount", {"name": "Robot", "role": "ANALYST"})
    members = caller.asks("{ workspace { members { kind user { id } } } }")["workspace"]["members"]
    (robot,) = [member["user"]["id"] for member in members if member["kind"] == "SERVICE"]
    return str(robot)


@pytest.fixture
def things(wired: System, caller: Caller) -> dict[str, str]:
    """One of each, by its type; and where the log is then."""
    brand, run = caller.brand(), uuid4()
    invited = {"email": f"{uuid4()}@example.com", "role": "ANALYST"}
    key = {"name": "Robot", "scopes": ["campaign:read", "workspace:read"]}
    made = {
        "Brand": brand,
        "Content": caller.content(brand),
        "Campaign": caller.campaign(brand),
        "Template": caller.makes("createTemplate", "template", EVERY["createTemplate"]({})),
        "Integration": caller.makes("connectIntegration", "integration", EVERY["connectIntegration"]({})),
        "Workspace": str(caller.workspace),
        "User": str(caller.user),
        "Invitation": caller.mutates("inviteMember", invited, "invitation { id }")["invitation"]["id"],
        "ApiKey": caller.makes("createApiKey", "apiKey", key),
    }
    position = runs(wired, caller, (run, [started(made["Campaign"])]))
    return {**made, "AgentRun": str(run), "position": position}


def test_everything_with_an_id_is_found_by_it(caller: Caller, things: dict[str, str]) -> None:
    position = things.pop("position")
    caller.asks(NODES, ids=list(things.values()), p=position)
    for kind, identifier in things.items():
        assert caller.asks(NODE, id=identifier.upper())["node"] == {"__typename": kind, "id": identifier}
    robot, unknown = service_account(caller), str(uuid4())
    asked = [*things.values(), unknown, robot, things["Brand"]]
    expected = [*things, None, "User", "Brand"]
    found = caller.asks(
        NODES, ids=asked, p=caller.mutates("renameWorkspace", {"name": "Other"}, "position")["position"]
    )
    assert [node and (node["__typename"], node["id"]) for node in found["nodes"]] == [
        kind and (kind, identifier) for kind, identifier in zip(expected, asked, strict=True)
    ]


def test_a_thing_is_the_same_whichever_way_it_is_asked_for(caller: Caller, things: dict[str, str]) -> None:
    fields = "id name status version position brand { id } totalBudget { amount currency }"
    found = caller.asks(
        f"query($id: ID!, $p: String) {{ campaign(id: $id, atLeast: $p) {{ {fields} }}"
        f" nodes(ids: [$id], atLeast: $p) {{ ... on Campaign {{ {fields} }} }} }}",
        id=things["Campaign"],
        p=things["position"],
    )
    assert found["nodes"] == [found["campaign"]]


def test_a_thing_that_was_just_made_is_there(caller: Caller) -> None:
    """Its kind is known from the log, and so is the thing until the read models have it."""
    for name in map("Brand {}".format, range(20)):
        found = caller.asks("query($id: ID!) { node(id: $id) { ... on Brand { name } } }", id=caller.brand(name))
        assert found["node"] == {"name": name}


def test_what_is_foreign_is_null_like_what_is_nowhere(caller: Caller, stranger: Caller, things: dict[str, str]) -> None:
    del things["position"]
    ids = [*things.values(), service_account(caller)]
    for seen in ids:
        assert stranger.asks(NODE, id=seen) == {"node": None}
    nowhere = [str(uuid4()) for _ in ids]
    assert stranger.posts(NODES, {"ids": ids}) == stranger.posts(NODES, {"ids": nowhere})
    assert stranger.asks(NODES, ids=ids) == {"nodes": [None] * len(ids)}


def test_streams_that_are_no_things_of_their_own_are_null(wired: System, caller: Caller) -> None:
    given = EVERY["recordPerformance"]({"campaign": caller.campaign(caller.brand())})
    caller.mutates("recordPerformance", given)
    (stream,) = performance_streams(wired, caller.workspace)
    assert caller.asks(NODE, id=stream) == {"node": None}


def performance_streams(wired: System, workspace: UUID) -> list[str]:
    with connect(wired.url, WORKER) as connection:
        rows = connection.execute(
            "SELECT DISTINCT stream FROM umt.event WHERE workspace = %s AND type LIKE 'performance.%%'", (workspace,)
        ).fetchall()
    return [str(stream) for (stream,) in rows]


def test_what_a_key_may_not_see_is_null_for_it(caller: Caller, url: str) -> None:
    brand = caller.brand()
    campaign = caller.campaign(brand)
    given = {"name": "Robot", "scopes": ["campaign:read", "workspace:read"], "holder": str(caller.user)}
    robot = Caller(url)
    robot.http.headers["Authorization"] = f"Bearer {caller.mutates('createApiKey', given, 'key')['key']}"
    found = robot.asks(NODES, ids=[brand, campaign, str(caller.user), str(caller.workspace)])
    assert found["nodes"] == [
        None,
        {"__typename": "Campaign", "id": campaign},
        None,
        {"__typename": "Workspace", "id": str(caller.workspace)},
    ]


def test_things_are_looked_up_by_one_query_for_each_kind(caller: Caller, statements: Statements) -> None:
    brands = [caller.brand() for _ in range(6)]
    campaigns = [caller.campaign(brand) for brand in brands]
    position = caller.mutates("renameBrand", {"brand": brands[0], "name": "Other"}, "position")["position"]
    caller.asks(NODES, ids=brands, p=position)
    assert len(statements.of(lambda: caller.asks(NODES, ids=[*brands, *campaigns]))) == 3
    aliases = " ".join(f'n{n}: node(id: "{each}") {{ id }}' for n, each in enumerate(brands))
    assert len(statements.of(lambda: caller.asks(f"{{ {aliases} }}"))) == 2


def test_at_most_a_hundred_are_asked_for_at_once(caller: Caller) -> None:
    ids = [str(uuid4()) for _ in range(101)]
    assert caller.asks(NODES, ids=ids[1:]) == {"nodes": [None] * 100}
    error = caller.fails(NODES, ids=ids)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "ids")
