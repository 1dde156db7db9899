"""The REST side: signing in, and how the process is doing."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from umt import __version__

ADA = {"password": "correct horse battery", "name": "Ada", "company": "Alpina"}


@pytest.fixture
def http(url: str) -> httpx.Client:
    return httpx.Client(base_url=url)


def test_registering_and_signing_in(http: httpx.Client) -> None:
    email = f"{uuid4()}@example.com"
    made = http.post("/api/v1/auth/register", json={**ADA, "email": email, "idempotencyKey": "r"})
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    again = http.post("/api/v1/auth/register", json={**ADA, "email": email, "idempotencyKey": "r"})
    assert again.json()["user"] == made.json()["user"]
    session = http.post("/api/v1/auth/login", json={"email": email, "password": ADA["password"]})
    lasting = {"user", "workspace", "role", "workspaces"}
    assert {name: session.json()[name] for name in lasting} == {name: made.json()[name] for name in lasting}
    assert (made.json()["position"] is None, session.json()["position"]) == (False, None)
    http.headers["Authorization"] = f"Bearer {session.json()['token']}"
    assert (
        http.post("/graphql", json={"query": "{ me { user { name } } }"}).json()["data"]["me"]["user"]["name"] == "Ada"
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"password": "short"}, "password"),
        ({"email": "nonsense"}, "email"),
        ({"email": 5}, "email"),
        ({"timeZone": "Mars"}, "timeZone"),
        ({"name": ""}, "name"),
        ({"name": "\x00"}, "name"),
        ({"extra": 1}, "extra"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
    ],
)
def test_what_is_wrong_is_said_by_its_field(http: httpx.Client, given: dict[str, Any], field: str) -> None:
    answer = http.post("/api/v1/auth/register", json={**ADA, "email": f"{uuid4()}@example.com", **given})
    assert answer.status_code == 400
    told = answer.json()
    assert (told["code"], told["field"], told["status"]) == ("BAD_USER_INPUT", field, 400)
    assert [each["pointer"] for each in told["errors"]] == [f"#/{field}"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"email": "\\ud800"}'])
def test_a_body_that_is_not_an_object_is_refused(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/api/v1/auth/login", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("field", ["email", "password", "name", "company", "timeZone", "idempotencyKey", "\\ud83d"])
@pytest.mark.parametrize("path", ["register", "login"])
def test_half_a_character_is_refused_wherever_it_stands(http: httpx.Client, path: str, field: str) -> None:
    account = {"email": "ada@example.com", "password": ADA["password"]}
    given = json.dumps((ADA if path == "register" else {}) | account | {"text": "x"}).replace('"text"', f'"{field}"')
    body = given.replace('"x"', '"a\\ud800b"').encode()
    answer = http.post(f"/api/v1/auth/{path}", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_USER_INPUT")


def test_a_secret_that_is_wrong_is_not_repeated(http: httpx.Client) -> None:
    for wrong in ({"password": {"TOPSECRET": "TOPSECRET"}}, {"password": ["TOPSECRET"]}, {"password": "TOPSECRET"}):
        answer = http.post("/api/v1/auth/register", json={**ADA, "email": f"{uuid4()}@example.com", **wrong})
        assert answer.status_code == 400
        assert "TOPSECRET" not in answer.text


def test_a_wrong_password_has_status_401(http: httpx.Client) -> None:
    answer = http.post("/api/v1/auth/login", json={"email": "nobody@example.com", "password": "x"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "UNAUTHENTICATED"


def test_the_process_says_how_it_is_doing(http: httpx.Client) -> None:
    assert http.get("/livez").json() == http.get("/readyz").json() == {"status": "ok"}
    assert http.get("/api/v1/version").json() == {"version": __version__}
    health = http.get("/health").json()
    assert (health["status"], health["version"], health["info"]) == ("ok", __version__, {"sandbox": None})
    assert {each["name"] for each in health["projections"]} >= {"brands", "campaigns"}
    assert all(each["alive"] for each in health["projections"])
    assert health["agents"]["unreadEvents"] >= 0


def test_what_is_not_there_is_said_in_the_same_form(http: httpx.Client) -> None:
    assert http.get("/api/v1/nothing").json()["code"] == "NOT_FOUND"
    assert http.delete("/graphql").status_code == 405
    assert http.get("/openapi.json").json()["openapi"].startswith("3.1")


def test_the_bare_address_leads_to_the_api(http: httpx.Client) -> None:
    answer = http.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/graphql")


def test_registering_is_safe_to_repeat_by_the_header(http: httpx.Client) -> None:
    given = {**ADA, "email": f"{uuid4()}@example.com"}
    first, again = (http.post("/api/v1/auth/register", json=given, headers={"Idempotency-Key": "h"}) for _ in range(2))
    assert (first.status_code, first.json()["user"]) == (201, again.json()["user"])
    assert first.headers["umt-position"] == first.json()["position"]
    other = http.post("/api/v1/auth/register", json={**given, "name": "Eve"}, headers={"Idempotency-Key": "h"})
    assert (other.status_code, other.json()["code"]) == (409, "CONFLICT")
    wrong = http.post("/api/v1/auth/register", json=given, headers={"Idempotency-Key": ""})
    assert (wrong.status_code, wrong.json()["errors"][0]["header"]) == (400, "Idempotency-Key")
