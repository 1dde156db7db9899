"""Who names the version that they saw is told when it is another one by now, and is sent nothing that they have."""

from __future__ import annotations

import pytest
from tests.integration.api.rest.marketer import CAMPAIGNS, Marketer, problem
from tests.integration.api.routes import PLAN


def test_a_change_of_what_has_changed_meanwhile_is_refused(dana: Marketer) -> None:
    campaign = dana.campaign()
    assert dana.http.patch(campaign, json={"name": "One"}, headers={"If-Match": '"v1"'}).status_code == 200
    late = dana.http.patch(campaign, json={"name": "Two"}, headers={"If-Match": '"v1"'})
    refused = problem(late)
    assert (refused["status"], refused["code"], refused["currentVersion"]) == (412, "PRECONDITION_FAILED", 2)
    assert late.headers["etag"] == '"v2"'
    assert dana.http.patch(campaign, json={"name": "Two"}, headers={"If-Match": late.headers["etag"]}).is_success


@pytest.mark.parametrize("condition", ["*", '"v1"', '"v7", "v1"', 'W/"v1","v1"', '"other" , "v1"'])
def test_a_version_that_is_among_those_named_will_do(dana: Marketer, condition: str) -> None:
    assert dana.http.delete(dana.campaign(), headers={"If-Match": condition}).status_code == 200


@pytest.mark.parametrize("condition", ['"v2"', '"v2", "v3"', 'W/"v1"', '"other"', '""', '"v01"', '"v1x"'])
def test_what_is_not_strongly_the_present_version_will_not_do(dana: Marketer, condition: str) -> None:
    campaign = dana.campaign()
    refused = problem(dana.http.delete(campaign, headers={"If-Match": condition}))
    assert (refused["status"], refused["currentVersion"]) == (412, 1)
    assert dana.sees(campaign)["status"] == "draft"


@pytest.mark.parametrize("condition", ["v1", "'v1'", '"v1" "v2"', '"v1', "**"])
def test_what_is_no_entity_tag_is_wrong(dana: Marketer, condition: str) -> None:
    refused = problem(dana.http.delete(dana.campaign(), headers={"If-Match": condition}))
    assert (refused["status"], refused["errors"][0]["header"]) == (400, "If-Match")


def test_what_is_new_has_no_version_to_expect(dana: Marketer) -> None:
    given = {"brand": dana.brand, **PLAN}
    for condition in ("*", '"v1"', '"v1", "v2"', "nonsense"):
        assert dana.http.post(CAMPAIGNS, json=given, headers={"If-Match": condition}).status_code == 201


def test_conditions_in_several_lines_are_one_list(dana: Marketer) -> None:
    headers = [("If-Match", '"v5"'), ("If-Match", '"v1"')]
    assert dana.http.delete(dana.campaign(), headers=headers).status_code == 200


@pytest.mark.parametrize("condition", ['"v1"', 'W/"v1"', '"v0", "v1"', "*"])
def test_what_is_known_is_not_sent_again(dana: Marketer, condition: str) -> None:
    campaign = dana.campaign()
    dana.sees(campaign)
    answer = dana.http.get(campaign, headers={"If-None-Match": condition})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"v1"')
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("condition", ['"v2"', '"other"'])
def test_what_has_changed_is_sent(dana: Marketer, condition: str) -> None:
    campaign = dana.campaign()
    dana.sees(campaign)
    assert dana.http.get(campaign, headers={"If-None-Match": condition}).json()["version"] == 1


def test_what_is_gone_is_not_found_whatever_is_named(dana: Marketer) -> None:
    nowhere = "/api/v1/campaigns/2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"
    for condition in ("*", '"v1"', '"v1", "v2"'):
        assert problem(dana.http.delete(nowhere, headers={"If-Match": condition}))["status"] == 404
        assert problem(dana.http.get(nowhere, headers={"If-None-Match": condition}))["status"] == 404
