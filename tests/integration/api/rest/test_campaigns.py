"""Campaigns by REST: set up, looked at, replaced as a whole or in part, put away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.integration.api.rest.marketer import CAMPAIGNS, Marketer, problem
from tests.integration.api.routes import PLAN

from umt.api import positions

EUR = "EUR"


def share(platform: str, amount: str) -> dict[str, Any]:
    return {"platform": platform, "amount": {"amount": amount, "currency": EUR}}


def test_a_campaign_is_set_up_with_its_shares(dana: Marketer) -> None:
    made = dana.sets_up(allocation=[share("facebook", "1000"), share("google", "3500.5")])
    assert made.status_code == 201
    told = made.json()
    assert made.headers["location"] == made.headers["content-location"] == f"{CAMPAIGNS}/{told['id']}"
    assert (made.headers["etag"], told["version"]) == ('"v2"', 2)
    assert made.headers["umt-position"] == told["position"]
    assert told["totalBudget"] == {"amount": "6000.00", "currency": EUR}
    assert told["allocation"] == [
        {"platform": "google", "amount": {"amount": "3500.50", "currency": EUR}, "paused": False},
        {"platform": "facebook", "amount": {"amount": "1000.00", "currency": EUR}, "paused": False},
    ]
    assert told["reserve"] == {"amount": "1499.50", "currency": EUR}
    assert (told["status"], told["brand"], told["objective"]) == ("draft", dana.brand, "sales")
    assert told["schedule"] == PLAN["schedule"]


def test_what_was_made_is_what_is_there(dana: Marketer) -> None:
    made = dana.sets_up()
    assert dana.sees(made.headers["location"]) == made.json()
    there = dana.http.get(made.headers["location"])
    assert (there.headers["etag"], there.headers["cache-control"]) == (made.headers["etag"], "private, no-cache")


def test_a_campaign_that_cannot_pay_its_shares_is_not_set_up_at_all(dana: Marketer) -> None:
    refused = problem(dana.sets_up(allocation=[share("google", "6000.01")]))
    assert (refused["status"], refused["code"], refused["domainCode"]) == (409, "CONFLICT", "INSUFFICIENT_BUDGET")
    assert dana.sees(CAMPAIGNS)["items"] == []


def test_a_key_makes_a_request_safe_to_repeat(dana: Marketer) -> None:
    first, again = dana.sets_up("k-1"), dana.sets_up("k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert len(dana.sees(CAMPAIGNS)["items"]) == 1
    other = problem(dana.sets_up("k-1", name="Summer"))
    assert (other["status"], other["code"]) == (409, "CONFLICT")


def test_a_retry_of_a_change_is_answered_although_its_etag_is_past(dana: Marketer) -> None:
    campaign = dana.campaign()
    headers = {"If-Match": '"v1"', "Idempotency-Key": "rename"}
    first, again = (dana.http.patch(campaign, json={"name": "Summer"}, headers=headers) for _ in range(2))
    assert (first.status_code, first.headers["etag"], again.status_code) == (200, '"v2"', 200)
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_must_be_printable(dana: Marketer, key: str) -> None:
    refused = problem(dana.sets_up(key))
    assert (refused["status"], refused["field"]) == (400, "Idempotency-Key")
    assert [each["header"] for each in refused["errors"]] == ["Idempotency-Key"]


def test_a_plan_is_replaced_as_a_whole_in_one_step(dana: Marketer) -> None:
    campaign = dana.campaign(allocation=[share("google", "6000")])
    plan = {
        "name": "Summer",
        "objective": "leads",
        "totalBudget": {"amount": "8000", "currency": EUR},
        "schedule": {"startsOn": "2026-06-01", "endsOn": "2026-06-30", "timeZone": "UTC"},
        "platforms": ["linkedin"],
        "allocation": [share("linkedin", "7000")],
    }
    done = dana.http.put(campaign, json=plan, headers={"If-Match": '"v2"'})
    assert (done.status_code, done.headers["etag"]) == (200, '"v3"')
    told = dana.sees(campaign)
    assert told == done.json()
    assert {name: told[name] for name in ("name", "objective", "schedule", "platforms")} == {
        name: plan[name] for name in ("name", "objective", "schedule", "platforms")
    }
    assert (told["totalBudget"]["amount"], told["reserve"]["amount"]) == ("8000.00", "1000.00")


def test_what_is_replaced_by_the_same_stays_as_it_is(dana: Marketer) -> None:
    campaign = dana.campaign()
    again = dana.http.put(campaign, json=PLAN)
    assert (again.status_code, again.headers["etag"]) == (200, '"v1"')


def test_nothing_is_replaced_if_a_part_cannot_be(dana: Marketer) -> None:
    campaign = dana.campaign()
    before = dana.sees(campaign)
    refused = problem(dana.http.put(campaign, json={**PLAN, "name": "Summer", "allocation": [share("google", "9999")]}))
    assert (refused["status"], refused["domainCode"]) == (409, "INSUFFICIENT_BUDGET")
    assert dana.sees(campaign) == before


def test_a_replacement_says_everything(dana: Marketer) -> None:
    refused = problem(dana.http.put(dana.campaign(), json={"name": "Summer"}))
    missing = {each["pointer"] for each in refused["errors"]}
    assert missing == {"#/objective", "#/totalBudget", "#/schedule", "#/platforms", "#/allocation"}


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
def test_a_part_is_replaced_and_the_rest_stays(dana: Marketer, media_type: str) -> None:
    campaign = dana.campaign(allocation=[share("google", "10")])
    headers = {"content-type": media_type}
    done = dana.http.patch(campaign, content=b'{"name": "Summer"}', headers=headers)
    assert done.status_code == 200
    told = done.json()
    assert (told["name"], told["objective"], told["reserve"]["amount"]) == ("Summer", "sales", "5990.00")


def test_a_part_that_must_be_there_cannot_be_taken_away(dana: Marketer) -> None:
    refused = problem(dana.http.patch(dana.campaign(), json={"name": None}))
    assert (refused["status"], refused["errors"][0]["pointer"]) == (400, "#/name")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("status", "live"),
        ("brand", str(UUID(int=7))),
        ("adSets", []),
        ("version", 7),
        ("approvedBy", None),
        ("score", "1"),
    ],
)
def test_what_is_changed_in_another_way_says_so(dana: Marketer, member: str, value: Any) -> None:
    campaign = dana.campaign()
    for answer in (
        dana.http.patch(campaign, json={member: value}),
        dana.http.put(campaign, json={**PLAN, member: value}),
    ):
        refused = problem(answer)
        assert (refused["status"], refused["field"]) == (400, member)
        assert refused["errors"][0]["pointer"] == f"#/{member}"
        assert "is read-only here" in refused["detail"]


def test_a_campaign_that_is_put_away_stays_with_its_history(dana: Marketer) -> None:
    campaign = dana.campaign()
    gone = dana.http.delete(campaign)
    assert (gone.status_code, gone.json()["status"], gone.headers["etag"]) == (200, "archived", '"v2"')
    assert dana.sees(campaign)["status"] == "archived"
    history = dana.caller.asks(
        "query($i: ID!) { history(subject: $i, first: 9) { nodes { eventType } } }", i=gone.json()["id"]
    )["history"]["nodes"]
    assert [entry["eventType"] for entry in history] == ["campaign.created", "campaign.archived"]
    again = dana.http.delete(campaign)
    assert (again.status_code, again.headers["etag"]) == (200, '"v2"')
    refused = problem(dana.http.patch(campaign, json={"name": "Summer"}))
    assert (refused["status"], refused["domainCode"]) == (409, "WRONG_STATUS")


def test_a_change_is_in_what_is_read_at_its_position(dana: Marketer) -> None:
    campaign = dana.campaign()
    for n in range(20):
        done = dana.http.patch(campaign, json={"name": f"Name {n}"})
        seen = dana.http.get(campaign, params={"atLeast": done.headers["umt-position"]})
        assert seen.json()["name"] == f"Name {n}"


@pytest.mark.parametrize("given", ["", "nonsense", "dW10OjI6MQ"])
def test_a_position_is_one_that_was_given(dana: Marketer, given: str) -> None:
    refused = problem(dana.http.get(dana.campaign(), params={"atLeast": given}))
    assert (refused["status"], refused["errors"][0]["parameter"]) == (400, "atLeast")


def test_a_position_that_is_not_reached_is_told_as_such(dana: Marketer) -> None:
    answer = dana.http.get(CAMPAIGNS, params={"atLeast": positions.encode(10**9)})
    stale = problem(answer)
    assert (stale["status"], stale["code"], stale["reason"]) == (503, "STALE_READ", "LAGGING")
    assert stale["wanted"] == positions.encode(10**9)
    assert answer.headers["retry-after"] == "1"
