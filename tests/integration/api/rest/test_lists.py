"""Lists by REST: page by page, in an order, of what is asked for."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.api.rest.marketer import CAMPAIGNS, Marketer, problem

from umt.domain.campaign import Campaign, CampaignImported
from umt.domain.platform import Platform


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
    """Three campaigns, each of which comes first by something."""
    for name, budget, last in (("beta", "300", "01-09"), ("Alpha", "200", "01-07"), ("Gamma", "100", "01-08")):
        schedule = {"startsOn": "2026-01-05", "endsOn": f"2026-{last}", "timeZone": "UTC"}
        dana.campaign(name=name, totalBudget={"amount": budget, "currency": "EUR"}, schedule=schedule)
    return dana


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("-createdAt", ["Gamma", "Alpha", "beta"]),
        ("createdAt", ["beta", "Alpha", "Gamma"]),
        ("updatedAt", ["beta", "Alpha", "Gamma"]),
        ("name", ["Alpha", "beta", "Gamma"]),
        ("-name", ["Gamma", "beta", "Alpha"]),
        ("endsOn", ["Alpha", "Gamma", "beta"]),
        ("totalBudget", ["Gamma", "Alpha", "beta"]),
        ("-totalBudget", ["beta", "Alpha", "Gamma"]),
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


@pytest.mark.parametrize("sort", ["startsOn", "-endsOn", "totalBudget"])
def test_what_has_no_such_value_is_on_one_page_too(three: Marketer, sort: str) -> None:
    for n in range(2):
        elsewhere = CampaignImported(f"Old {n}", f"{n}", "EUR", (Platform.GOOGLE,))
        three.has(elsewhere, kind=Campaign, stream=uuid4())
    names = [name for page in walk(three, sort=sort, limit=1) for name in page]
    assert sorted(names) == ["Alpha", "Gamma", "Old 0", "Old 1", "beta"]
    assert {name[:3] for name in (names[-2:] if sort.startswith("-") else names[:2])} == {"Old"}


def test_pages_hold_still_while_campaigns_come_and_change(three: Marketer) -> None:
    first = three.sees(CAMPAIGNS, limit=2)
    three.campaign(name="Delta")
    three.http.patch(f"{CAMPAIGNS}/{first['items'][0]['id']}", json={"name": "Other"})
    second = three.http.get(first["next"]).json()
    assert [each["name"] for each in second["items"]] == ["beta"]


def test_only_what_is_asked_for(three: Marketer) -> None:
    put_away = three.campaign(name="Old")
    three.http.delete(put_away)
    three.campaign(name="Else", brand=three.caller.brand(), platforms=["linkedin"])
    assert walk(three, sort="name") == [["Alpha", "beta", "Else", "Gamma"]]
    assert walk(three, status="archived") == [["Old"]]
    assert walk(three, sort="name", status=["archived", "draft"]) == [["Alpha", "beta", "Else", "Gamma", "Old"]]
    assert walk(three, status="live") == [[]]
    assert walk(three, sort="name", brand=three.brand) == [["Alpha", "beta", "Gamma"]]
    assert walk(three, platform="linkedin") == [["Else"]]
    assert walk(three, sort="name", platform="google", limit=2) == [["Alpha", "beta"], ["Gamma"]]


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
