"""The OpenAPI document says everything: what each route takes and answers, who may ask, and examples that hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from umt.api.access import ROUTES
from umt.api.app import openapi_schema
from umt.api.rest.failures import REFUSALS

DOCUMENT = openapi_schema()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to; anything else is itself."""
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def references(part: Any) -> Iterator[dict[str, str]]:
    for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        if isinstance(value, dict) and set(value) == {"$ref"}:
            yield value
        yield from references(value)


def test_every_route_of_the_rest_side_is_in_it() -> None:
    unpublished = {"GET /", "GET /graphql", "POST /graphql", "WEBSOCKET /graphql", "GET /openapi.json"}
    assert set(OPERATIONS) == set(ROUTES) - unpublished


def test_every_reference_leads_somewhere() -> None:
    assert all(resolved(reference) for reference in references(DOCUMENT))
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(name.isalnum() and name[0].islower() for name in names)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_says_who_may_ask_and_all_that_may_be_answered(name: str) -> None:
    operation, needs = OPERATIONS[name], ROUTES[name]
    statuses = set(operation["responses"])
    assert statuses >= {"400", "408", "413", "429", "431", "500", "503"}
    if needs is None:
        assert operation["security"] == []
    else:
        assert {"401", "403"} <= statuses
        assert operation["security"][0] == {"bearer": [permission.value for permission in needs]}
        assert ("csrf" in operation["security"][1]) == (not name.startswith("GET"))
    assert ("415" in statuses) >= ("requestBody" in operation)
    parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    assert ("412" in statuses) == ("If-Match" in parameters)
    assert ("304" in statuses) == ("If-None-Match" in parameters)
    assert ("404" in statuses) >= ("campaign" in parameters)
    assert all(parameter.get("description") for parameter in parameters.values())
    assert "null" not in {parameter["schema"].get("type") for parameter in parameters.values()}


@pytest.mark.parametrize("name", [name for name in OPERATIONS if not name.startswith("GET") and "/campaigns" in name])
def test_every_change_takes_a_key_and_tells_its_position(name: str) -> None:
    operation = OPERATIONS[name]
    assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}
    (done,) = (response for status, response in operation["responses"].items() if status.startswith("2"))
    assert done["headers"]["UMT-Position"]["required"]


def test_every_refusal_is_a_problem() -> None:
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response == {"$ref": f"#/components/responses/{REFUSALS[int(status)][0]}"}, (name, status)
                assert set(resolved(response)["content"]) == {"application/problem+json"}


def test_every_answer_says_its_headers() -> None:
    for operation in OPERATIONS.values():
        for response in map(resolved, operation["responses"].values()):
            assert "RateLimit-Remaining" in response["headers"]
            assert all(resolved(header).get("description") for header in response["headers"].values())


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in OPERATIONS.items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for reference in (content["schema"], *content["schema"].get("anyOf", ())):
                if "$ref" in reference:
                    yield name, resolved(reference)


def test_every_example_is_what_it_is_an_example_of() -> None:
    tried = 0
    for name, schema in bodies():
        whole = {**schema, "components": DOCUMENT["components"]}
        for example in schema.get("examples", ()):
            Draft202012Validator(whole).validate(example)
            tried += 1
        for about in schema["properties"].values():
            for example in about.get("examples", ()):
                Draft202012Validator({**about, "components": DOCUMENT["components"]}).validate(example)
                tried += 1
        needed = set(schema.get("required", ()))
        shown = {member for member, about in schema["properties"].items() if about.get("examples")}
        assert schema.get("examples") or needed <= shown, f"{name}: what must be given has no example"
    assert tried > 15


def test_a_campaign_that_was_made_leads_to_what_can_be_done_with_it() -> None:
    made = OPERATIONS["POST /api/v1/campaigns"]["responses"]["201"]
    names = {operation["operationId"] for operation in OPERATIONS.values()}
    assert {link["operationId"] for link in made["links"].values()} <= names
    assert {"getCampaign", "launchCampaign", "getAnalytics"} <= set(made["links"])


def test_a_part_is_a_merge_patch_too() -> None:
    content = OPERATIONS["PATCH /api/v1/campaigns/{campaign}"]["requestBody"]["content"]
    assert set(content) == {"application/json", "application/merge-patch+json"}
    changes = resolved(content["application/json"]["schema"])
    assert "required" not in changes
    assert "default" not in str(changes)
    assert "null" not in str(changes)
