"""A campaign's life by REST: approved, launched, paused, its money moved, judged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.api.rest.marketer import CAMPAIGNS, Marketer, problem
from tests.unit.domain import stories

from umt.domain.agent_run import AgentRun, DecisionMade, RunStarted
from umt.domain.campaign import Campaign
from umt.domain.content import Content
from umt.domain.event import Event

EUR = "EUR"
BOTH = {"google": "600 EUR", "linkedin": "300 EUR"}


def campaign(dana: Marketer, *history: Event) -> str:
    """The address of a campaign with this history."""
    stream = uuid4()
    dana.has(*history, kind=Campaign, stream=stream)
    return f"{CAMPAIGNS}/{stream}"


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": EUR}


def test_an_ad_set_is_added_and_removed(dana: Marketer) -> None:
    content = uuid4()
    dana.has(*stories.published_content(), kind=Content, stream=content)
    address = dana.campaign()
    given = {
        "platform": "google",
        "name": "Hikers",
        "content": str(content),
        "audience": {"name": "Hikers", "ageFrom": 20, "ageTo": 40, "interests": ["mountains"]},
        "bid": money("1.50"),
    }
    added = dana.http.post(f"{address}/ad-sets", json=given)
    assert added.status_code == 200
    (ad_set,) = added.json()["adSets"]
    assert (ad_set["name"], ad_set["bid"], ad_set["creative"]["content"]) == ("Hikers", money("1.50"), str(content))
    assert (ad_set["audience"]["ageFrom"], ad_set["audience"]["interests"]) == (20, ["mountains"])
    removed = dana.http.delete(f"{address}/ad-sets/{ad_set['id']}")
    assert (removed.status_code, removed.json()["adSets"]) == (200, [])
    assert problem(dana.http.delete(f"{address}/ad-sets/{ad_set['id']}"))["status"] == 404


def test_a_campaign_goes_its_way(dana: Marketer) -> None:
    address = campaign(dana, *stories.ready_campaign(google="600 EUR"))
    approved = dana.http.post(f"{address}/approve").json()
    assert (approved["status"], approved["approvedBy"][:5]) == ("approved", "user:")
    revised = dana.http.patch(address, json={"name": "Summer"}).json()
    assert (revised["status"], revised["approvedBy"]) == ("draft", None)
    last = revised["schedule"] | {"endsOn": "2030-12-31"}
    dana.http.patch(address, json={"schedule": last})
    dana.http.post(f"{address}/approve")
    assert dana.http.post(f"{address}/launch").json()["status"] == "live"
    assert dana.http.post(f"{address}/pause", json={"reason": "Stock ran out."}).json()["status"] == "paused"
    assert dana.http.post(f"{address}/resume").json()["status"] == "live"


def test_one_platform_is_paused_and_resumed(dana: Marketer) -> None:
    address = campaign(dana, *stories.live_campaign(**BOTH))
    paused = dana.http.post(f"{address}/pause", json={"reason": "Too dear.", "platform": "google"}).json()
    assert [(of["platform"], of["paused"]) for of in paused["allocation"]] == [("google", True), ("linkedin", False)]
    resumed = dana.http.post(f"{address}/resume", json={"platform": "google"}).json()
    assert not any(of["paused"] for of in resumed["allocation"])


def test_money_moves(dana: Marketer) -> None:
    address = campaign(dana, *stories.live_campaign(**BOTH))
    given: dict[str, Any] = {"source": "google", "target": "linkedin", "amount": money("100"), "reason": "Better."}
    moved = dana.http.post(f"{address}/reallocate", json=given).json()
    assert [of["amount"]["amount"] for of in moved["allocation"]] == ["500.00", "400.00"]
    raised = dana.http.post(
        f"{address}/raise-budget", json={"platform": "google", "amount": money("40"), "reason": "Good."}
    ).json()
    assert ([of["amount"]["amount"] for of in raised["allocation"]], raised["reserve"]) == (
        ["540.00", "400.00"],
        money("60.00"),
    )
    refused = problem(dana.http.post(f"{address}/reallocate", json={**given, "amount": money("1000")}))
    assert (refused["status"], refused["domainCode"]) == (409, "INSUFFICIENT_BUDGET")
    assert refused["errors"][0]["pointer"] == "#/amount"


def test_the_plan_of_a_campaign_that_runs_stays(dana: Marketer) -> None:
    address = campaign(dana, *stories.live_campaign(**BOTH))
    refused = problem(dana.http.patch(address, json={"totalBudget": money("2000")}))
    assert (refused["status"], refused["domainCode"]) == (409, "WRONG_STATUS")
    assert "live" in refused["detail"]


def test_a_judgement_is_asked_for_and_its_decisions_are_told(dana: Marketer) -> None:
    address = campaign(dana, *stories.live_campaign(**BOTH))
    asked = dana.http.post(f"{address}/optimize", json={"reason": "before the board meets"})
    assert (asked.status_code, asked.json()["status"]) == (202, "live")
    assert asked.headers["link"] == f'<{address}/decisions>; rel="monitor"'
    assert dana.sees(f"{address}/decisions") == {"items": [], "next": None}
    subject = UUID(address.rpartition("/")[2])
    for n in range(3):
        decided = DecisionMade(
            "reallocate",
            "campaign",
            subject,
            "LinkedIn returns more.",
            "reallocate",
            target="google>linkedin",
            amount=Decimal(10 + n),
            currency=EUR,
            confidence=Decimal("0.8"),
        )
        started = RunStarted("content-ads", uuid4(), "campaign.optimization_requested", 1, "campaign", subject)
        dana.has(started, decided, kind=AgentRun, stream=uuid4())
    page = dana.sees(f"{address}/decisions", limit=2)
    assert [each["amount"] for each in page["items"]] == ["12.00", "11.00"]
    assert page["items"][0] | {"decidedAt": None} == {
        "agent": "content-ads",
        "action": "reallocate",
        "target": "google>linkedin",
        "amount": "12.00",
        "currency": EUR,
        "reason": "LinkedIn returns more.",
        "rule": "reallocate",
        "score": None,
        "confidence": "0.8",
        "success": None,
        "error": None,
        "decidedAt": None,
    }
    rest = dana.http.get(page["next"]).json()
    assert ([each["amount"] for each in rest["items"]], rest["next"]) == (["10.00"], None)


@pytest.mark.parametrize("action", ["approve", "launch", "resume", "optimize"])
def test_what_the_status_does_not_allow_is_a_conflict(dana: Marketer, action: str) -> None:
    refused = problem(dana.http.post(f"{dana.campaign()}/{action}"))
    assert (refused["status"], refused["code"]) == (409, "CONFLICT")
    assert refused["domainCode"] in ("WRONG_STATUS", "NOT_READY")
