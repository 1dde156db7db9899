"""Lists by REST: page by page, in an order, of what is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.rest.marketer import CAMPAIGNS, Marketer, problem


def walk(dana: Marketer, **asked: Any) -> list[list[str]]:
    """The names on each page, by following the links."""
    page, pages = dana.sees(CAMPAIGNS, **asked), []
    while True:
        pages.append([each["name"] for each in page["items"]])
        if page["next"] is None:
            return pages
        answer = dana.http.get(page["next"])
        page = answer.json()
        assert ("link" in answer.headers) == (page["next"] is not None)


@pytest.fixture
def three(dana: Marketer) -> Marketer:
    for name in ("Beta", "Alpha", "Gamma"):
        dana.campaign(name=name)
    return dana


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("-createdAt", ["Gamma", "Alpha", "Beta"]),
        ("createdAt", ["Beta", "Alpha", "Gamma"]),
        ("name", ["Alpha", "Beta", "Gamma"]),
        ("-name", ["Gamma", "Beta", "Alpha"]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_every_campaign_is_on_one_page_in_the_order(three: Marketer, sort: str, names: list[str], limit: int) -> None:
    pages = walk(three, sort=sort, limit=limit)
    assert [name for page in pages for name in page] == names
    assert all(len(page) == limit for page in pages[:-1])


def test_the_newest_come_first_twenty_at_a_time(dana: Marketer) -> None:
    for n in range(21):
        dana.campaign(name=f"{n}")
    assert [len(page) for page in walk(dana)] == [20, 1]


def test_the_link_is_that_of_the_body(three: Marketer) -> None:
    answer = three.http.get(CAMPAIGNS, params={"limit": 1, "sort": "name"})
    assert answer.headers["link"] == f'<{answer.json()["next"]}>; rel="next"'


def test_pages_hold_still_while_campaigns_come_and_change(three: Marketer) -> None:
    first = three.sees(CAMPAIGNS, limit=2)
    three.campaign(name="Delta")
    three.http.patch(f"{CAMPAIGNS}/{first['items'][0]['id']}", json={"name": "Other"})
    second = three.http.get(first["next"]).json()
    assert [each["name"] for each in second["items"]] == ["Beta"]


def test_only_what_is_asked_for(three: Marketer) -> None:
    put_away = three.campaign(name="Old")
    three.http.delete(put_away)
    three.campaign(name="Else", brand=three.caller.brand(), platforms=["linkedin"])
    assert walk(three, sort="name") == [["Alpha", "Beta", "Else", "Gamma"]]
    assert walk(three, status="archived") == [["Old"]]
    assert walk(three, sort="name", status=["archived", "draft"]) == [["Alpha", "Beta", "Else", "Gamma", "Old"]]
    assert walk(three, status="live") == [[]]
    assert walk(three, sort="name", brand=three.brand) == [["Alpha", "Beta", "Gamma"]]
    assert walk(three, platform="linkedin") == [["Else"]]
    assert walk(three, sort="name", platform="google", limit=2) == [["Alpha", "Beta"], ["Gamma"]]


def test_a_cursor_is_of_its_own_list_only(three: Marketer) -> None:
    cursor = three.sees(CAMPAIGNS, limit=1)["next"].partition("cursor=")[2]
    for asked in ({"cursor": cursor, "sort": "name"}, {"cursor": "x"}, {"cursor": ""}, {"cursor": "WyJhIl0"}):
        refused = problem(three.http.get(CAMPAIGNS, params=asked))
        assert (refused["status"], refused["errors"][0]["parameter"]) == (400, "cursor")


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"sort": "budget"}, "sort"),
        ({"status": "gone"}, "status.0"),
        ({"brand": "x"}, "brand"),
        ({"platform": "myspace"}, "platform"),
        ({"state": "live"}, "state"),
    ],
)
def test_a_parameter_that_is_wrong_or_unknown_is_named(dana: Marketer, asked: dict[str, Any], parameter: str) -> None:
    refused = problem(dana.http.get(CAMPAIGNS, params=asked))
    assert (refused["status"], [each["parameter"] for each in refused["errors"]]) == (400, [parameter])
