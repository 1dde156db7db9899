"""Reading: one's own writes, pages that hold still, the past, and no query for each node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.conftest import Statements

from umt.api import positions

CAMPAIGN = """
  id name status objective brandId currency version score approvedBy reference platforms
  totalBudget { amount currency } reserve { amount currency } schedule { startsOn endsOn timeZone }
  allocation { platform amount { amount currency } paused }
  adSets { id } styling { toneOfVoice } audiences { name } platformScores { platform }
"""


def record(ad: str, day: str | None = "2026-01-30", content: str | None = None, **figures: Any) -> dict[str, Any]:
    return {"ad": ad, "day": day, "content": content, "figures": {"impressions": 1000, "clicks": 20, **figures}}


def report(caller: Caller, campaign: str, platform: str, *records: dict[str, Any]) -> str:
    """The position after figures were recorded."""
    given = {
        "campaign": campaign,
        "platform": platform,
        "currency": "EUR",
        "reportedAt": datetime.now(UTC).isoformat(),
        "records": list(records),
    }
    position: str = caller.mutates("recordPerformance", given, "position")["position"]
    return position


def test_a_query_that_names_a_position_sees_what_led_to_it(caller: Caller) -> None:
    query = "query($i: ID!, $p: String) { brand(id: $i, atLeast: $p) { name version } }"
    brand = caller.brand()
    for number in range(20):
        answer = caller.mutates("renameBrand", {"brand": brand, "name": f"Name {number}"}, "position")
        found = caller.asks(query, i=brand, p=answer["position"])["brand"]
        assert found == {"name": f"Name {number}", "version": number + 2}


def test_a_position_that_is_not_reached_in_time_is_a_stale_read(caller: Caller) -> None:
    wanted = positions.encode(10**9)
    error = caller.fails("query($p: String) { brands(atLeast: $p, first: 20) { nodes { id } } }", p=wanted)
    assert (error["code"], error["wanted"]) == ("STALE_READ", wanted)
    assert positions.decode(error["reached"], "reached") > 0


@pytest.mark.parametrize("token", ["", "7", "dW10OjE6", "dW10OjI6NQ", "dW10OjE6LTU", "dW10OjE6NQ==", "é", "\x00" * 9])
def test_a_position_that_this_api_never_gave_is_refused(caller: Caller, token: str) -> None:
    error = caller.fails("query($p: String) { brands(atLeast: $p, first: 20) { nodes { id } } }", p=token)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "atLeast")


def test_a_campaign_is_seen_as_it_stood(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    shares = [{"platform": p, "amount": {"amount": "1700", "currency": "EUR"}} for p in ("FACEBOOK", "GOOGLE")]
    then = caller.mutates(
        "allocateBudget", {"campaign": campaign, "allocation": shares}, f"position campaign {{ {CAMPAIGN} }}"
    )
    moment = datetime.now(UTC).isoformat()
    last = caller.mutates("archiveCampaign", {"campaign": campaign}, "position")["position"]

    def seen(**as_of: Any) -> Any:
        query = f"query($i: ID!, $a: AsOf) {{ campaign(id: $i, asOf: $a) {{ {CAMPAIGN} position }} }}"
        return caller.asks(query, i=campaign, a=as_of)["campaign"]

    expected = {**then["campaign"], "position": then["position"]}
    assert seen(version=2) == seen(position=then["position"]) == seen(time=moment) == expected
    now = caller.asks(
        f"query($i: ID!, $p: String) {{ campaign(id: $i, atLeast: $p) {{ {CAMPAIGN} }} }}", i=campaign, p=last
    )
    past = seen(position=last)
    assert now["campaign"] == {name: value for name, value in past.items() if name != "position"}
    assert past["status"] == "ARCHIVED"


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ({"time": "2001-01-01T00:00:00Z"}, "NOT_FOUND"),
        ({"version": 0}, "BAD_USER_INPUT"),
        ({"version": -5}, "BAD_USER_INPUT"),
        ({}, "BAD_USER_INPUT"),
        ({"version": 1, "time": "2001-01-01T00:00:00Z"}, "BAD_USER_INPUT"),
        ({"version": None}, "BAD_USER_INPUT"),
        ({"position": ""}, "BAD_USER_INPUT"),
    ],
)
def test_before_its_time_there_is_no_campaign(caller: Caller, as_of: dict[str, Any], code: str) -> None:
    campaign = caller.campaign(caller.brand())
    error = caller.fails("query($i: ID!, $a: AsOf) { campaign(id: $i, asOf: $a) { name } }", i=campaign, a=as_of)
    assert error["code"] == code


def test_figures_are_summed_and_their_ratios_are_null_where_nothing_can_be_said(caller: Caller) -> None:
    brand = caller.brand()
    campaign, content = caller.campaign(brand), caller.content(brand)
    report(caller, campaign, "GOOGLE", record("g1", spend="10.10", revenue="30", conversions=2, content=content))
    report(caller, campaign, "GOOGLE", record("g1", "2026-01-31", impressions=0, clicks=0))
    position = report(caller, campaign, "FACEBOOK", record("f1", spend="0.123456"), record("f2", None, leads=3))
    found = caller.asks(
        "query($i: ID!, $c: ID!, $p: String) {"
        " dashboard(atLeast: $p) { currency spend impressions clicks leads conversions revenue ctr cpc cpa roas roi }"
        " campaign(id: $i, atLeast: $p) {"
        "  totals { platform currency spend cpa }"
        '  january: performance(since: "2026-01-31", until: "2026-01-31") { day platform impressions ctr roas }'
        "  google: performance(platform: GOOGLE) { day platform }"
        "  all: performance { day platform } }"
        " content(id: $c, atLeast: $p) { performance { currency spend conversionRate } } }",
        i=campaign,
        c=content,
        p=position,
    )
    assert found["dashboard"] == [
        {
            "currency": "EUR",
            "spend": "10.223456",
            "impressions": 3000,
            "clicks": 60,
            "leads": 3,
            "conversions": 2,
            "revenue": "30.00",
            "ctr": "0.020000",
            "cpc": "0.170391",
            "cpa": "5.111728",
            "roas": "2.934428",
            "roi": "1.934428",
        }
    ]
    assert found["campaign"] == {
        "totals": [
            {"platform": "FACEBOOK", "currency": "EUR", "spend": "0.123456", "cpa": None},
            {"platform": "GOOGLE", "currency": "EUR", "spend": "10.10", "cpa": "5.050000"},
        ],
        "january": [{"day": "2026-01-31", "platform": "GOOGLE", "impressions": 0, "ctr": None, "roas": None}],
        "google": [{"day": "2026-01-30", "platform": "GOOGLE"}, {"day": "2026-01-31", "platform": "GOOGLE"}],
        "all": [
            {"day": "2026-01-30", "platform": "FACEBOOK"},
            {"day": "2026-01-30", "platform": "GOOGLE"},
            {"day": "2026-01-31", "platform": "GOOGLE"},
        ],
    }
    assert found["content"]["performance"] == [{"currency": "EUR", "spend": "10.10", "conversionRate": "0.100000"}]


@pytest.mark.parametrize(("since", "until"), [("0001-01-01", "9999-12-31"), ("9999-12-31", None), (None, "0001-01-01")])
def test_a_range_of_days_is_never_endless(caller: Caller, since: str | None, until: str | None) -> None:
    campaign = caller.campaign(caller.brand())
    position = report(caller, campaign, "GOOGLE", record("1"))
    answer = caller.posts(
        "query($i: ID!, $p: String, $since: Date, $until: Date)"
        " { campaign(id: $i, atLeast: $p) { performance(since: $since, until: $until) { day } } }",
        {"i": campaign, "p": position, "since": since, "until": until},
    )
    if since and until:
        assert answer["errors"][0]["extensions"]["field"] == "until"
    else:
        assert answer["data"] == {"campaign": {"performance": []}}


def test_a_list_asks_the_database_as_often_as_a_single_node(caller: Caller, statements: Statements) -> None:
    brands = [caller.brand() for _ in range(5)]
    campaigns = [caller.campaign(brand) for brand in brands]
    contents = [caller.content(brand) for brand in brands]
    for campaign, content in zip(campaigns, contents, strict=True):
        position = report(caller, campaign, "GOOGLE", record("1", content=content, spend="1"))
    query = (
        "query($n: Int!, $p: String) {"
        " campaigns(first: $n, atLeast: $p) { totalCount nodes { brand { name } totals { spend } performance { spend }"
        "  decisions(first: 5) { totalCount nodes { reason } } history(last: 5) { totalCount nodes { text } } } }"
        " contents(first: $n, atLeast: $p) { nodes { brand { name } performance { spend } } } }"
    )

    def asked(first: int) -> int:
        return len(statements.of(lambda: caller.asks(query, n=first, p=position)))

    assert asked(1) == asked(5) > 0


def test_history_is_told_in_plain_words_and_in_order(caller: Caller) -> None:
    brand = caller.brand("Alpina")
    caller.mutates("renameBrand", {"brand": brand, "name": "Nordtrail"})
    query = (
        "query($i: ID!) { history(subject: $i, first: 5) { nodes { text version actor actorKind actorId eventType } } }"
    )
    found = caller.asks(query, i=brand)["history"]
    first, second = found["nodes"]
    assert (first["text"], first["version"], first["eventType"]) == (
        "Set up the brand “Alpina” (Outdoor)",
        1,
        "brand.created",
    )
    assert (second["text"], second["version"]) == ("Renamed the brand to “Nordtrail”", 2)
    assert (second["actor"], second["actorKind"], second["actorId"]) == ("a member", "USER", str(caller.user))


def test_read_models_are_compared_with_the_log(caller: Caller) -> None:
    position = report(caller, caller.campaign(caller.brand()), "GOOGLE", record("1"))
    found = caller.asks(
        "query($p: String) { verifyReadModels(atLeast: $p) { projection events rows holds differences { table } } }",
        p=position,
    )
    by_name = {each["projection"]: each for each in found["verifyReadModels"]}
    assert by_name["brands"] == {"projection": "brands", "events": 1, "rows": 1, "holds": True, "differences": []}
    assert all(each["holds"] for each in by_name.values())


def test_the_system_tells_how_it_is_doing(caller: Caller) -> None:
    found = caller.asks(
        "{ projections { name version position head lag beatAt } agentActivity { idle unreadEvents position } clock { now } }"
    )
    assert {each["name"] for each in found["projections"]} >= {"brands", "campaigns", "dashboard"}
    assert all(each["head"] - each["position"] == each["lag"] for each in found["projections"])
    assert found["agentActivity"]["idle"] is (found["agentActivity"]["unreadEvents"] == 0)
    assert abs((datetime.fromisoformat(found["clock"]["now"]) - datetime.now(UTC)).total_seconds()) < 5
