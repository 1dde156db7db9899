"""graphql-transport-ws, as its specification asks for it, and what bounds it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.following import SUBPROTOCOL, Socket
from tests.integration.api.serving import serving

from umt.api.graphql import streams, websocket
from umt.settings import Settings

TYPENAME = "{ __typename }"
INIT: dict[str, Any] = {"type": "connection_init"}
BEGIN: dict[str, Any] = {"type": "subscribe", "id": "1", "payload": {"query": TYPENAME}}


def credential(caller: Caller) -> dict[str, str]:
    return {"Authorization": caller.http.headers["authorization"]}


# Who speaks


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_the_first_message_may_say_who_speaks(url: str, caller: Caller, name: str) -> None:
    with Socket(url) as speaking:
        assert speaking.connection.subprotocol == SUBPROTOCOL
        speaking.says(type="connection_init", payload={name: caller.http.headers["authorization"]})
        assert speaking.hears() == {"type": "connection_ack"}
        speaking.subscribes("{ me { role } }")
        assert speaking.next() == {"me": {"role": "OWNER"}}


def test_the_handshake_may_say_who_speaks(url: str, caller: Caller) -> None:
    with Socket(url, headers=credential(caller)) as speaking:
        speaking.says(**INIT)
        assert speaking.hears() == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": 5},
        {"Authorization": "Bearer ä"},
        {"token": "x"},
    ],
)
def test_who_does_not_say_is_not_listened_to(url: str, payload: Any) -> None:
    with Socket(url) as speaking:
        speaking.says(type="connection_init", payload=payload)
        code, reason = speaking.ended()
        assert code == 4403
        assert reason.startswith("Forbidden: ")


class Browser:
    """Signed in by cookies."""

    def __init__(self, url: str, caller: Caller) -> None:
        self.caller = Caller(url)
        document = "mutation($i: LoginInput!) { login(input: $i) { workspace } }"
        self.caller.asks(document, i={"email": caller.email, "password": PASSWORD, "cookies": True})
        self.cookies = "; ".join(f"{name}={value}" for name, value in self.caller.http.cookies.items())

    def opens(self, url: str, origin: str | None) -> Socket:
        opened = Socket(url, headers={"Cookie": self.cookies} | ({"Origin": origin} if origin else {}))
        opened.says(**INIT)
        return opened


def test_a_page_of_ours_may_speak_by_its_cookies(url: str, caller: Caller) -> None:
    with Browser(url, caller).opens(url, url) as speaking:
        assert speaking.hears() == {"type": "connection_ack"}
        speaking.subscribes("{ me { role } }")
        assert speaking.next() == {"me": {"role": "OWNER"}}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_foreign_page_may_not(url: str, caller: Caller, origin: str | None) -> None:
    with Browser(url, caller).opens(url, origin) as speaking:
        assert speaking.ended()[0] == 4403


def test_sessions_begin_and_end_over_http(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        speaking.subscribes("mutation { logout(input: {}) { sessions } }")
        message = speaking.hears()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert caller.asks("{ me { role } }")


# Operations


def test_queries_and_mutations_are_answered_once(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        speaking.subscribes(TYPENAME, "a")
        assert speaking.next("a") == {"__typename": "Query"}
        assert speaking.hears() == {"type": "complete", "id": "a"}
        document = "mutation($i: CreateBrandInput!) { createBrand(input: $i) { brand { name } } }"
        speaking.subscribes(document, "a", i={"name": "Alpina", "industry": {"name": "Outdoor"}})
        assert speaking.next("a") == {"createBrand": {"brand": {"name": "Alpina"}}}
        assert speaking.hears() == {"type": "complete", "id": "a"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "BAD_USER_INPUT"),
        ({"query": "{ nothing }"}, "BAD_USER_INPUT"),
        ({"query": ""}, "BAD_USER_INPUT"),
        ({}, "BAD_USER_INPUT"),
        ({"query": "query A { __typename } query B { __typename }"}, "BAD_USER_INPUT"),
        ({"query": "subscription { dashboardChanged { position } campaignsChanged { position } }"}, "BAD_USER_INPUT"),
        ({"query": "subscription { campaignEvents(id: 5) { position } }"}, "BAD_USER_INPUT"),
        ({"query": "subscription($i: ID!) { campaignEvents(id: $i) { position } }"}, "BAD_USER_INPUT"),
    ],
)
def test_what_is_not_executed_ends_with_an_error_and_the_rest_goes_on(
    caller: Caller, payload: dict[str, Any], code: str
) -> None:
    with Socket.of(caller) as speaking:
        speaking.says(type="subscribe", id="1", payload=payload)
        assert speaking.fails()["code"] == code
        speaking.subscribes(TYPENAME)
        assert speaking.next()


def test_errors_of_fields_are_told_beside_the_data(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        speaking.subscribes('{ clock { now } brand(id: "00000000-0000-0000-0000-000000000000") { name } }')
        answer = speaking.hears()["payload"]
        assert answer["data"]["clock"]
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert speaking.hears()["type"] == "complete"


def test_a_subscription_that_is_completed_says_no_more(caller: Caller) -> None:
    brand = caller.brand()
    with Socket.of(caller) as speaking:
        document = "subscription($b: ID!) { brandEvents(id: $b) { entry { eventType } } }"
        for identifier in ("a", "b"):
            speaking.subscribes(document, identifier, b=brand)
            assert speaking.next(identifier)
        speaking.says(type="complete", id="a")
        speaking.says(type="complete", id="unknown")
        caller.mutates("renameBrand", {"brand": brand, "name": "Other"})
        assert speaking.next("b") == {"brandEvents": {"entry": {"eventType": "brand.renamed"}}}
        speaking.subscribes(TYPENAME, "a")
        assert speaking.next("a")


def test_pings_are_answered(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        speaking.says(type="ping")
        assert speaking.hears() == {"type": "pong"}
        speaking.says(type="pong")
        speaking.says(type="ping", payload={"at": 1})
        assert speaking.hears() == {"type": "pong", "payload": {"at": 1}}


# Closing


def test_another_subprotocol_is_not_spoken(url: str) -> None:
    for other in ("graphql-ws", None):
        with Socket(url, other) as speaking:
            assert speaking.ended() == (4406, "Subprotocol not acceptable")


def test_nothing_is_done_before_it_is_known_who_speaks(url: str) -> None:
    with Socket(url) as speaking:
        speaking.says(**BEGIN)
        assert speaking.ended() == (4401, "Unauthorized")


def test_who_speaks_is_said_once(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        speaking.says(**INIT)
        assert speaking.ended() == (4429, "Too many initialisation requests")


def test_two_operations_have_two_ids(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        for _ in range(2):
            speaking.subscribes("subscription { dashboardChanged { position } }")
        assert speaking.ended() == (4409, "Subscriber for 1 already exists")


@pytest.mark.parametrize(
    "message",
    [
        "nonsense",
        "[]",
        '"text"',
        "{}",
        '{"type": "start"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": "", "payload": {}}',
        '{"type": "subscribe", "id": 5, "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
        '{"type": "ping", "payload": 5}',
        "[" * 100_000,
        b"\xff",
        b'{"type": "ping"}',
    ],
)
def test_a_message_of_another_form_ends_the_connection(caller: Caller, message: str | bytes) -> None:
    with Socket.of(caller) as speaking:
        speaking.connection.send(message)
        code, reason = speaking.ended()
        assert code == 4400
        assert reason.startswith("Invalid message")


def test_who_says_nothing_is_not_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.2)
    with Socket(url) as speaking:
        assert speaking.ended() == (4408, "Connection initialisation timeout")


def test_who_said_it_in_time_may_take_their_time(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.3)
    with Socket.of(caller) as speaking:
        with pytest.raises(TimeoutError):
            speaking.hears(0.6)
        speaking.subscribes(TYPENAME)
        assert speaking.next()


def test_an_idle_connection_ends_with_its_session(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "RECHECK_SECONDS", 0.2)
    with Socket.of(caller) as speaking:
        caller.mutates("logout", {}, "sessions")
        assert speaking.ended()[0] == 4403


# Bounds


def test_a_message_that_is_too_long_ends_the_connection(caller: Caller) -> None:
    with Socket.of(caller) as speaking:
        speaking.subscribes("x" * (1024 * 1024 + 1))
        assert speaking.ended()[0] == 1009


def test_operations_on_a_connection_are_bounded(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MOST_OPERATIONS", 2)
    document = "subscription { dashboardChanged { position } }"
    with Socket.of(caller) as speaking:
        for identifier in ("a", "b"):
            speaking.subscribes(document, identifier)
            speaking.next(identifier)
        speaking.subscribes(document, "c")
        assert "2 operations" in speaking.fails("c")["message"]
        speaking.says(type="complete", id="a")
        speaking.subscribes(document, "c")
        assert speaking.next("c")


@pytest.mark.parametrize("limit", ["MOST", "MOST_OF_ONE"])
def test_connections_are_bounded(
    url: str, caller: Caller, stranger: Caller, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(streams, limit, 1)
    with Socket.of(caller):
        for another in (caller, stranger):
            with Socket(url) as refused:
                refused.says(type="connection_init", payload=credential(another))
                if another is caller or limit == "MOST":
                    assert refused.ended()[0] == 1013
                else:
                    assert refused.hears() == {"type": "connection_ack"}
    with Socket.of(caller):
        pass


# The handshake


class Answer:
    """What is answered to a handshake."""

    def __init__(self, url: str, path: str = "/graphql", **changed: str) -> None:
        parts = urlsplit(url)
        headers = {
            "Host": parts.netloc,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol": SUBPROTOCOL,
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value), "", ""]
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
            connection.sendall("\r\n".join(lines).encode())
            answer = HTTPResponse(connection)
            answer.begin()
            self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    def refuses(self, code: str) -> None:
        assert json.loads(self.body)["errors"][0]["extensions"]["code"] == code
        assert self.headers["content-security-policy"]


def test_a_handshake_is_answered_without_extensions(url: str) -> None:
    answer = Answer(url, Sec_WebSocket_Extensions="permessage-deflate")
    assert (answer.status, answer.headers["sec-websocket-extensions"]) == (101, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"Sec-WebSocket-Key": "nonsense"},
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Version": "8"},
        {"Connection": "keep-alive"},
    ],
    ids=str,
)
def test_what_is_no_handshake_is_a_request_like_any_other(url: str, changed: dict[str, str]) -> None:
    answer = Answer(url, **changed)
    assert answer.status == 400
    answer.refuses("BAD_USER_INPUT")


def test_there_are_no_other_sockets(url: str) -> None:
    assert Answer(url, "/api/v1/version").status == 200
    assert Answer(url, "/graphql/").status == 404


# How often


@pytest.fixture(scope="module")
def limited(settings: Settings) -> Iterator[str]:
    """A server that takes five requests a minute."""
    with serving(Settings(data_dir=settings.data_dir, requests_per_minute=5)) as (address, _):
        yield address


def test_operations_and_handshakes_are_counted_like_all_requests(limited: str) -> None:
    caller = Caller(limited).registers()
    with Socket.of(caller) as speaking:
        for identifier in ("a", "b", "c"):
            speaking.subscribes(TYPENAME, identifier)
            assert speaking.next(identifier)
            speaking.hears()
        speaking.subscribes(TYPENAME, "d")
        refused = speaking.fails("d")
        assert refused["code"] == "THROTTLED"
        assert refused["retryAfter"] > 0
    answer = Answer(limited)
    assert answer.status == 429
    assert answer.headers["retry-after"]
    answer.refuses("THROTTLED")
