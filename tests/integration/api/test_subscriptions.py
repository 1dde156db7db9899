"""What can be followed: a thing's events, each once whatever happens in between, and what lists and figures show."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.following import Socket, events, first_answer
from tests.integration.api.inputs import EVERY
from tests.integration.api.reacting import reaction

from umt.api import positions
from umt.application import live
from umt.bootstrap import System

BRAND = "subscription($b: ID!, $a: String) { brandEvents(id: $b, after: $a) { position entry { version text } brand { name version } } }"
CAMPAIGNS = (
    "subscription($p: String) { campaignsChanged(atLeast: $p) { position campaigns(first: 10) { nodes { name } } } }"
)


def renames(caller: Caller, brand: str, name: str) -> str:
    position: str = caller.mutates("renameBrand", {"brand": brand, "name": name})["position"]
    return position


# Events of a thing


def test_what_has_happened_is_told_first_and_then_what_happens(caller: Caller) -> None:
    brand = caller.brand("Alpina")
    renames(caller, brand, "Alpina Two")
    with Socket.of(caller) as speaking:
        speaking.subscribes(BRAND, b=brand)
        told = [speaking.next()["brandEvents"] for _ in range(2)]
        renames(caller, brand, "Alpina Three")
        told.append(speaking.next()["brandEvents"])
    assert [event["entry"]["version"] for event in told] == [1, 2, 3]
    assert [event["brand"] for event in told] == [
        {"name": "Alpina", "version": 1},
        {"name": "Alpina Two", "version": 2},
        {"name": "Alpina Three", "version": 3},
    ]
    assert told[2]["entry"]["text"] == "Renamed the brand to “Alpina Three”"


def test_it_goes_on_behind_a_position_even_one_of_something_else(caller: Caller) -> None:
    brand = caller.brand("Alpina")
    between = caller.mutates("createTemplate", EVERY["createTemplate"]({}))["position"]
    renames(caller, brand, "Alpina Two")
    with Socket.of(caller) as speaking:
        speaking.subscribes(BRAND, b=brand, a=between)
        assert speaking.next()["brandEvents"]["brand"] == {"name": "Alpina Two", "version": 2}


@pytest.mark.parametrize("thing", ["content", "campaign"])
def test_contents_and_campaigns_are_told_too(caller: Caller, thing: str) -> None:
    made = getattr(caller, thing)(caller.brand())
    document = f"subscription($i: ID!) {{ {thing}Events(id: $i) {{ entry {{ eventType }} {thing} {{ id }} }} }}"
    with Socket.of(caller) as speaking:
        speaking.subscribes(document, i=made)
        event = speaking.next()[f"{thing}Events"]
        assert event[thing] == {"id": made}
        assert event["entry"]["eventType"].startswith(f"{thing}.")


def test_an_agents_reaction_is_told_step_by_step(wired: System, caller: Caller) -> None:
    run = reaction(wired, UUID(caller.content(caller.brand())))
    document = "subscription($r: ID!) { agentRunEvents(id: $r) { entry { eventType } run { agent status } } }"
    with Socket.of(caller) as speaking:
        speaking.subscribes(document, r=str(run))
        event = speaking.next()["agentRunEvents"]
    assert event == {
        "entry": {"eventType": "agent_run.run_started"},
        "run": {"agent": "content-strategy", "status": "RUNNING"},
    }


def test_what_is_not_there_is_not_found(caller: Caller, stranger: Caller) -> None:
    with Socket.of(caller) as speaking:
        for thing in (str(uuid4()), stranger.brand(), caller.content(caller.brand())):
            speaking.subscribes(BRAND, b=thing)
            assert speaking.fails()["code"] == "NOT_FOUND"


@pytest.mark.parametrize("after", ["nonsense", "5", "="])
def test_a_position_that_is_none_is_refused(caller: Caller, after: str) -> None:
    with Socket.of(caller) as speaking:
        speaking.subscribes(BRAND, b=caller.brand(), a=after)
        refused = speaking.fails()
        assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", "after")


@contextmanager
def writing(caller: Caller, brand: str) -> Iterator[list[str]]:
    """While somebody renames the brand as fast as they can; the positions."""
    stop, written = threading.Event(), list[str]()

    def write() -> None:
        while not stop.is_set():
            written.append(renames(caller, brand, f"Brand {len(written)}"))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("way", ["websocket", "sse"])
def test_nothing_is_missed_or_told_twice_by_who_comes_again_while_others_write(caller: Caller, way: str) -> None:
    brand, told, last = caller.brand(), list[int](), ""
    another = Caller(str(caller.http.base_url))
    another.http.headers["authorization"] = caller.http.headers["authorization"]
    with writing(another, brand) as written:
        for lost_after in (1, 2, 3, 5, 8, 13):
            for event in _taken(caller, brand, last, lost_after, way):
                told.append(event["entry"]["version"])
                last = event["position"]
    for event in _taken(caller, brand, last, len(written) + 1 - len(told), way):
        told.append(event["entry"]["version"])
        last = event["position"]
    assert told == list(range(1, len(written) + 2))
    assert last == written[-1]


def _taken(caller: Caller, brand: str, last: str, count: int, way: str) -> Iterator[Any]:
    """So many events, then the connection is gone."""
    if way == "sse":
        with events(caller, BRAND, last_event=last, b=brand) as found:
            for _ in range(count):
                event = next(found)
                told = event.data["brandEvents"]
                assert event["id"] == told["position"]
                yield told
    else:
        with Socket.of(caller) as speaking:
            speaking.subscribes(BRAND, b=brand, a=last or None)
            for _ in range(count):
                yield speaking.next()["brandEvents"]
            speaking.connection.socket.close()


# As long as they may


def test_it_ends_with_the_session_at_the_next_event(caller: Caller) -> None:
    brand, another = caller.brand(), Caller(str(caller.http.base_url))
    login = {"email": caller.email, "password": "correct horse battery"}
    another.http.headers["authorization"] = f"Bearer {another.mutates('login', login, 'token')['token']}"
    with Socket.of(another) as speaking:
        speaking.subscribes(BRAND, b=brand)
        speaking.next()
        another.mutates("logout", {}, "sessions")
        renames(caller, brand, "Secret")
        assert speaking.fails()["code"] == "UNAUTHENTICATED"


def test_it_ends_with_the_session_while_nothing_happens(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.2)
    with Socket.of(caller) as speaking:
        speaking.subscribes(BRAND, "a", b=caller.brand())
        speaking.next("a")
        speaking.subscribes("subscription { dashboardChanged { position } }", "b")
        speaking.next("b")
        caller.mutates("logout", {}, "sessions")
        ended = {
            message["id"]: message["payload"][0]["extensions"]["code"]
            for message in (speaking.hears(), speaking.hears())
        }
        assert ended == {"a": "UNAUTHENTICATED", "b": "UNAUTHENTICATED"}


def program(caller: Caller, *scopes: str) -> tuple[Caller, str]:
    """A caller by an API key, and the key's id."""
    given = {"name": "Robot", "scopes": list(scopes)}
    made = caller.mutates("createApiKey", given, "key apiKey { id }")
    robot = Caller(str(caller.http.base_url))
    robot.http.headers["authorization"] = f"Bearer {made['key']}"
    return robot, made["apiKey"]["id"]


@pytest.mark.parametrize("document", [BRAND, "subscription { dashboardChanged { position } }"])
def test_it_ends_at_once_when_the_key_is_revoked_or_its_maker_removed(caller: Caller, document: str) -> None:
    brand = caller.brand()
    robot, key = program(caller, "history:read", "brand:read", "performance:read")
    with Socket.of(robot) as speaking:
        speaking.subscribes(document, b=brand) if "$b" in document else speaking.subscribes(document)
        speaking.next()
        caller.mutates("revokeApiKey", {"key": key, "reason": "lost"})
        if "$b" not in document:
            caller.mutates("renameWorkspace", {"name": "Other"})
        assert speaking.fails()["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("scopes", [("brand:read",), ("history:read",), ("history:read", "content:read")])
def test_a_things_events_need_what_its_history_and_the_thing_need(caller: Caller, scopes: tuple[str, ...]) -> None:
    robot, _ = program(caller, *scopes)
    with Socket.of(robot) as speaking:
        speaking.subscribes(BRAND, b=caller.brand())
        assert speaking.fails()["code"] == "FORBIDDEN"


# What lists show


def test_a_list_is_told_as_it_is_and_again_when_it_has_changed(caller: Caller) -> None:
    brand = caller.brand()
    caller.campaign(brand, name="Spring")
    with Socket.of(caller) as speaking:
        speaking.subscribes(CAMPAIGNS)
        first = speaking.next()["campaignsChanged"]
        while not first["campaigns"]["nodes"]:  # the read model was behind
            first = speaking.next()["campaignsChanged"]
        assert first["campaigns"]["nodes"] == [{"name": "Spring"}]
        caller.campaign(brand, name="Summer")
        then = speaking.next()["campaignsChanged"]
        assert then["campaigns"]["nodes"] == [{"name": "Summer"}, {"name": "Spring"}]
        assert positions.decode(then["position"], "position") > positions.decode(first["position"], "position")
        assert caller.asks(
            "query($p: String) { campaigns(first: 1, atLeast: $p) { nodes { name } } }", p=then["position"]
        )


def test_it_begins_with_what_the_caller_saw_already(caller: Caller) -> None:
    brand = caller.brand()
    for number in range(20):
        made = caller.mutates(
            "createCampaign", EVERY["createCampaign"]({"brand": brand}) | {"name": f"C{number}"}, "position"
        )
        with Socket.of(caller) as speaking:
            speaking.subscribes(CAMPAIGNS.replace("first: 10", "first: 1"), p=made["position"])
            assert speaking.next()["campaignsChanged"]["campaigns"]["nodes"] == [{"name": f"C{number}"}]


def test_it_is_told_when_what_is_read_beside_it_changes_and_not_otherwise(caller: Caller) -> None:
    brand = caller.brand("Alpina")
    seen = caller.mutates("createCampaign", EVERY["createCampaign"]({"brand": brand}), "position")["position"]
    with_brand = "subscription($p: String) { campaignsChanged(atLeast: $p) { campaigns(first: 10) { nodes { brand { name } } } } }"
    with Socket.of(caller) as speaking:
        speaking.subscribes(with_brand, "with", p=seen)
        assert speaking.next("with")["campaignsChanged"]["campaigns"]["nodes"] == [{"brand": {"name": "Alpina"}}]
        renamed = renames(caller, brand, "Alpina Two")
        assert speaking.next("with")["campaignsChanged"]["campaigns"]["nodes"] == [{"brand": {"name": "Alpina Two"}}]
        speaking.says(type="complete", id="with")
        speaking.subscribes(CAMPAIGNS, "without", p=renamed)
        assert len(speaking.next("without")["campaignsChanged"]["campaigns"]["nodes"]) == 1
        position = renames(caller, brand, "Alpina Three")
        caller.asks("query($p: String) { brands(first: 1, atLeast: $p) { nodes { name } } }", p=position)
        caller.campaign(brand)
        assert len(speaking.next("without")["campaignsChanged"]["campaigns"]["nodes"]) == 2


def test_what_others_do_is_not_told(caller: Caller, stranger: Caller) -> None:
    brand, foreign = caller.brand(), stranger.brand()
    with Socket.of(caller) as speaking:
        speaking.subscribes(CAMPAIGNS)
        speaking.next()
        stranger.campaign(foreign, name="Theirs")
        stranger.asks("{ campaigns(first: 10) { nodes { id } } }")
        caller.campaign(brand, name="Ours")
        assert speaking.next()["campaignsChanged"]["campaigns"]["nodes"] == [{"name": "Ours"}]


def test_of_changes_that_come_faster_than_they_are_taken_only_the_last_counts(caller: Caller) -> None:
    brand = caller.brand()
    with events(caller, CAMPAIGNS) as found:
        next(found)
        with writing(caller, brand):
            pass
        for number in range(30):
            caller.campaign(brand, name=f"C{number}")
        answers = 0
        while True:
            answers += 1
            nodes = next(found).data["campaignsChanged"]["campaigns"]["nodes"]
            if nodes[0] == {"name": "C29"}:
                break
        assert answers < 30


def test_a_position_that_is_not_reached_is_stale(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        speaking.subscribes(CAMPAIGNS, p=positions.encode(10**9))
        refused = speaking.fails()
        assert (refused["code"], refused["reason"]) == ("STALE_READ", "LAGGING")


def test_figures_are_told_when_they_come(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    with Socket.of(caller) as speaking:
        speaking.subscribes("subscription { dashboardChanged { dashboard { impressions } } }")
        assert speaking.next() == {"dashboardChanged": {"dashboard": []}}
        caller.mutates("recordPerformance", EVERY["recordPerformance"]({"campaign": campaign}))
        (figures,) = speaking.next()["dashboardChanged"]["dashboard"]
        assert figures == {"impressions": 1}


def test_what_agents_have_left_to_do_is_told(wired: System, caller: Caller) -> None:
    document = "subscription { agentActivityChanged { activity { openRuns idle } } }"
    with Socket.of(caller) as speaking:
        speaking.subscribes(document)
        assert speaking.next()["agentActivityChanged"]["activity"]["openRuns"] == 0
        reaction(wired, UUID(caller.content(caller.brand())))
        while (activity := speaking.next()["agentActivityChanged"]["activity"])["openRuns"] == 0:
            pass
        assert activity == {"openRuns": 1, "idle": False}


# Server-sent events


def test_server_sent_events_end_with_complete(caller: Caller) -> None:
    with events(caller, "{ __typename }") as found:
        event = next(found)
        assert (event.data, "id" in event) == ({"__typename": "Query"}, False)
        assert dict(next(found)) == {"event": "complete", "data": ""}
        assert list(found) == []


@pytest.mark.parametrize(
    ("document", "code"),
    [("{", "BAD_USER_INPUT"), ("{ nothing }", "BAD_USER_INPUT"), ("subscription { nothing }", "BAD_USER_INPUT")],
)
def test_what_is_not_executed_is_told_as_an_event(caller: Caller, document: str, code: str) -> None:
    with events(caller, document) as found:
        assert next(found).answer["errors"][0]["extensions"]["code"] == code
        assert next(found)["event"] == "complete"


def test_an_event_source_needs_no_more_than_an_address(caller: Caller) -> None:
    brand = caller.brand("Alpina")
    asked = {"query": f'subscription {{ brandEvents(id: "{brand}") {{ brand {{ name }} }} }}'}
    with caller.http.stream("GET", "/graphql", params=asked, headers={"accept": "text/event-stream"}) as answer:
        assert answer.headers["cache-control"] == "no-store"
        for line in answer.iter_lines():
            if line.startswith("data:"):
                assert "Alpina" in line
                break
    refused = caller.http.get("/graphql", params=asked)
    assert refused.status_code == 400


def test_nothing_is_done_by_an_event_source(caller: Caller) -> None:
    asked = {"query": "mutation { logout(input: {}) { sessions } }"}
    answer = caller.http.get("/graphql", params=asked, headers={"accept": "text/event-stream"})
    assert "BAD_USER_INPUT" in answer.text
    assert caller.asks("{ me { role } }")


def test_without_a_credential_nothing_is_followed(nobody: Caller, caller: Caller) -> None:
    answer = first_answer(nobody, BRAND, {"b": caller.brand()})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
