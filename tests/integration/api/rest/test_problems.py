"""Whatever goes wrong on the REST side is told as a problem (RFC 9457)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.integration.api.client import Caller
from tests.integration.api.rest.marketer import CAMPAIGNS, Marketer, problem
from tests.integration.api.routes import PLAN

from umt.api.errors import STATUS
from umt.api.problems import KINDS

ID = "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"


def test_every_code_is_a_kind_of_problem_that_says_what_it_is(nobody: Caller) -> None:
    assert set(KINDS) == set(STATUS)
    for code, known in KINDS.items():
        place = f"/problems/{code.lower().replace('_', '-')}"
        told = nobody.http.get(place).json()
        assert told == {
            "type": place,
            "code": code,
            "title": known.title,
            "status": STATUS[code],
            "meaning": known.meaning,
        }
    assert problem(nobody.http.get("/problems/nothing"))["status"] == 404


def test_the_type_leads_to_what_it_means(dana: Marketer) -> None:
    refused = problem(dana.http.get(f"{CAMPAIGNS}/{ID}"))
    told = dana.http.get(refused["type"]).json()
    assert (told["code"], told["title"], told["status"]) == (refused["code"], refused["title"], 404)
    assert ID in refused["detail"]


def test_who_is_not_signed_in_is_told_so_before_anything_else(nobody: Caller) -> None:
    for answer in (
        nobody.http.post(CAMPAIGNS, json={"nonsense": True}),
        nobody.http.post(CAMPAIGNS, content=b"x", headers={"content-type": "text/plain"}),
        nobody.http.get(f"{CAMPAIGNS}/nonsense"),
        nobody.http.get(CAMPAIGNS, params={"limit": "x"}),
    ):
        refused = problem(answer)
        assert (refused["status"], refused["code"], answer.headers["www-authenticate"]) == (
            401,
            "UNAUTHENTICATED",
            "Bearer",
        )


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"totalBudget": {"amount": 6000, "currency": "EUR"}}, "#/totalBudget/amount"),
        ({"totalBudget": {"amount": "6000", "currency": "XXX"}}, "#/totalBudget/currency"),
        ({"totalBudget": {"amount": "1.005", "currency": "EUR"}}, "#/totalBudget/amount"),
        ({"totalBudget": {"amount": "0", "currency": "EUR"}}, "#/totalBudget"),
        ({"totalBudget": "6000 EUR"}, "#/totalBudget"),
        ({"schedule": {**PLAN["schedule"], "endsOn": "2026-01-05"}}, "#/schedule/endsOn"),
        ({"schedule": {**PLAN["schedule"], "endsOn": "05.02.2026"}}, "#/schedule/endsOn"),
        ({"schedule": {**PLAN["schedule"], "timeZone": "Mars"}}, "#/schedule/timeZone"),
        ({"platforms": []}, "#/platforms"),
        ({"platforms": ["cms"]}, "#/platforms"),
        ({"platforms": ["google", "myspace"]}, "#/platforms/1"),
        ({"name": ""}, "#/name"),
        ({"name": "a\x00b"}, "#/name"),
        ({"name": 5}, "#/name"),
        ({"schedule": {**PLAN["schedule"], "timeZone": "U\x00"}}, "#/schedule/timeZone"),
        ({"brand": "x"}, "#/brand"),
        ({"objective": "SALES"}, "#/objective"),
        ({"a/b~c": 1}, "#/a~1b~0c"),
        ({"total_budget": PLAN["totalBudget"]}, "#/total_budget"),
    ],
)
def test_what_is_wrong_is_pointed_at(dana: Marketer, given: dict[str, Any], pointer: str) -> None:
    refused = problem(dana.sets_up(**given))
    assert (refused["status"], refused["code"]) == (400, "BAD_USER_INPUT")
    assert [each["pointer"] for each in refused["errors"]] == [pointer]


def test_everything_that_is_wrong_is_told_at_once(dana: Marketer) -> None:
    given = {"name": 5, "objective": "fame", "platforms": "google", "extra": 1}
    refused = problem(dana.http.post(CAMPAIGNS, json=given))
    assert {each["pointer"] for each in refused["errors"]} == {
        "#/name", "#/objective", "#/platforms", "#/extra", "#/brand", "#/totalBudget", "#/schedule",
    }  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"5", b"\xff", b"[" * 100_000, b'{"name": "\\ud800"}', b'{"name": NaN}']
)
def test_a_body_that_is_no_object_is_refused(dana: Marketer, content: bytes) -> None:
    answer = dana.http.patch(f"{CAMPAIGNS}/{ID}", content=content, headers={"content-type": "application/json"})
    assert problem(answer)["status"] == 400


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "", "x"]
)
def test_a_body_of_another_media_type_is_refused(dana: Marketer, media_type: str) -> None:
    headers = {"content-type": media_type}
    posted = dana.http.post(CAMPAIGNS, content=b"{}", headers=headers)
    assert (problem(posted)["status"], posted.headers["accept"]) == (415, "application/json")
    patched = dana.http.patch(f"{CAMPAIGNS}/{ID}", content=b"{}", headers=headers)
    assert (problem(patched)["status"], patched.headers["accept-patch"]) == (
        415,
        "application/json, application/merge-patch+json",
    )
    signing_in = dana.http.post("/api/v1/auth/login", content=b"{}", headers=headers)
    assert problem(signing_in)["status"] == 415


def test_a_merge_patch_is_for_patch_only(dana: Marketer) -> None:
    headers = {"content-type": "application/merge-patch+json"}
    assert problem(dana.http.put(f"{CAMPAIGNS}/{ID}", content=b"{}", headers=headers))["status"] == 415


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (CAMPAIGNS, "GET, POST"),
        (f"{CAMPAIGNS}/{ID}", "DELETE, GET, PATCH, PUT"),
        (f"{CAMPAIGNS}/{ID}/launch", "POST"),
        ("/api/v1/version", "GET"),
        ("/api/v1/auth/login", "POST"),
    ],
)
def test_a_method_that_is_not_there_is_told_those_that_are(url: str, path: str, allowed: str) -> None:
    answer = httpx.request("OPTIONS", f"{url}{path}")
    assert (problem(answer)["status"], answer.headers["allow"]) == (405, allowed)


def test_what_is_not_there_is_a_problem_too(nobody: Caller) -> None:
    assert problem(nobody.http.get("/api/v1/nothing"))["code"] == "NOT_FOUND"


def test_a_mistake_repeats_no_secret(nobody: Caller) -> None:
    given = {"email": "a@example.com", "password": ["TOPSECRET"], "name": "A", "company": "B"}
    assert "TOPSECRET" not in nobody.http.post("/api/v1/auth/register", json=given).text


def test_a_browser_needs_its_header_to_change_something(dana: Marketer, url: str) -> None:
    with httpx.Client(base_url=url) as browser:
        account = {"email": dana.caller.email, "password": "correct horse battery", "cookies": True}
        session = browser.post("/api/v1/auth/login", json=account).json()
        assert browser.get(CAMPAIGNS).status_code == 200
        given = {"brand": dana.brand, **PLAN}
        assert problem(browser.post(CAMPAIGNS, json=given))["code"] == "FORBIDDEN"
        assert browser.post(CAMPAIGNS, json=given, headers={"X-CSRF-Token": session["csrfToken"]}).status_code == 201
