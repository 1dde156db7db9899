"""Every command for people is a mutation; each can be sent again, and each can say what it expects to find."""

from __future__ import annotations

from uuid import uuid4

import pytest
from graphql import build_schema
from tests.integration.api.client import SESSIONS, Caller, campaign_of
from tests.integration.api.inputs import EVERY
from tests.integration.api.operations import ACCESS
from tests.unit.api.derived_refusals import OF_AGENTS

from umt.api.graphql.schema import graphql_schema
from umt.application.commands import COMMANDS
from umt.application.permissions import ROLES


def test_every_command_for_people_is_a_mutation_and_nothing_else_is() -> None:
    for_people = {
        name[0].lower() + name[1:]
        for name, command in COMMANDS.items()
        if not name.startswith("_") and ROLES[command.permission] and name not in OF_AGENTS
    }
    mutations = build_schema(graphql_schema()).mutation_type
    assert mutations
    assert set(mutations.fields) == for_people | SESSIONS | {"register", "acceptInvitation"}
    assert for_people <= {*EVERY, *ACCESS}


def test_a_payload_shows_the_thing_as_the_command_left_it(caller: Caller) -> None:
    brand = caller.brand()
    given = {"brand": brand, "name": "Gipfelstürmer"}
    answer = caller.mutates("renameBrand", given, "brand { id name version position } position repeated")
    assert answer["brand"] == {"id": brand, "name": "Gipfelstürmer", "version": 2, "position": answer["position"]}
    assert answer["repeated"] is False


def test_a_key_sent_again_answers_again_and_does_nothing_more(caller: Caller) -> None:
    given = {"name": "Alpina", "industry": {"name": "Outdoor"}}
    wanted = "brand { id version } position repeated"
    first = caller.mutates("createBrand", given, wanted, key="k-1")
    again = caller.mutates("createBrand", given, wanted, key="k-1")
    assert again == {**first, "repeated": True}
    assert (
        len(
            caller.asks("query($p: String) { brands(atLeast: $p, first: 20) { nodes { id } } }", p=first["position"])[
                "brands"
            ]["nodes"]
        )
        == 1
    )


def test_a_key_is_its_owners_own(caller: Caller, stranger: Caller) -> None:
    given = {"name": "Alpina", "industry": {"name": "Outdoor"}}
    ours = caller.mutates("createBrand", given, "brand { id }", key="same")
    theirs = stranger.mutates("createBrand", given, "brand { id }", key="same")
    assert ours != theirs


def test_a_key_used_for_another_request_is_a_conflict(caller: Caller) -> None:
    caller.mutates("createBrand", {"name": "Alpina", "industry": {"name": "Outdoor"}}, key="k")
    other = caller.refused("createBrand", {"name": "Nordtrail", "industry": {"name": "Outdoor"}}, key="k")
    assert other["code"] == "CONFLICT"


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "a\x00b"])
def test_a_key_must_be_printable(caller: Caller, key: str) -> None:
    error = caller.refused("createBrand", {"name": "A", "industry": {"name": "B"}}, key=key)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "idempotencyKey")


def test_registering_again_with_the_key_signs_in_again(nobody: Caller) -> None:
    given = {"email": nobody.email, "password": "correct horse battery", "name": "P", "company": "C"}
    first = nobody.mutates("register", given, "user workspace token", key="r")
    again = nobody.mutates("register", given, "user workspace token", key="r")
    assert (first["user"], first["workspace"]) == (again["user"], again["workspace"])
    assert first["token"] != again["token"]


def test_an_expected_version_that_is_past_is_a_conflict_that_names_the_current_one(caller: Caller) -> None:
    brand = caller.brand()
    caller.mutates("renameBrand", {"brand": brand, "name": f"B {uuid4()}"}, version=1)
    error = caller.refused("renameBrand", {"brand": brand, "name": f"B {uuid4()}"}, version=1)
    assert (error["code"], error["currentVersion"]) == ("CONFLICT", 2)
    caller.mutates("renameBrand", {"brand": brand, "name": f"B {uuid4()}"}, version=error["currentVersion"])


def test_a_campaign_is_set_up(caller: Caller) -> None:
    given = campaign_of(caller.brand(), totalBudget={"amount": "6000.5", "currency": "EUR"})
    made = caller.mutates(
        "createCampaign",
        given,
        "campaign { id status currency totalBudget { amount currency } reserve { amount }"
        " schedule { startsOn endsOn timeZone } allocation { platform } brand { name } }",
    )["campaign"]
    assert made["totalBudget"] == {"amount": "6000.50", "currency": "EUR"}
    assert made["schedule"] == {"startsOn": "2026-01-05", "endsOn": "2026-02-05", "timeZone": "Europe/Vienna"}
    shares = [{"platform": p, "amount": {"amount": "1700", "currency": "EUR"}} for p in ("FACEBOOK", "GOOGLE")]
    answer = caller.mutates(
        "allocateBudget",
        {"campaign": made["id"], "allocation": shares},
        "campaign { allocation { platform amount { amount } paused } reserve { amount } }",
    )["campaign"]
    assert answer == {
        "allocation": [
            {"platform": "GOOGLE", "amount": {"amount": "1700.00"}, "paused": False},
            {"platform": "FACEBOOK", "amount": {"amount": "1700.00"}, "paused": False},
        ],
        "reserve": {"amount": "2600.50"},
    }


def test_a_workspace_keeps_an_owner(caller: Caller) -> None:
    error = caller.refused("changeMemberRole", {"user": str(caller.user), "role": "ANALYST"})
    assert (error["code"], error["domainCode"]) == ("CONFLICT", "NOT_READY")


def test_a_credential_is_never_shown(caller: Caller) -> None:
    given = {"platform": "GOOGLE", "account": "123", "credential": "hunter2-hunter2"}
    made = caller.mutates("connectIntegration", given, "integration { id platform account status failure }")
    assert "hunter2" not in str(made)
    history = caller.asks(
        "query($i: ID!) { history(subject: $i, first: 20) { nodes { text } } }", i=made["integration"]["id"]
    )
    assert "hunter2" not in str(history)
