"""Browsers: the session in cookies, which no foreign page can use."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from tests.integration.identity.visitor import ME, PASSWORD, Visitor, code, noted

from umt.bootstrap import System

CREATE = 'mutation { createBrand(input: {name: "Peak", industry: {name: "Outdoor"}}) { position } }'


class Browser(Visitor):
    """Keeps its session in cookies."""

    def sends(self, query: str, **headers: str) -> httpx.Response:
        encoded = {name.encode(): value.encode() for name, value in headers.items()}
        return self.http.post("/graphql", json={"query": query}, headers=encoded)

    @property
    def csrf(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.session["csrfToken"]}


@pytest.fixture
def browser(url: str) -> Iterator[Browser]:
    with Browser(url) as made:
        made.registers(cookies=True)
        yield made


def set_cookies(answer: httpx.Response) -> dict[str, dict[str, str]]:
    """The attributes of each cookie that an answer sets, with its value as ``value``."""
    found = {}
    for header in answer.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(header).items():
            found[name] = {"value": morsel.value, **{key: value for key, value in morsel.items() if value}}
    return found


def test_the_tokens_are_in_cookies_and_not_in_the_body(browser: Browser) -> None:
    answer = browser.logs_in(cookies=True)
    assert (browser.session["token"], browser.session["refreshToken"]) == ("", None)
    cookies = set_cookies(answer)
    assert set(cookies) == {"umt_access", "umt_refresh", "umt_csrf"}
    for name, cookie in cookies.items():
        assert (cookie["path"], cookie["samesite"]) == ("/", "Strict")
        assert ("httponly" in cookie) == (name != "umt_csrf")
        assert "secure" not in cookie, "the test's own address is no https"
        assert cookie["value"] not in answer.text or name == "umt_csrf"
    assert 0 < int(cookies["umt_access"]["max-age"]) <= 15 * 60
    assert 29 * 86400 < int(cookies["umt_refresh"]["max-age"]) <= 30 * 86400
    assert cookies["umt_csrf"]["value"] == browser.session["csrfToken"]


def test_cookies_are_for_https_only_when_they_came_by_it(browser: Browser) -> None:
    https = {"X-Forwarded-Proto": "https"}
    answer = browser.posts("login", https, email=browser.email, password=PASSWORD, cookies=True)
    assert all("secure" in cookie for cookie in set_cookies(answer).values())


def test_graphql_sets_cookies_too(browser: Browser) -> None:
    query = f'mutation {{ login(input: {{email: "{browser.email}", password: "{PASSWORD}", cookies: true}}) {{ token csrfToken }} }}'
    browser.http.cookies.clear()
    answer = browser.sends(query)
    login = answer.json()["data"]["login"]
    assert login["token"] == ""
    assert set_cookies(answer)["umt_csrf"]["value"] == login["csrfToken"]
    assert browser.sends(ME, **{"X-CSRF-Token": login["csrfToken"]}).json()["data"]["me"]


def test_a_change_needs_the_header(wired: System, browser: Browser) -> None:
    assert browser.sends(CREATE, **browser.csrf).json()["data"]["createBrand"]
    assert browser.http.get("/graphql", params={"query": ME}).json()["data"]["me"], "reading by GET needs none"
    with Browser(str(browser.http.base_url)) as other:
        other.registers(cookies=True)
        for wrong in (
            {},
            {"X-CSRF-Token": ""},
            {"X-CSRF-Token": "x"},
            {"X-CSRF-Token": "ü"},
            other.csrf,
        ):
            refused = browser.sends(CREATE, **wrong).json()["errors"][0]["extensions"]
            assert refused == {"code": "FORBIDDEN"}
    assert noted(wired, browser.workspace, "csrf_refused", at_least=5) == 5


@pytest.mark.parametrize("path", ["refresh", "logout", "password"])
def test_rest_needs_the_header_too(browser: Browser, path: str) -> None:
    given: dict[str, Any] = {"current": PASSWORD, "new": "another password"} if path == "password" else {}
    refused = browser.posts(path, **given)
    assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
    assert browser.sends(ME, **browser.csrf).json()["data"]["me"], "nothing has happened"
    done = browser.posts(path, browser.csrf, **given)
    assert done.status_code == 200
    assert set(set_cookies(done)) == {"umt_access", "umt_refresh", "umt_csrf"}


def test_refreshing_by_cookie_gives_the_next_cookies(browser: Browser) -> None:
    before = dict(browser.http.cookies)
    browser.http.cookies.delete("umt_access")
    assert browser.posts("refresh", browser.csrf).status_code == 200
    after = dict(browser.http.cookies)
    assert after["umt_refresh"] != before["umt_refresh"]
    assert after["umt_csrf"] == before["umt_csrf"], "it is the session's"
    assert browser.sends(ME, **browser.csrf).json()["data"]["me"]
    browser.http.cookies.set("umt_refresh", before["umt_refresh"])
    assert browser.posts("refresh", browser.csrf).status_code == 401
    assert browser.sends(ME, **browser.csrf).json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_logging_out_takes_the_cookies_away(browser: Browser) -> None:
    answer = browser.posts("logout", browser.csrf)
    assert answer.json() == {"sessions": 1}
    assert {(cookie["value"], cookie["max-age"]) for cookie in set_cookies(answer).values()} == {("", "0")}
    assert not dict(browser.http.cookies)


def test_logging_out_with_the_refresh_cookie_alone(browser: Browser) -> None:
    browser.http.cookies.delete("umt_access")
    assert browser.posts("logout").status_code == 403
    assert browser.posts("logout", browser.csrf).json() == {"sessions": 1}


def test_a_bearer_token_wins_over_cookies(browser: Browser, ada: Visitor) -> None:
    bearer = {"Authorization": f"Bearer {ada.session['token']}"}
    answer = browser.sends(ME, **bearer).json()
    assert answer["data"]["me"]["user"]["email"] == ada.email
    wrong = browser.sends(ME, Authorization="Bearer nonsense").json()
    assert wrong["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "https://app.example.com", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Origin": "https://app.example.com.evil.example"}, 403),
    ],
)
def test_no_foreign_page_signs_a_visitor_in(url: str, headers: dict[str, str], status: int) -> None:
    with Browser(url) as browser:
        browser.registers()
        given = {"email": browser.email, "password": PASSWORD}
        assert browser.posts("login", headers, **given, cookies=True).status_code == status
        assert browser.posts("login", headers, **given).status_code == 200, "tokens in the body harm nobody"


def test_the_own_page_signs_in(browser: Browser) -> None:
    own = {"Origin": str(browser.http.base_url).rstrip("/")}
    assert browser.posts("login", own, email=browser.email, password=PASSWORD, cookies=True).status_code == 200
