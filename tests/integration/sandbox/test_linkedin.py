"""LinkedIn Marketing: Rest.li creates, partial updates, finders, analytics, and errors."""

from urllib.parse import quote

import pytest
from tests.integration.sandbox.kit import LINKEDIN, Outside

PATCH = LINKEDIN | {"X-RestLi-Method": "PARTIAL_UPDATE"}


def test_what_is_created_is_found_by_name_and_updated(outside: Outside) -> None:
    name = "Spring (1), a:b"
    _, campaign, creative = outside.linkedin_bought("500", name)
    path = "/rest/adAccounts/500/adCampaigns"
    found = outside.get(f"{path}?q=search&search=(name:(values:List({quote(name, safe='')})))", headers=LINKEDIN)
    assert [row["id"] for row in found["elements"]] == [int(campaign)]
    assert found["elements"][0]["totalBudget"] == {"amount": "3000.00", "currencyCode": "EUR"}
    other = outside.get(
        f"/rest/adAccounts/501/adCampaigns?q=search&search=(name:(values:List({quote(name, safe='')})))",
        headers=LINKEDIN,
    )
    assert other["elements"] == []

    patch = {"patch": {"$set": {"status": "PAUSED", "totalBudget": {"amount": "3500.00", "currencyCode": "EUR"}}}}
    reply = outside.http.post(f"{path}/{campaign}", headers=PATCH, json=patch)
    assert (reply.status_code, reply.content) == (204, b"")
    shown = outside.get(f"{path}/{campaign}", headers=LINKEDIN)
    assert (shown["status"], shown["totalBudget"]["amount"], shown["version"]["versionTag"]) == (
        "PAUSED",
        "3500.00",
        "2",
    )

    assert creative.startswith("urn%3Ali%3AsponsoredCreative%3A")
    shown = outside.get(f"/rest/adAccounts/500/creatives/{creative}", headers=LINKEDIN)
    assert (shown["name"], shown["intendedStatus"], shown["isServing"]) == ("Creative", "ACTIVE", False)
    found = outside.get(
        f"/rest/adAccounts/500/creatives?q=criteria&campaigns=List(urn%3Ali%3AsponsoredCampaign%3A{campaign})",
        headers=LINKEDIN,
    )
    assert [row["id"] for row in found["elements"]] == [shown["id"]]


def test_pages_are_followed_by_token(outside: Outside) -> None:
    for n in range(5):
        outside.linkedin("510", "adCampaignGroups", name=f"G{n}", status="DRAFT" if n == 4 else "ACTIVE")
    path = "/rest/adAccounts/510/adCampaignGroups?q=search&pageSize=2&search=(status:(values:List(ACTIVE)))"
    page = outside.get(path, headers=LINKEDIN)
    names = [row["name"] for row in page["elements"]]
    while token := page["metadata"].get("nextPageToken"):
        page = outside.get(f"{path}&pageToken={token}", headers=LINKEDIN)
        names += [row["name"] for row in page["elements"]]
    assert names == ["G0", "G1", "G2", "G3"]


def test_analytics_by_day_and_by_facet(outside: Outside) -> None:
    _, campaign, _ = outside.linkedin_bought("520")
    outside.linkedin_bought("521")
    outside.advance_to("2026-01-12T00:00:00Z")
    days = outside.linkedin_days("520")
    assert [day.date for day in days] == [f"2026-01-{n:02}" for n in range(6, 12)]
    (total,) = outside.get(
        "/rest/adAnalytics?q=analytics&pivot=CAMPAIGN&timeGranularity=ALL"
        "&dateRange=(start:(year:2026,month:1,day:1),end:(year:2026,month:1,day:31))"
        f"&campaigns=List(urn%3Ali%3AsponsoredCampaign%3A{campaign})&fields=pivotValues,costInLocalCurrency,clicks",
        headers=LINKEDIN,
    )["elements"]
    assert total["pivotValues"] == [f"urn:li:sponsoredCampaign:{campaign}"]
    assert float(total["costInLocalCurrency"]) == pytest.approx(sum(day.spend for day in days))


@pytest.mark.parametrize(
    ("edge", "fields", "code"),
    [
        ("adCampaignGroups", {"status": "ACTIVE"}, "MISSING_FIELD"),
        ("adCampaignGroups", {"name": "x", "status": "ON"}, "INVALID_VALUE"),
        ("adCampaignGroups", {"name": "x", "status": "ACTIVE", "account": "urn:li:sponsoredAccount:9"}, "INVALID_VALUE"),
        ("adCampaigns", {"name": "x", "type": "TEXT_AD", "costType": "CPM", "locale": {"country": "DE"},
                         "campaignGroup": "urn:li:sponsoredCampaignGroup:9",
                         "dailyBudget": {"amount": "10.00", "currencyCode": "EUR"}}, "INVALID_VALUE"),
        ("adCampaigns", {"name": "x", "type": "TEXT_AD", "costType": "CPM", "locale": {"country": "DE"},
                         "campaignGroup": "urn:li:sponsoredCampaignGroup:9"}, "MISSING_FIELD"),
        ("creatives", {"campaign": "urn:li:sponsoredCampaign:9", "intendedStatus": "ACTIVE"}, "MISSING_FIELD"),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused(outside: Outside, edge: str, fields: dict[str, object], code: str) -> None:
    body = {"account": "urn:li:sponsoredAccount:530"} | fields
    reply = outside.http.post(f"/rest/adAccounts/530/{edge}", headers=LINKEDIN, json=body)
    assert (reply.status_code, reply.json()["status"], reply.json()["code"]) == (400, 400, code)
    assert reply.json()["serviceErrorCode"] == 100


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("-5.00", "EUR"), ("NaN", "EUR"), ("1e99999", "EUR"), ("10.001", "EUR"), (10, "EUR"), ("10.00", "USD")],
)
def test_a_bad_budget_is_refused(outside: Outside, amount: object, currency: str) -> None:
    _, campaign, _ = outside.linkedin_bought("540")
    patch = {"patch": {"$set": {"totalBudget": {"amount": amount, "currencyCode": currency}}}}
    reply = outside.http.post(f"/rest/adAccounts/540/adCampaigns/{campaign}", headers=PATCH, json=patch)
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_VALUE")


def test_the_total_is_not_below_the_daily_budget(outside: Outside) -> None:
    _, campaign, _ = outside.linkedin_bought("545", amount="50.00")
    patch = {"patch": {"$set": {"dailyBudget": {"amount": "60.00", "currencyCode": "EUR"}}}}
    reply = outside.http.post(f"/rest/adAccounts/545/adCampaigns/{campaign}", headers=PATCH, json=patch)
    assert (reply.json()["code"], reply.json()["serviceErrorCode"]) == ("CONDITIONAL_VALUE_TOO_LOW", 10007)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": ""}, 401, "EMPTY_ACCESS_TOKEN"),
        ({"Authorization": "Bearer expired"}, 401, "EXPIRED_ACCESS_TOKEN"),
        ({"LinkedIn-Version": ""}, 400, "VERSION_MISSING"),
        ({"LinkedIn-Version": "199913"}, 426, "NONEXISTENT_VERSION"),
        ({"X-Restli-Protocol-Version": "1.0.0"}, 400, "ILLEGAL_ARGUMENT"),
    ],
)
def test_headers_are_checked(outside: Outside, headers: dict[str, str], status: int, code: str) -> None:
    reply = outside.http.get("/rest/adAccounts/550", headers=LINKEDIN | headers)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "path",
    [
        "/rest/adAccounts/560/adCampaigns?q=search&search=(name:(values:List(a)",
        "/rest/adAccounts/560/adCampaigns?q=search&search=(nonsense:(values:List(a)))",
        "/rest/adAccounts/560/adCampaigns?q=nonsense",
        "/rest/adAccounts/560/adCampaigns?q=search&search=" + "(a:" * 3000,
        "/rest/adAccounts/560/adCampaigns?q=search&pageToken=%00",
        "/rest/adAnalytics?q=analytics&pivot=CREATIVE&timeGranularity=DAILY&dateRange=(start:(year:2026,month:1,day:1))",
        "/rest/adAnalytics?q=analytics&pivot=X&timeGranularity=DAILY",
        "/rest/adAnalytics?q=analytics&pivot=CREATIVE&timeGranularity=DAILY&dateRange=(start:(year:9,month:99,day:1))",
        "/rest/adAccounts/abc/adCampaigns",
    ],
)
def test_a_bad_query_is_an_illegal_argument(outside: Outside, path: str) -> None:
    reply = outside.http.get(path, headers=LINKEDIN)
    assert (reply.status_code, reply.json()["code"]) == (400, "ILLEGAL_ARGUMENT")


def test_what_does_not_exist_is_not_found(outside: Outside) -> None:
    for path in ("/rest/adAccounts/570/adCampaigns/1", "/rest/nonsense"):
        reply = outside.http.get(path, headers=LINKEDIN)
        assert (reply.status_code, reply.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
    reply = outside.http.post("/rest/adAccounts/570/adCampaigns", headers=LINKEDIN, content=b"{")
    assert (reply.status_code, reply.json()["status"]) == (400, 400)


def test_the_campaigns_of_a_group_spend_no_more_than_its_total(outside: Outside) -> None:
    schedule = {"start": 1767571200000, "end": 1770249600000}
    total = {"amount": "500.00", "currencyCode": "EUR"}
    open_ended = {"name": "G", "status": "ACTIVE", "totalBudget": total}
    body = open_ended | {"account": "urn:li:sponsoredAccount:580"}
    reply = outside.http.post("/rest/adAccounts/580/adCampaignGroups", headers=LINKEDIN, json=body)
    assert (reply.status_code, reply.json()["code"]) == (400, "MISSING_FIELD")

    group = outside.linkedin("580", "adCampaignGroups", **open_ended, runSchedule=schedule)
    for n in range(2):
        campaign = outside.linkedin(
            "580", "adCampaigns", name=f"C{n}", campaignGroup=f"urn:li:sponsoredCampaignGroup:{group}", status="ACTIVE",
            type="TEXT_AD", costType="CPM", locale={"country": "DE", "language": "de"}, totalBudget=total,
            runSchedule=schedule,
        )  # fmt: skip
        outside.linkedin(
            "580", "creatives", campaign=f"urn:li:sponsoredCampaign:{campaign}", intendedStatus="ACTIVE",
            content={"reference": f"urn:li:share:{n}"},
        )  # fmt: skip
    outside.advance_to("2026-02-10T00:00:00Z")
    assert 490 < sum(day.spend for day in outside.linkedin_days("580")) <= 500
    patch = {"patch": {"$set": {"totalBudget": {"amount": "100.00", "currencyCode": "EUR"}}}}
    reply = outside.http.post(f"/rest/adAccounts/580/adCampaignGroups/{group}", headers=PATCH, json=patch)
    assert (reply.status_code, reply.json()["code"]) == (400, "VALUE_TOO_LOW")
