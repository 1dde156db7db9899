"""Pages of lists: forward and backward, with truth about what lies on either side, and cursors that hold still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.conftest import Statements

from umt.api import positions

INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
PAGE = f"{{ edges {{ cursor node {{ id }} }} nodes {{ id }} {INFO} }}"
BRANDS = (
    "query($first: Int, $after: String, $last: Int, $before: String, $p: String)"
    f" {{ list: brands(first: $first, after: $after, last: $last, before: $before, atLeast: $p) {PAGE} }}"
)


def ids(page: dict[str, Any]) -> list[Any]:
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    ends = [edge["cursor"] for edge in page["edges"]]
    assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (
        (ends[0], ends[-1]) if ends else (None, None)
    )
    return [node["id"] for node in page["nodes"]]


def sides(page: dict[str, Any]) -> tuple[bool, bool]:
    """Whether there is more before it and behind it."""
    return page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]


def forward(caller: Caller, query: str, size: int, **variables: Any) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page = caller.asks(query, first=size, after=after, **variables)["list"]
        yield page
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return


def backward(caller: Caller, query: str, size: int, **variables: Any) -> Iterator[dict[str, Any]]:
    before = None
    while True:
        page = caller.asks(query, last=size, before=before, **variables)["list"]
        yield page
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            return


@pytest.fixture
def made(caller: Caller) -> list[str]:
    """Seven brands that the list shows, the newest first."""
    brands = [caller.brand() for _ in range(7)]
    position = caller.mutates("renameBrand", {"brand": brands[0], "name": "The first"}, "position")["position"]
    caller.asks(BRANDS, first=1, p=position)
    return brands[::-1]


def test_a_list_is_the_same_from_either_end(caller: Caller, made: list[str]) -> None:
    there = list(forward(caller, BRANDS, 3))
    back = list(backward(caller, BRANDS, 3))
    assert [ids(page) for page in there] == [made[:3], made[3:6], made[6:]]
    assert [ids(page) for page in back] == [made[4:], made[1:4], made[:1]]
    assert [sides(page) for page in there] == [(False, True), (True, True), (True, False)]
    assert [sides(page) for page in back] == [(True, False), (True, True), (False, True)]


def test_a_page_may_lie_between_two_cursors(caller: Caller, made: list[str]) -> None:
    cursors = [edge["cursor"] for edge in caller.asks(BRANDS, first=7)["list"]["edges"]]
    between = caller.asks(BRANDS, first=10, after=cursors[1], before=cursors[5])["list"]
    assert (ids(between), sides(between)) == (made[2:5], (True, True))
    last = caller.asks(BRANDS, last=2, after=cursors[1], before=cursors[5])["list"]
    assert (ids(last), sides(last)) == (made[3:5], (True, True))
    nothing = caller.asks(BRANDS, first=10, after=cursors[5], before=cursors[1])["list"]
    assert (ids(nothing), sides(nothing)) == ([], (True, True))
    behind = caller.asks(BRANDS, first=10, after=cursors[6])["list"]
    assert (ids(behind), sides(behind)) == ([], (True, False))


def test_what_is_gone_lies_on_no_side(caller: Caller, made: list[str]) -> None:
    """The cursor's own item and all before it have left the list: there is no page before any more."""
    query = BRANDS.replace("brands(", "brands(filter: {archived: false}, ")
    after = caller.asks(query, first=2)["list"]["pageInfo"]["endCursor"]
    assert sides(caller.asks(query, first=2, after=after)["list"]) == (True, True)
    for brand in made[:2]:
        position = caller.mutates("archiveBrand", {"brand": brand}, "position")["position"]
    page = caller.asks(query, first=2, after=after, p=position)["list"]
    assert (ids(page), sides(page)) == (made[2:4], (False, True))


def test_pages_hold_still_while_things_are_made(caller: Caller, made: list[str]) -> None:
    seen = []
    for page in forward(caller, BRANDS, 3):
        seen += ids(page)
        caller.brand()
    assert seen == made


def test_one_of_first_and_last_says_how_many(caller: Caller) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "first"),
        ({"first": None, "last": None}, "first"),
        ({"first": 1, "last": 1}, "last"),
        *(({"first": wrong}, "first") for wrong in (0, -1, 101, 2**31 - 1)),
        *(({"last": wrong}, "last") for wrong in (0, -1, 101, -(2**31))),
    ]
    for given, field in cases:
        error = caller.fails(BRANDS, **given)
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field), given


@pytest.mark.parametrize("argument", ["after", "before"])
def test_a_cursor_belongs_to_its_list(caller: Caller, argument: str) -> None:
    brand = caller.brand()
    page = caller.asks("query($i: ID!) { history(subject: $i, first: 9) { pageInfo { endCursor } } }", i=brand)
    for cursor in (
        page["history"]["pageInfo"]["endCursor"],
        "",
        "AAAA",
        "W10",
        "é",
        positions.encode(1),
        positions.opaque(b'["brands",1,2]'),
        positions.opaque(b'["brands-created_at","2026-01-31T09:00:00Z"]'),
        positions.opaque(b'["brands-created_at","2026-01-31T09:00:00","2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"]'),
        positions.opaque(b'["brands+created_at","2026-01-31T09:00:00Z","2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"]'),
    ):
        error = caller.fails(BRANDS, first=1, **{argument: cursor})
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", argument)


def test_a_list_is_counted_only_when_that_is_asked_for(caller: Caller, made: list[str], statements: Statements) -> None:
    def counts(query: str) -> int:
        return sum("count(*)" in each for each in statements.of(lambda: caller.asks(query)))

    assert counts("{ brands(first: 2) { nodes { id } } }") == 0
    assert counts("{ brands(first: 2) { totalCount } }") == 1
    caller.mutates("archiveBrand", {"brand": made[0]})
    position = caller.mutates("archiveBrand", {"brand": made[1]}, "position")["position"]
    found = caller.asks(
        "query($p: String) { all: brands(first: 1, atLeast: $p) { totalCount }"
        " archived: brands(filter: {archived: true}, last: 1, atLeast: $p) { totalCount } }",
        p=position,
    )
    assert found == {"all": {"totalCount": 7}, "archived": {"totalCount": 2}}


def test_lists_that_are_read_elsewhere_have_pages_and_counts_too(caller: Caller) -> None:
    brand = caller.brand()
    for number in range(4):
        caller.mutates("renameBrand", {"brand": brand, "name": f"Name {number}"})
    history = (
        "query($first: Int, $after: String, $last: Int, $before: String, $s: ID!)"
        " { list: history(subject: $s, first: $first, after: $after, last: $last, before: $before)"
        f" {{ totalCount edges {{ cursor node {{ id: version }} }} nodes {{ id: version }} {INFO} }} }}"
    )
    assert [ids(page) for page in forward(caller, history, 2, s=brand)] == [[1, 2], [3, 4], [5]]
    assert [ids(page) for page in backward(caller, history, 2, s=brand)] == [[4, 5], [2, 3], [1]]
    own = caller.asks(
        "query($u: ID!, $b: ID!) { history(subject: $b, last: 1) { totalCount }"
        " subjectExport(user: $u) { events(last: 2) { totalCount nodes { text } pageInfo { hasPreviousPage } }"
        "  securityEvents(last: 1) { totalCount nodes { kind } } }"
        " securityEvents(first: 1) { totalCount } erasures(last: 1) { totalCount nodes { user } } }",
        u=str(caller.user),
        b=brand,
    )
    assert own["history"]["totalCount"] == 5
    assert own["subjectExport"]["events"]["totalCount"] > len(own["subjectExport"]["events"]["nodes"]) == 2
    assert own["subjectExport"]["events"]["pageInfo"] == {"hasPreviousPage": True}
    assert own["erasures"] == {"totalCount": 0, "nodes": []}
