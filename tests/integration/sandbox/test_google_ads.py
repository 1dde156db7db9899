"""Google Ads over REST: mutate, search, page, and fail as GoogleAdsFailure."""

from typing import Any

import httpx
import pytest
from tests.integration.sandbox.kit import GOOGLE, NOT_POLITICAL, Outside

ME = "1000000001"


def failure(reply: httpx.Response) -> dict[str, Any]:
    """The first GoogleAdsError of a refusal."""
    error = reply.json()["error"]
    assert error["code"] == reply.status_code
    (details,) = error["details"]
    assert details["@type"] == "type.googleapis.com/google.ads.googleads.v21.errors.GoogleAdsFailure"
    assert details["requestId"]
    first: dict[str, Any] = details["errors"][0]
    return first


def test_what_is_created_is_found_by_name_and_updated(outside: Outside) -> None:
    budget, campaign, ad = outside.google_bought(ME)
    query = "SELECT campaign.id, campaign.name, campaign.status, campaign_budget.total_amount_micros FROM campaign"
    (row,) = outside.google_search(ME, f"{query} WHERE campaign.name = 'Spring'")["results"]
    assert row["campaign"] == {
        "resourceName": campaign, "id": campaign.split("/")[-1], "name": "Spring", "status": "ENABLED",
    }  # fmt: skip
    assert row["campaignBudget"] == {"resourceName": budget, "totalAmountMicros": "3000000000"}
    assert "results" not in outside.google_search("1000000002", f"{query} WHERE campaign.name = 'Spring'")

    reply = outside.google(
        ME, "campaigns", {"update": {"resourceName": campaign, "status": "PAUSED"}, "updateMask": "status"}
    )
    assert reply.json() == {"results": [{"resourceName": campaign}]}
    change = {"resourceName": budget, "totalAmountMicros": "4000000000"}
    assert (
        outside.google(ME, "campaignBudgets", {"update": change, "updateMask": "total_amount_micros"}).status_code
        == 200
    )
    change = {"resourceName": ad, "status": "PAUSED"}
    assert outside.google(ME, "adGroupAds", {"update": change, "updateMask": "status"}).status_code == 200
    (row,) = outside.google_search(ME, query)["results"]
    assert (row["campaign"]["status"], row["campaignBudget"]["totalAmountMicros"]) == ("PAUSED", "4000000000")


def test_a_name_is_taken_until_its_campaign_is_removed(outside: Outside) -> None:
    account = "1000000003"
    budget, campaign, _ = outside.google_bought(account)
    fields = {
        "name": "Spring", "campaignBudget": budget, "advertisingChannelType": "SEARCH", "manualCpc": {},
        "containsEuPoliticalAdvertising": NOT_POLITICAL,
    }  # fmt: skip
    error = failure(outside.google(account, "campaigns", {"create": fields}))
    assert error["errorCode"] == {"campaignError": "DUPLICATE_CAMPAIGN_NAME"}
    path = error["location"]["fieldPathElements"]
    assert path == [{"fieldName": "operations", "index": 0}, {"fieldName": "create"}, {"fieldName": "name"}]
    assert outside.google(account, "campaigns", {"remove": campaign}).status_code == 200
    assert outside.google(account, "campaigns", {"create": fields}).status_code == 200


def test_operations_fail_together_or_in_part(outside: Outside) -> None:
    account = "1000000004"
    good, bad = ({"create": {"name": name, "amountMicros": "5000000"}} for name in ("A", ""))
    error = failure(outside.google(account, "campaignBudgets", good, bad))
    assert error["errorCode"] == {"stringLengthError": "EMPTY"}
    assert error["location"]["fieldPathElements"][0] == {"fieldName": "operations", "index": 1}
    query = "SELECT campaign_budget.name FROM campaign_budget"
    assert "results" not in outside.google_search(account, query)

    assert outside.google(account, "campaignBudgets", good, validateOnly=True).json() == {}
    assert "results" not in outside.google_search(account, query)

    body = outside.google(account, "campaignBudgets", good, bad, partialFailure=True).json()
    assert body["results"][0]["resourceName"]
    assert body["results"][1] == {}
    assert body["partialFailureError"]["details"][0]["errors"][0]["errorCode"] == {"stringLengthError": "EMPTY"}


def test_pages_are_followed_by_token(outside: Outside) -> None:
    account = "1000000005"
    operations = [{"create": {"name": f"B{n:04}", "amountMicros": "10000"}} for n in range(1100)]
    assert outside.google(account, "campaignBudgets", *operations).status_code == 200
    query = "SELECT campaign_budget.name FROM campaign_budget ORDER BY campaign_budget.name"
    page = outside.google_search(account, query, searchSettings={"returnTotalResultsCount": True})
    assert page["totalResultsCount"] == "1100"
    names = [row["campaignBudget"]["name"] for row in page["results"]]
    while "nextPageToken" in page:
        page = outside.google_search(account, query, pageToken=page["nextPageToken"])
        names += [row["campaignBudget"]["name"] for row in page["results"]]
    assert names == [f"B{n:04}" for n in range(1100)]


def test_reports_by_day_and_in_total(outside: Outside) -> None:
    account = "1000000006"
    outside.google_bought(account)
    outside.advance_to("2026-01-15T00:00:00Z")
    days = outside.google_days(account)
    assert [day.date for day in days] == [f"2026-01-{n:02}" for n in range(6, 15)]
    query = "SELECT metrics.cost_micros, metrics.conversions FROM campaign WHERE segments.date DURING LAST_14_DAYS"
    (row,) = outside.google_search(account, query)["results"]
    assert int(row["metrics"]["costMicros"]) / 1e6 == pytest.approx(sum(day.spend for day in days))
    assert isinstance(row["metrics"]["conversions"], float)
    stream = f"/v21/customers/{account}/googleAds:searchStream"
    (batch,) = outside.post(stream, headers=GOOGLE, json={"query": query})
    assert batch["results"] == [row]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT campaign.id FROM nonsense", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT ad_group.id FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name ~ 'x'", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name =", "UNEXPECTED_END_OF_QUERY"),
        ("SELECT campaign.id FROM campaign LIMIT 0", "INVALID_LIMIT"),
        ("SELECT segments.date FROM campaign WHERE segments.date = 'x'", "INVALID_VALUE_WITH_BETWEEN_OPERATOR"),
        ("'" * 3, "UNEXPECTED_INPUT"),
    ],
)
def test_a_bad_query_is_a_query_error(outside: Outside, query: str, code: str) -> None:
    path = f"/v21/customers/{ME}/googleAds:search"
    reply = outside.http.post(path, headers=GOOGLE, json={"query": query})
    assert (reply.status_code, failure(reply)["errorCode"]) == (400, {"queryError": code})


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"name": "X"}, "fieldError", "REQUIRED"),
        ({"name": "X" * 256, "amountMicros": "10000"}, "stringLengthError", "TOO_LONG"),
        ({"name": "X", "amountMicros": "1234"}, "campaignBudgetError", "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"),
        ({"name": "X", "amountMicros": "-10000"}, "campaignBudgetError", "MONEY_AMOUNT_TOO_SMALL"),
        ({"name": "X", "amountMicros": "9" * 30}, "fieldError", "INVALID_VALUE"),
        ({"name": "X", "amountMicros": "10000", "period": "WEEKLY"}, "requestError", "INVALID_ENUM_VALUE"),
    ],
)
def test_a_bad_budget_is_refused(outside: Outside, fields: dict[str, str], kind: str, code: str) -> None:
    assert failure(outside.google(ME, "campaignBudgets", {"create": fields}))["errorCode"] == {kind: code}


def test_credentials(outside: Outside) -> None:
    path = f"/v21/customers/{ME}/googleAds:search"
    reply = outside.http.post(path, json={})
    assert (reply.status_code, reply.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    reply = outside.http.post(path, json={}, headers=GOOGLE | {"Authorization": "Bearer expired"})
    assert failure(reply)["errorCode"] == {"authenticationError": "OAUTH_TOKEN_EXPIRED"}
    reply = outside.http.post(path, json={}, headers={"Authorization": "Bearer x"})
    assert failure(reply)["errorCode"] == {"requestError": "DEVELOPER_TOKEN_PARAMETER_MISSING"}
    reply = outside.http.post("/v21/customers/12-34/googleAds:search", json={}, headers=GOOGLE)
    assert failure(reply)["errorCode"] == {"requestError": "INVALID_CUSTOMER_ID"}
    reply = outside.http.post(path, content=b"{", headers=GOOGLE)
    assert (reply.status_code, reply.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert outside.http.post("/v21/nonsense", headers=GOOGLE).status_code == 404
