"""Meta Marketing API: create, read, update, page, report, and refuse."""

import json
from typing import Any

import httpx
import pytest
from tests.integration.sandbox.kit import META, Outside


def error(reply: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = reply.json()["error"]
    assert body["fbtrace_id"] == reply.headers["x-fb-trace-id"]
    return body


def test_an_account_tells_its_currency_and_zone(outside: Outside) -> None:
    outside.post("/_sandbox/accounts", json={"platform": "meta", "account": "act_100", "currency": "USD"})
    fields = "currency,timezone_name,account_status,name"
    account = outside.get("/v23.0/act_100", params=META | {"fields": fields})
    assert account == {
        "id": "act_100", "currency": "USD", "timezone_name": "UTC", "account_status": 1, "name": "Account 100",
    }  # fmt: skip
    assert outside.get("/v23.0/act_101", params=META | {"fields": "currency"})["currency"] == "EUR"


def test_what_is_created_is_read_and_updated(outside: Outside) -> None:
    campaign, adset, ad = outside.meta_bought("110")
    shown = outside.get(
        f"/v23.0/{adset}", params=META | {"fields": "name,lifetime_budget,daily_budget,campaign{name},end_time"}
    )
    assert shown == {
        "id": adset, "name": "Ad set", "lifetime_budget": "300000", "daily_budget": "0",
        "campaign": {"id": campaign, "name": "Spring"}, "end_time": "2026-02-05T00:00:00+0000",
    }  # fmt: skip

    assert outside.post(f"/v23.0/{adset}", data=META | {"lifetime_budget": 450000, "name": "Wider"}) == {
        "success": True
    }
    assert outside.post(f"/v23.0/{campaign}", data=META | {"status": "PAUSED"}) == {"success": True}

    shown = outside.get(f"/v23.0/{adset}", params=META | {"fields": "name,lifetime_budget,budget_remaining"})
    assert (shown["name"], shown["lifetime_budget"], shown["budget_remaining"]) == ("Wider", "450000", "450000")
    shown = outside.get(f"/v23.0/{ad}", params=META | {"fields": "status,effective_status"})
    assert (shown["status"], shown["effective_status"]) == ("ACTIVE", "CAMPAIGN_PAUSED")


def test_a_campaign_is_found_by_its_name_in_its_account_only(outside: Outside) -> None:
    wanted = outside.meta_campaign("120", 'UMT/42 "Spring" & more')
    outside.meta_campaign("120", "Other")
    filtering = [{"field": "name", "operator": "EQUAL", "value": 'UMT/42 "Spring" & more'}]
    query = META | {"fields": "id,name", "filtering": json.dumps(filtering)}
    assert [row["id"] for row in outside.get("/v23.0/act_120/campaigns", params=query)["data"]] == [wanted]
    assert outside.get("/v23.0/act_121/campaigns", params=query) == {"data": []}


def test_pages_are_followed_by_cursor_and_by_url(outside: Outside) -> None:
    names = [f"C{n}" for n in range(7)]
    for name in names:
        outside.meta_campaign("130", name)
    page = outside.get("/v23.0/act_130/campaigns", params=META | {"fields": "name", "limit": "3"})
    after = outside.get(
        "/v23.0/act_130/campaigns",
        params=META | {"fields": "name", "limit": "3", "after": page["paging"]["cursors"]["after"]},
    )
    seen = [row["name"] for row in page["data"]]
    assert after["data"] == outside.get(page["paging"]["next"])["data"]
    while "next" in page["paging"]:
        page = outside.get(page["paging"]["next"])
        seen += [row["name"] for row in page["data"]]
    assert seen == names[::-1]


def test_a_deleted_campaign_leaves_the_lists(outside: Outside) -> None:
    campaign = outside.meta_campaign("140")
    assert outside.http.delete(f"/v23.0/{campaign}", params=META).json() == {"success": True}
    assert outside.get("/v23.0/act_140/campaigns", params=META)["data"] == []
    query = META | {"effective_status": '["DELETED"]'}
    assert len(outside.get("/v23.0/act_140/campaigns", params=query)["data"]) == 1


@pytest.mark.parametrize(
    ("edge", "fields", "told"),
    [
        ("campaigns", {"objective": "OUTCOME_SALES", "special_ad_categories": "[]"}, "name is required"),
        ("campaigns", {"name": "x", "special_ad_categories": "[]"}, "objective is required"),
        ("campaigns", {"name": "x", "objective": "OUTCOME_SALES"}, "special_ad_categories is required"),
        (
            "campaigns",
            {"name": "x", "objective": "CONVERSIONS", "special_ad_categories": "[]"},
            "objective must be one of",
        ),
        (
            "campaigns",
            {"name": "x", "objective": "OUTCOME_SALES", "special_ad_categories": "[]", "status": "ON"},
            "status",
        ),
        ("adsets", {"name": "x", "campaign_id": "1"}, "billing_event is required"),
        ("adcreatives", {"name": "x", "object_story_spec": "{}"}, "page_id"),
        ("ads", {"name": "x", "adset_id": "1"}, "creative is required"),
    ],
)
def test_a_bad_parameter_is_code_100(outside: Outside, edge: str, fields: dict[str, str], told: str) -> None:
    reply = outside.http.post(f"/v23.0/act_150/{edge}", data=META | fields)
    body = error(reply)
    assert (reply.status_code, body["code"], body["type"]) == (400, 100, "OAuthException")
    assert told in body["message"]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"lifetime_budget": "50", "end_time": "2026-02-05T00:00:00+0000"}, "Budget is too low"),
        ({"lifetime_budget": "50000"}, "End Time Required"),
        ({"lifetime_budget": "50000", "end_time": "2025-02-05T00:00:00+0000"}, "End Time Is Not Valid"),
        ({"lifetime_budget": "50000", "daily_budget": "500"}, "Can't Have Both Budgets"),
        ({"daily_budget": "500", "targeting": "{}"}, "Location Required"),
        ({"daily_budget": "500", "optimization_goal": "OFFSITE_CONVERSIONS"}, "Promoted Object Required"),
        ({"daily_budget": "500", "bid_strategy": "COST_CAP"}, "Bid Amount Required"),
        ({"daily_budget": "500", "campaign_id": "12"}, "Object Not Found"),
    ],
)
def test_an_ad_set_is_validated(outside: Outside, fields: dict[str, str], title: str) -> None:
    given = {
        "name": "x", "campaign_id": outside.meta_campaign("160"), "billing_event": "IMPRESSIONS",
        "optimization_goal": "LINK_CLICKS", "targeting": '{"geo_locations": {"countries": ["DE"]}}',
    }  # fmt: skip
    body = error(outside.http.post("/v23.0/act_160/adsets", data=META | given | fields))
    assert (body["code"], body["error_user_title"]) == (100, title)


@pytest.mark.parametrize(
    ("path", "code", "status"),
    [
        ("/v23.0/act_170", 104, 400),
        ("/v23.0/act_170?access_token=expired-1", 190, 401),
        ("/v23.0/99999?access_token=t", 100, 400),
        ("/v23.0/act_170/nonsense?access_token=t", 2500, 400),
        ("/v23.0/act_170?access_token=t&fields=currency,nonsense", 100, 400),
        ("/v23.0/act_170?access_token=t&fields=currency{{", 2500, 400),
        ("/v23.0/act_170/campaigns?access_token=t&limit=-1", 100, 400),
        ("/v23.0/act_170/campaigns?access_token=t&after=%FF%00", 100, 400),
        ("/v23.0/act_170/campaigns?access_token=t&filtering=%5B1%5D", 100, 400),
        ("/v23.0/act_170/insights?access_token=t&time_range=%7B%7D", 100, 400),
        ("/v23.0/act_170/insights?access_token=t&fields=nonsense", 100, 400),
    ],
)
def test_errors_are_the_graphs_own(outside: Outside, path: str, code: int, status: int) -> None:
    reply = outside.http.get(path)
    assert (reply.status_code, error(reply)["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"{", b"[" * 50_000, b"\xff\xfe", b'{"name": NaN}', b"[]", b'"x"'])
def test_hostile_bodies_get_a_graph_error(outside: Outside, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer t"}
    reply = outside.http.post("/v23.0/act_180/campaigns", content=body, headers=headers)
    assert (reply.status_code, error(reply)["code"]) == (400, 100)


def test_insights_are_paged_and_add_up(outside: Outside) -> None:
    campaign, adset, ad = outside.meta_bought("190")
    outside.advance_to("2026-01-20T00:00:00Z")
    query = META | {
        "level": "ad", "time_increment": "1", "limit": "5", "time_range": '{"since":"2026-01-05","until":"2026-01-19"}',
        "fields": "account_currency,campaign_id,adset_id,ad_id,impressions,clicks,spend,actions,action_values",
    }  # fmt: skip
    page = outside.get("/v23.0/act_190/insights", params=query)
    rows = page["data"]
    while "next" in page["paging"]:
        page = outside.get(page["paging"]["next"])
        rows += page["data"]
    assert [row["date_start"] for row in rows] == [f"2026-01-{day:02}" for day in range(6, 20)]
    assert {(row["campaign_id"], row["adset_id"], row["ad_id"]) for row in rows} == {(campaign, adset, ad)}
    assert {row["account_currency"] for row in rows} == {"EUR"}

    query = META | {"time_range": '{"since":"2026-01-05","until":"2026-01-19"}', "fields": "spend,clicks"}
    for node in ("act_190", campaign, adset, ad):
        (total,) = outside.get(f"/v23.0/{node}/insights", params=query)["data"]
        assert float(total["spend"]) == pytest.approx(sum(float(row["spend"]) for row in rows))
        assert int(total["clicks"]) == sum(int(row["clicks"]) for row in rows)


def test_every_answer_carries_its_usage(outside: Outside) -> None:
    reply = outside.http.get("/v23.0/act_199", params=META)
    (usage,) = json.loads(reply.headers["x-business-use-case-usage"])["199"]
    assert usage["type"] == "ads_management"
    assert usage["estimated_time_to_regain_access"] == 0
