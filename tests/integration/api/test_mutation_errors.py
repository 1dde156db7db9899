"""Who asks for a mutation's errors is told there why it did nothing; who does not is told by an error of the answer."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.api.client import Caller, campaign_of
from tests.integration.api.operations import ACCESS

BRAND = {"name": "Alpina", "industry": {"name": "Outdoor"}}
ERRORS = "errors { code message path currentVersion }"


def told(caller: Caller, name: str, given: Any, **arguments: Any) -> list[dict[str, Any]]:
    """The errors in the payload of a mutation that did nothing."""
    payload = caller.mutates(name, given, f"position repeated {ERRORS}", **arguments)
    assert (payload["position"], payload["repeated"]) == (None, False)
    errors: list[dict[str, Any]] = payload["errors"]
    return errors


def place(caller: Caller, name: str, given: Any, **arguments: Any) -> tuple[str, list[str]]:
    """The code and the path of the one error."""
    (error,) = told(caller, name, given, **arguments)
    return error["code"], error["path"]


def test_what_was_done_has_no_errors(caller: Caller) -> None:
    payload = caller.mutates("createBrand", BRAND, f"brand {{ name }} {ERRORS}")
    assert payload == {"brand": {"name": "Alpina"}, "errors": []}


def test_a_name_that_is_taken_is_told_in_the_payload(caller: Caller) -> None:
    caller.brand("Alpina")
    payload = caller.mutates("createBrand", BRAND, f"brand {{ name }} {ERRORS}")
    assert payload == {
        "brand": None,
        "errors": [
            {
                "code": "NAME_TAKEN",
                "message": "The brand name 'Alpina' is in use in this workspace; choose another.",
                "path": ["input", "name"],
                "currentVersion": None,
            }
        ],
    }


def test_a_platform_that_is_connected_already_is_told_at_the_platform(caller: Caller) -> None:
    given = {"platform": "GOOGLE", "account": "1", "credential": "token"}
    caller.mutates("connectIntegration", given)
    assert place(caller, "connectIntegration", given) == ("NAME_TAKEN", ["input", "platform"])


AUDIENCE = {"name": "Hikers"}
MONEY = {"amount": "10", "currency": "EUR"}
WRONG_BRANDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": ""}, ["name"]),
    ({"name": "a\x00b"}, ["name"]),
    ({"industry": {"name": ""}}, ["industry", "name"]),
    ({"styling": {"primaryColor": "red"}}, ["styling", "primaryColor"]),
    ({"styling": {"wordsToUse": ["durable", ""]}}, ["styling", "wordsToUse", "1"]),
    ({"audiences": [AUDIENCE, {"name": "Old", "ageFrom": 7}]}, ["audiences", "1", "ageFrom"]),
    ({"audiences": [AUDIENCE, AUDIENCE]}, ["audiences"]),
    ({"socialAccounts": [{"platform": "X", "handle": "\x00"}]}, ["socialAccounts", "0", "handle"]),
    ({"socialAccounts": [{"platform": "X", "handle": "a", "url": "x"}]}, ["socialAccounts", "0", "url"]),
    ({"competitors": [{"name": "A"}, {"name": "B", "strengths": ["fine", ""]}]}, ["competitors", "1", "strengths", "1"]),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "path"), WRONG_BRANDS)
def test_a_value_that_is_wrong_is_told_with_its_path(caller: Caller, wrong: dict[str, Any], path: list[str]) -> None:
    assert place(caller, "createBrand", {**BRAND, **wrong}) == ("INVALID_VALUE", ["input", *path])


def test_so_it_is_in_every_other_input(caller: Caller) -> None:
    brand = caller.brand()
    campaign = caller.campaign(brand)
    shares = [{"platform": p, "amount": {**MONEY, "currency": c}} for p, c in (("GOOGLE", "EUR"), ("FACEBOOK", "USD"))]
    figures = {"ad": "1", "day": "2026-01-30", "figures": {"impressions": 1, "clicks": 2}}
    reported = {"platform": "GOOGLE", "currency": "EUR", "reportedAt": "2026-01-31T09:00:00Z"}
    cases: list[tuple[str, dict[str, Any], list[str]]] = [
        ("addSocialAccount", {"brand": brand, "account": {"platform": "X", "handle": ""}}, ["account", "handle"]),
        ("removeSocialAccount", {"brand": brand, "platform": "X", "handle": "\0"}, ["handle"]),
        ("addCompetitor", {"brand": brand, "competitor": {"name": ""}}, ["competitor", "name"]),
        ("requestContent", {"brand": brand, "brief": {"title": "", "goal": "sell"}}, ["brief", "title"]),
        ("createCampaign", campaign_of(brand, totalBudget={**MONEY, "amount": "0"}), ["totalBudget"]),
        (
            "createCampaign",
            campaign_of(brand, schedule={"startsOn": "2026-02-05", "endsOn": "2026-01-05"}),
            ["schedule", "endsOn"],
        ),
        ("allocateBudget", {"campaign": campaign, "allocation": shares}, ["allocation", "1", "amount", "currency"]),
        (
            "recordPerformance",
            {"campaign": campaign, **reported, "records": [figures]},
            ["records", "0", "figures", "clicks"],
        ),
        (
            "recordPerformance",
            {"campaign": campaign, **reported, "currency": "USD", "records": [figures]},
            ["currency"],
        ),
        ("limitAgent", {"agent": "nobody"}, ["agent"]),
        ("createApiKey", {"name": "Robot", "scopes": ["account:self"]}, ["scopes"]),
    ]
    for name, given, path in cases:
        assert place(caller, name, given) == ("INVALID_VALUE", ["input", *path]), name


def test_what_is_not_there_is_told_at_the_argument_that_names_it(caller: Caller) -> None:
    brand, nowhere = caller.brand(), str(uuid4())
    assert place(caller, "renameBrand", {"brand": nowhere, "name": "A"}) == ("NOT_FOUND", ["input", "brand"])
    assert place(caller, "requestContent", {"brand": brand, "brief": {"title": "T", "goal": "G"}, "template": nowhere}) == (
        "NOT_FOUND",
        ["input", "template"],
    )  # fmt: skip
    content = caller.content(brand)
    assert place(caller, "selectVariation", {"content": content, "number": 7})[1] == ["input", "content"]
    assert place(caller, "removeCompetitor", {"brand": brand, "name": "Peak"}) == ("NOT_FOUND", ["input", "name"])


def test_what_the_things_status_does_not_allow_is_told_at_the_thing(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    assert place(caller, "resumeCampaign", {"campaign": campaign}) == ("WRONG_STATUS", ["input", "campaign"])


def test_more_money_than_there_is_is_told_at_the_allocation(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    share = {"platform": "GOOGLE", "amount": {**MONEY, "amount": "6001"}}
    found = place(caller, "allocateBudget", {"campaign": campaign, "allocation": [share]})
    assert found == ("INSUFFICIENT_BUDGET", ["input", "allocation"])


def test_an_address_that_is_a_member_already_is_told_at_the_address(caller: Caller) -> None:
    found = place(caller, "inviteMember", {"email": caller.email, "role": "ANALYST"})
    assert found == ("ALREADY_EXISTS", ["input", "email"])


def test_a_workspace_without_an_owner_is_no_ones_fault_in_particular(caller: Caller) -> None:
    found = place(caller, "changeMemberRole", {"user": str(caller.user), "role": "ANALYST"})
    assert found == ("NOT_READY", ["input"])


# Versions and keys


def test_a_conflict_has_the_current_version(caller: Caller) -> None:
    brand = caller.brand()
    (error,) = told(caller, "renameBrand", {"brand": brand, "name": "A"}, version=7)
    assert (error["code"], error["path"], error["currentVersion"]) == ("CONFLICT", ["expectedVersion"], 1)


CREATING: dict[str, Any] = {
    "createBrand": lambda caller: BRAND,
    "createTemplate": lambda caller: {"name": "Blog", "format": "BLOG_POST", "instructions": "Write."},
    "requestContent": lambda caller: {"brand": caller.brand(), "brief": {"title": "T", "goal": "G"}},
    "createCampaign": lambda caller: campaign_of(caller.brand()),
    "connectIntegration": lambda caller: {"platform": "GOOGLE", "account": "1", "credential": "token"},
    "inviteMember": lambda caller: ACCESS["inviteMember"]({}),
    "createApiKey": lambda caller: ACCESS["createApiKey"]({}),
}


@pytest.mark.parametrize("name", CREATING)
def test_what_is_to_be_made_has_version_0(caller: Caller, name: str) -> None:
    given = CREATING[name](caller)
    (error,) = told(caller, name, given, version=1)
    assert (error["code"], error["path"], error["currentVersion"]) == ("CONFLICT", ["expectedVersion"], 0)
    assert caller.refused(name, given, version=2)["currentVersion"] == 0
    assert caller.mutates(name, given, ERRORS, version=0) == {"errors": []}


def test_figures_can_expect_a_version_of_their_campaign(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    given = {"campaign": campaign, "platform": "GOOGLE", "currency": "EUR", "reportedAt": "2026-01-31T09:00:00Z",
             "records": [{"ad": "1", "day": "2026-01-30", "figures": {"impressions": 1}}]}  # fmt: skip
    (error,) = told(caller, "recordPerformance", given, version=0)
    assert (error["code"], error["currentVersion"]) == ("CONFLICT", 1)
    done = caller.mutates("recordPerformance", given, f"campaign {{ id }} {ERRORS}", version=1)
    assert done == {"campaign": {"id": campaign}, "errors": []}


def test_a_key_that_was_used_otherwise_is_told_at_the_key(caller: Caller) -> None:
    caller.mutates("createBrand", BRAND, key="k")
    other = {**BRAND, "name": "Nordtrail"}
    (error,) = told(caller, "createBrand", other, key="k")
    assert (error["code"], error["path"], error["currentVersion"]) == ("CONFLICT", ["idempotencyKey"], None)


def test_a_key_that_cannot_be_kept_is_told_at_the_key(caller: Caller) -> None:
    assert place(caller, "createBrand", BRAND, key="a\nb") == ("INVALID_VALUE", ["idempotencyKey"])


def test_a_refusal_is_not_kept_under_the_key(caller: Caller) -> None:
    assert place(caller, "createBrand", {**BRAND, "name": ""}, key="k")[0] == "INVALID_VALUE"
    assert caller.mutates("createBrand", BRAND, ERRORS, key="k") == {"errors": []}


# Where it is told

MUTATION = """mutation($input: CreateBrandInput!, $asked: Boolean = true) {
  ... @include(if: $asked) { createBrand(input: $input) { %s } }
} %s"""
ASKED = [
    ("errors { code }", ""),
    ("why: errors { path }", ""),
    ("... on CreateBrandPayload { errors { code } }", ""),
    ("... { ... on MutationPayload { errors { message } } }", ""),
    (
        "...Told",
        "fragment Told on MutationPayload { ...Inner } fragment Inner on MutationPayload { errors { message } }",
    ),
    ("errors @include(if: $asked) { code }", ""),
    ("... @skip(if: false) { errors { code } }", ""),
]
NOT_ASKED = [
    ("position", ""),
    ("errors: position", ""),
    ("position errors @skip(if: $asked) { code }", ""),
    ("position ...Told @include(if: false)", "fragment Told on MutationPayload { errors { message } }"),
    ("position ... @skip(if: $asked) { errors { code } }", ""),
]


@pytest.mark.parametrize(("wanted", "fragments"), ASKED)
def test_errors_are_in_the_payload_if_the_document_asks_for_them(caller: Caller, wanted: str, fragments: str) -> None:
    answer = caller.posts(MUTATION % (wanted, fragments), {"input": {**BRAND, "name": ""}})
    assert "errors" not in answer
    assert answer["data"]["createBrand"]


@pytest.mark.parametrize(("wanted", "fragments"), NOT_ASKED)
def test_else_they_are_errors_of_the_answer(caller: Caller, wanted: str, fragments: str) -> None:
    answer = caller.posts(MUTATION % (wanted, fragments), {"input": {**BRAND, "name": ""}, "asked": True})
    assert answer["data"] == {"createBrand": None}
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "domainCode": "INVALID_VALUE", "field": "name"}
    assert error["path"] == ["createBrand"]


def test_what_is_no_refusal_of_a_rule_is_an_error_of_the_answer(caller: Caller, nobody: Caller) -> None:
    document = f"mutation($input: CreateBrandInput!) {{ createBrand(input: $input) {{ {ERRORS} }} }}"
    assert nobody.fails(document, input=BRAND)["code"] == "UNAUTHENTICATED"
    assert caller.fails(document, input={**BRAND, "name": 5})["code"] == "BAD_USER_INPUT"
    token = caller.mutates("inviteMember", {"email": nobody.email, "role": "ANALYST"}, "token")["token"]
    joined = nobody.mutates(
        "acceptInvitation", {"token": token, "name": "N", "password": "correct horse battery"}, "token"
    )
    nobody.http.headers["Authorization"] = f"Bearer {joined['token']}"
    assert nobody.fails(document, input=BRAND)["code"] == "FORBIDDEN"


def test_one_that_fails_leaves_the_others_their_results(caller: Caller) -> None:
    document = """mutation($a: CreateBrandInput!, $b: CreateBrandInput!, $c: CreateBrandInput!) {
      first: createBrand(input: $a) { brand { name } }
      second: createBrand(input: $b) { brand { name } }
      third: createBrand(input: $c) { brand { name } errors { code } }
    }"""
    answer = caller.posts(document, {"a": BRAND, "b": {**BRAND, "name": ""}, "c": {**BRAND, "name": "Nordtrail"}})
    assert answer["data"] == {
        "first": {"brand": {"name": "Alpina"}},
        "second": None,
        "third": {"brand": {"name": "Nordtrail"}, "errors": []},
    }
    assert [error["path"] for error in answer["errors"]] == [["second"]]
