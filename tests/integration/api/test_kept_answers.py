"""Whole answers are given again without asking the database, for as long as they are the right ones, and to nobody else."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import httpx
import pytest
from tests.integration.api.client import Caller
from tests.integration.api.conftest import Statements

LIST = "query($p: String) { brands(first: 10, atLeast: $p) { totalCount nodes { id name campaigns(first: 5) { nodes { name } } } } }"


@pytest.fixture
def caller(url: str) -> Caller:
    made = Caller(url).registers()
    made.brand("Alpina")
    return made


def get(caller: Caller, query: str, **headers: str) -> httpx.Response:
    return caller.http.get("/graphql", params={"query": query}, headers=headers)


def names(caller: Caller, **given: Any) -> list[str]:
    return [node["name"] for node in caller.asks(LIST, **given)["brands"]["nodes"]]


def until_nothing_is_asked(caller: Caller, statements: Statements) -> None:
    deadline = time.monotonic() + 10
    while statements.of(lambda: names(caller)):
        assert time.monotonic() < deadline, "the answer is not kept"


def test_an_answer_is_kept_until_something_it_shows_changes(caller: Caller, statements: Statements) -> None:
    until_nothing_is_asked(caller, statements)
    assert names(caller) == ["Alpina"]
    position = caller.mutates("createBrand", {"name": "Bergfex", "industry": {"name": "Outdoor"}})["position"]
    assert names(caller, p=position) == ["Bergfex", "Alpina"]
    assert names(caller) == ["Bergfex", "Alpina"], "who has changed something is not shown what was before"
    until_nothing_is_asked(caller, statements)
    assert names(caller) == ["Bergfex", "Alpina"]


def test_a_list_whose_statement_is_known_is_kept_and_changes_too(caller: Caller, statements: Statements) -> None:
    query = "query($n: Int) { campaigns(first: $n) { totalCount nodes { name } } }"
    brand = caller.brand("Cumulus")
    caller.campaign(brand, name="first")

    def found(number: int) -> tuple[int, list[str]]:
        campaigns = caller.asks(query, n=number)["campaigns"]
        return campaigns["totalCount"], [node["name"] for node in campaigns["nodes"]]

    deadline = time.monotonic() + 10
    while any(statements.of(partial(found, number)) for number in (5, 6, 7)):
        assert time.monotonic() < deadline, "the answers are not kept"
    caller.campaign(brand, name="second")
    deadline = time.monotonic() + 10
    while found(6) != (2, ["second", "first"]):
        assert found(6) in [(1, ["first"]), (2, ["second", "first"])]
        assert time.monotonic() < deadline, "the change is not seen"


def test_many_changes_are_each_seen_at_once(caller: Caller) -> None:
    for number in range(25):
        position = caller.mutates("createBrand", {"name": f"B{number}", "industry": {"name": "x"}})["position"]
        assert names(caller, p=position)[0] == f"B{number}"
        assert names(caller)[0] == f"B{number}"


def test_it_is_nobody_elses(url: str, caller: Caller, statements: Statements) -> None:
    until_nothing_is_asked(caller, statements)
    stranger = Caller(url).registers()
    assert names(stranger) == []
    stranger.http.headers.pop("Authorization")
    assert stranger.fails(LIST)["code"] == "UNAUTHENTICATED"


def test_who_may_not_see_it_does_not(url: str, caller: Caller, statements: Statements) -> None:
    until_nothing_is_asked(caller, statements)
    given = {"name": "reads contents", "scopes": ["content:read"], "holder": caller.session["user"]}
    key = caller.mutates("createApiKey", given, "key")["key"]
    narrow = Caller(url)
    narrow.http.headers["Authorization"] = f"Bearer {key}"
    assert narrow.fails(LIST)["code"] == "FORBIDDEN"


def test_a_browser_asks_whether_it_is_still_the_one(caller: Caller) -> None:
    query = "{ brands(first: 10) { nodes { name } } }"
    first = get(caller, query)
    assert first.headers["cache-control"] == "private, no-cache"
    again = get(caller, query, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    position = caller.mutates("createBrand", {"name": "Bergfex", "industry": {"name": "x"}})["position"]
    caller.asks(LIST, p=position)
    changed = get(caller, query, **{"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    "query", ["{ me { role } }", "{ clock { now } }", "{ sessions { id } }", "{ projections { name } }"]
)
def test_what_is_the_callers_own_or_the_moments_is_not_kept(caller: Caller, query: str) -> None:
    answer = get(caller, query)
    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_the_cost_is_told_and_never_more_than_was_asked_for(caller: Caller) -> None:
    costs = caller.posts(LIST, {})["extensions"]["cost"]
    assert 0 < costs["actual"] <= costs["requested"] == 1 + 1 + 10 * (1 + 1 + 5)
