"""What goes in is checked, and what is wrong is said by name of its field; nothing odd gets further than the edge."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.api.client import Caller, campaign_of


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"totalBudget": {"amount": "0", "currency": "EUR"}}, "totalBudget"),
        ({"totalBudget": {"amount": "10.005", "currency": "EUR"}}, "totalBudget.amount"),
        ({"totalBudget": {"amount": "10", "currency": "XXX"}}, "totalBudget.currency"),
        ({"totalBudget": {"amount": "10", "currency": "\x00"}}, "totalBudget.currency"),
        ({"schedule": {"startsOn": "2026-02-05", "endsOn": "2026-01-05"}}, "schedule.endsOn"),
        ({"schedule": {"startsOn": "2026-01-05", "endsOn": "2026-02-05", "timeZone": "Mars"}}, "schedule.timeZone"),
        (
            {"schedule": {"startsOn": "2026-01-05", "endsOn": "2026-02-05", "timeZone": "../etc/passwd"}},
            "schedule.timeZone",
        ),
        ({"platforms": []}, "platforms"),
        ({"platforms": ["CMS"]}, "platforms"),
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\x1bb"}, "name"),
        ({"name": "\u202eevil"}, "name"),
    ],
)
def test_what_is_wrong_is_said_by_its_field(caller: Caller, given: dict[str, Any], field: str) -> None:
    error = caller.refused("createCampaign", campaign_of(caller.brand(), **given))
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)


def test_a_name_that_is_taken_is_a_conflict_with_the_domains_own_code(caller: Caller) -> None:
    caller.brand("Alpina")
    error = caller.refused("createBrand", {"name": "ＡＬＰＩＮＡ", "industry": {"name": "Outdoor"}})
    assert (error["code"], error["domainCode"], error["field"]) == ("CONFLICT", "NAME_TAKEN", "name")


def test_more_money_than_there_is_is_a_conflict(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    share = {"platform": "GOOGLE", "amount": {"amount": "6001", "currency": "EUR"}}
    error = caller.refused("allocateBudget", {"campaign": campaign, "allocation": [share]})
    assert (error["code"], error["domainCode"]) == ("CONFLICT", "INSUFFICIENT_BUDGET")


def test_what_the_status_does_not_allow_is_a_conflict(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    error = caller.refused("resumeCampaign", {"campaign": campaign})
    assert (error["code"], error["domainCode"]) == ("CONFLICT", "WRONG_STATUS")


HOSTILE = [
    "'; DROP TABLE umt.event; --",
    "𝒜𝓁𝓅𝒾𝓃𝒶 👩‍👩‍👧",
    "<script>alert(1)</script>",
    "${jndi:ldap://x}",
    '{"$gt": ""}',
    "%s %d {0} {}",
    "\\u0000 \\x00",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_comes_back_as_it_went_in(caller: Caller, text: str) -> None:
    given = {"name": text, "industry": {"name": text}, "description": text, "audiences": [{"name": text}]}
    made = caller.mutates("createBrand", given, "brand { id } position")
    query = "query($i: ID!, $p: String) { brand(id: $i, atLeast: $p) { name description industry { name } audiences { name } } }"
    found = caller.asks(query, i=made["brand"]["id"], p=made["position"])["brand"]
    assert found == {"name": text, "description": text, "industry": {"name": text}, "audiences": [{"name": text}]}


@pytest.mark.parametrize(
    "value", [5, 1.5, True, "", "x", "{2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d}", ["a"], {}, "\x00", "é" * 36]
)
def test_an_id_is_a_uuid(caller: Caller, value: Any) -> None:
    error = caller.fails("query($i: ID!) { brand(id: $i) { name } }", i=value)
    assert error["code"] == "BAD_USER_INPUT"
    assert "object has no attribute" not in error["message"]


def test_whole_numbers_are_exact_up_to_two_to_the_53(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())

    def reports(impressions: Any) -> dict[str, Any]:
        figures = {"impressions": impressions}
        records = [{"ad": str(uuid4()), "day": "2026-01-30", "figures": figures}]
        return {
            "campaign": campaign,
            "platform": "GOOGLE",
            "currency": "EUR",
            "reportedAt": "2026-01-31T00:00:00Z",
            "records": records,
        }

    for wrong in (2**53, str(2**53), 1.5, "1e3", "x", True, "٣"):
        assert caller.refused("recordPerformance", reports(wrong))["code"] == "BAD_USER_INPUT"
    assert caller.refused("recordPerformance", reports(-1))["code"] == "BAD_USER_INPUT"
    position = caller.mutates("recordPerformance", reports(str(2**53 - 1)), "position")["position"]
    found = caller.asks("query($p: String) { dashboard(atLeast: $p) { impressions } }", p=position)
    assert found == {"dashboard": [{"impressions": 2**53 - 1}]}


def test_a_sum_beyond_two_to_the_53_is_not_rounded(caller: Caller) -> None:
    records = [{"ad": str(uuid4()), "day": "2026-01-30", "figures": {"impressions": 2**53 - 1}} for _ in range(2)]
    given = {"campaign": caller.campaign(caller.brand()), "platform": "GOOGLE", "currency": "EUR", "records": records}
    position = caller.mutates("recordPerformance", {**given, "reportedAt": "2026-01-31T00:00:00Z"})["position"]
    query = "query($p: String) { dashboard(atLeast: $p) { %s } }"
    assert caller.fails(query % "impressions", p=position)["code"] == "OUT_OF_RANGE"
    assert caller.asks(query % "clicks", p=position) == {"dashboard": [{"clicks": 0}]}


@pytest.mark.parametrize("query", ["{ campaigns(first: %s) { nodes { id } } }", "{ brand(id: %s) { id } }"])
def test_a_number_of_five_thousand_digits_is_just_wrong(caller: Caller, query: str) -> None:
    error = caller.fails(query % ("9" * 5000))
    assert error["code"] == "BAD_USER_INPUT"
    assert len(error["message"]) < 100


def test_a_credential_that_is_refused_is_not_repeated(caller: Caller) -> None:
    given = {"platform": "GOOGLE", "account": "1", "credential": "TOPSECRET" * 500}
    error = caller.refused("connectIntegration", given)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "credential")
    assert "TOPSECRET" not in str(error)


def test_figures_of_another_currency_are_refused(caller: Caller) -> None:
    given = {"campaign": caller.campaign(caller.brand()), "platform": "GOOGLE", "currency": "USD"}
    error = caller.refused("recordPerformance", {**given, "reportedAt": "2026-01-31T00:00:00Z", "records": []})
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "currency")


@pytest.mark.parametrize("moment", ["{}", '{version: 1, position: "dW10OjE6OQ"}'])
def test_a_choice_of_none_or_of_several_is_wrong_input_also_as_a_literal(caller: Caller, moment: str) -> None:
    error = caller.fails(f'{{ campaign(id: "{uuid4()}", asOf: {moment}) {{ name }} }}')
    assert error["code"] == "BAD_USER_INPUT"
    assert "exactly one" in error["message"]


def test_colours_are_given_in_one_form_however_they_were_written(caller: Caller) -> None:
    given = {"brand": caller.brand(), "styling": {"primaryColor": "#ff57aB", "logoUrl": "https://example.com/Logo.svg"}}
    styled = caller.mutates("styleBrand", given, "brand { styling { primaryColor secondaryColor logoUrl } }")
    assert styled["brand"]["styling"] == {
        "primaryColor": "#FF57AB",
        "secondaryColor": None,
        "logoUrl": "https://example.com/Logo.svg",
    }
