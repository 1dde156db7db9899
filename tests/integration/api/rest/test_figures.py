"""Figures by REST: reported, and told by campaign, platform and day, and for the whole workspace."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.api.rest.marketer import CAMPAIGNS, Marketer, problem
from tests.integration.api.routes import REPORT
from tests.unit.domain import stories

from umt.domain.campaign import Campaign, CampaignScored, PlatformScore

JANUARY = {"since": "2026-01-01", "until": "2026-01-31"}


def reports(dana: Marketer, address: str, platform: str, day: str | None, **figures: Any) -> Any:
    given = {**REPORT, "platform": platform, "records": [{"ad": f"{platform} 1", "day": day, "figures": figures}]}
    answer = dana.http.post(f"{address}/metrics", json=given)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.fixture
def running(dana: Marketer) -> str:
    """The address of a campaign that runs on two platforms and was judged."""
    stream, day = uuid4(), stories.DURING
    judged = CampaignScored(
        stories.eur("0.64").amount, (PlatformScore(stories.GOOGLE, stories.eur("0.8").amount),), day
    )
    live = stories.live_campaign(google="600 EUR", linkedin="300 EUR")
    dana.has(*live, judged, kind=Campaign, stream=stream)
    address = f"{CAMPAIGNS}/{stream}"
    reports(
        dana,
        address,
        "google",
        "2026-01-10",
        impressions=1000,
        clicks=50,
        conversions=5,
        spend="620.50",
        revenue="1241",
    )
    reports(dana, address, "google", "2026-01-11", impressions=500, clicks=10, spend="0.000001")
    reports(dana, address, "linkedin", "2026-01-11", impressions=100)
    reports(dana, address, "linkedin", None, clicks=1, impressions=1, spend="30")
    return address


def test_a_report_says_whether_it_was_news(dana: Marketer) -> None:
    address = dana.campaign()
    first = reports(dana, address, "google", "2026-01-10", impressions=7)
    told = first.json()
    assert (told["campaign"], told["records"], told["news"]) == (address.rpartition("/")[2], 1, True)
    assert told["position"] == first.headers["umt-position"]
    assert reports(dana, address, "google", "2026-01-10", impressions=7).json()["news"] is False


def test_a_report_is_safe_to_repeat(dana: Marketer) -> None:
    address, headers = dana.campaign(), {"Idempotency-Key": "r"}
    first, again = (dana.http.post(f"{address}/metrics", json=REPORT, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"


def test_a_campaign_tells_its_money_and_what_it_brought_about(dana: Marketer, running: str) -> None:
    told = dana.sees(f"{running}/analytics", **JANUARY)
    assert {name: told[name] for name in ("currency", "budget", "remaining", "score", "since", "until")} == {
        "currency": "EUR",
        "budget": "1000.00",
        "remaining": "349.499999",
        "score": "0.64",
        **JANUARY,
    }
    totals = {"impressions": 1601, "clicks": 61, "conversions": 5, "spend": "650.500001", "revenue": "1241.00"}
    assert {name: told["totals"][name] for name in totals} == totals
    assert (told["totals"]["ctr"], told["totals"]["roas"], told["totals"]["conversionRate"]) == (
        "0.038101",
        "1.907763",
        "0.081967",
    )
    google, linkedin = told["platforms"]
    some = ("platform", "budget", "remaining", "active", "score", "spend")
    assert [{name: of[name] for name in some} for of in (google, linkedin)] == [
        {
            "platform": "google",
            "budget": "600.00",
            "remaining": "-20.500001",
            "active": True,
            "score": "0.80",
            "spend": "620.500001",
        },
        {
            "platform": "linkedin",
            "budget": "300.00",
            "remaining": "270.00",
            "active": True,
            "score": None,
            "spend": "30.00",
        },
    ]
    assert [(of["day"], of["platform"], of["impressions"], of["cpc"]) for of in told["days"]] == [
        ("2026-01-10", "google", 1000, "12.410000"),
        ("2026-01-11", "google", 500, "0.000000"),
        ("2026-01-11", "linkedin", 100, None),
    ]


def test_days_are_asked_for_by_the_first_and_the_last_one(dana: Marketer, running: str) -> None:
    def days(**asked: str) -> list[str]:
        return [of["day"] for of in dana.sees(f"{running}/analytics", **asked)["days"]]

    assert days(since="2026-01-11", until="2026-01-11") == ["2026-01-11", "2026-01-11"]
    assert days(until="2026-01-10") == ["2026-01-10"]
    assert days(until="2026-02-10") == []
    assert days(until="0001-01-05") == []


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"since": "2026-01-02", "until": "2026-01-01"}, "since"),
        ({"since": "2025-01-01", "until": "2026-01-02"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-02-30"}, "until"),
    ],
)
def test_days_that_cannot_be_asked_for(dana: Marketer, asked: dict[str, str], parameter: str) -> None:
    for address in (f"{dana.campaign()}/analytics", "/api/v1/dashboard"):
        refused = problem(dana.http.get(address, params=asked))
        assert (refused["status"], refused["errors"][0]["parameter"]) == (400, parameter)


def test_the_dashboard_shows_everything_at_a_glance(dana: Marketer, running: str) -> None:
    reports(dana, dana.campaign(), "google", "2026-01-10", impressions=9, spend="1")
    told = dana.sees("/api/v1/dashboard", **JANUARY)
    assert [(of["currency"], of["impressions"], of["spend"]) for of in told["totals"]] == [("EUR", 1610, "651.500001")]
    assert [(of["platform"], of["impressions"], of["spend"]) for of in told["platforms"]] == [
        ("google", 1509, "621.500001"),
        ("linkedin", 100, "0.00"),
    ]
    assert [(of["day"], of["impressions"], of["clicks"]) for of in told["days"]] == [
        ("2026-01-10", 1009, 50),
        ("2026-01-11", 600, 10),
    ]
    (campaign,) = told["campaigns"]
    some = ("id", "status", "budget", "remaining", "spend", "score")
    assert {name: campaign[name] for name in some} == {
        "id": running.rpartition("/")[2],
        "status": "live",
        "budget": "1000.00",
        "remaining": "349.499999",
        "spend": "650.500001",
        "score": "0.64",
    }
    counts = {"draft": 1, "approved": 0, "live": 1, "paused": 0, "completed": 0, "imported": 0, "archived": 0}
    assert told["campaignCounts"] == counts
    assert dana.sees("/api/v1/dashboard/summary") == {"totals": told["totals"], "campaignCounts": counts}


def test_a_campaign_without_figures_is_on_the_dashboard_too(dana: Marketer) -> None:
    dana.has(*stories.live_campaign(), kind=Campaign, stream=uuid4())
    (campaign,) = dana.sees("/api/v1/dashboard")["campaigns"]
    assert (campaign["remaining"], campaign["spend"], campaign["ctr"]) == ("1000.00", "0.00", None)


def test_figures_of_another_currency_are_refused(dana: Marketer) -> None:
    refused = problem(dana.http.post(f"{dana.campaign()}/metrics", json={**REPORT, "currency": "USD"}))
    assert (refused["status"], refused["errors"][0]["pointer"]) == (400, "#/currency")


@pytest.mark.parametrize(
    ("figures", "place"),
    [
        ({"impressions": -1}, "figures/impressions"),
        ({"impressions": 2**53}, "figures/impressions"),
        ({"impressions": 1.5}, "figures/impressions"),
        ({"impressions": "1"}, "figures/impressions"),
        ({"spend": 1}, "figures/spend"),
        ({"spend": "1e3"}, "figures/spend"),
        ({"spend": "NaN"}, "figures/spend"),
        ({"views": 1}, "figures/views"),
    ],
)
def test_a_figure_that_is_none_is_named_by_its_place(dana: Marketer, figures: dict[str, Any], place: str) -> None:
    given = {**REPORT, "records": [*REPORT["records"], {"ad": "2", "figures": figures}]}
    refused = problem(dana.http.post(f"{dana.campaign()}/metrics", json=given))
    assert (refused["status"], [each["pointer"] for each in refused["errors"]]) == (400, [f"#/records/1/{place}"])


@pytest.mark.parametrize("ad", ["", "x" * 501, "a\x00b"])
def test_an_ad_has_a_name_that_can_be_kept(dana: Marketer, ad: str) -> None:
    given = {**REPORT, "records": [{"ad": ad, "day": "2026-01-10", "figures": {}}]}
    assert problem(dana.http.post(f"{dana.campaign()}/metrics", json=given))["status"] == 400


def test_a_sum_that_readers_would_round_is_not_told(dana: Marketer) -> None:
    address, most = dana.campaign(), 2**53 - 1
    reports(dana, address, "google", "2026-01-10", impressions=most)
    assert dana.sees("/api/v1/dashboard/summary")["totals"][0]["impressions"] == most
    position = reports(dana, address, "google", "2026-01-11", impressions=most).headers["umt-position"]
    refused = problem(dana.http.get("/api/v1/dashboard/summary", params={"atLeast": position}))
    assert (refused["status"], refused["code"]) == (409, "OUT_OF_RANGE")
