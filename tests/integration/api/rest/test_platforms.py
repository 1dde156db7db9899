"""Platforms by REST: which there are, and which the workspace is connected to."""

from __future__ import annotations

from uuid import UUID

from tests.integration.api.client import Caller
from tests.integration.api.rest.marketer import Marketer, problem

from umt.domain.integration import Integration, IntegrationConnected
from umt.domain.platform import Platform

STATUS = "/api/v1/platforms/status"


def test_anybody_may_know_the_platforms(nobody: Caller) -> None:
    items = nobody.http.get("/api/v1/platforms").json()["items"]
    assert [of["platform"] for of in items] == [platform.value for platform in Platform]
    assert {of["platform"]: (of["label"], of["sellsAds"]) for of in items}["cms"] == ("CMS", False)


def test_each_platform_says_whether_it_is_connected(dana: Marketer) -> None:
    given = {"platform": "GOOGLE", "account": "123", "credential": "token"}
    made = dana.caller.mutates("connectIntegration", given, "integration { id }")["integration"]["id"]
    assert {of["platform"]: of["status"] for of in dana.sees(STATUS)["items"]} == {
        platform.value: "requested" if platform is Platform.GOOGLE else "none" for platform in Platform
    }
    dana.has(IntegrationConnected("Alpina", "EUR"), kind=Integration, stream=UUID(made))
    assert dana.sees("/api/v1/platforms/google/status") == {
        "platform": "google",
        "status": "connected",
        "integration": made,
        "account": "123",
        "accountName": "Alpina",
        "currency": "EUR",
        "failure": None,
        "syncedAt": None,
    }
    dana.caller.mutates("disconnectIntegration", {"integration": made})
    assert dana.sees("/api/v1/platforms/google/status")["status"] == "none"


def test_a_platform_that_there_is_not_is_wrong(dana: Marketer) -> None:
    refused = problem(dana.http.get("/api/v1/platforms/myspace/status"))
    assert (refused["status"], refused["errors"][0]["parameter"]) == (400, "platform")
