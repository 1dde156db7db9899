"""Every kind of change of the REST side that breaks a client is found, on the side where it does."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from umt.api.app import openapi_schema
from umt.api.openapi_changes import openapi_changes

Document = dict[str, Any]


def campaign(name: str) -> Document:
    """A schema of this name, which holds itself."""
    return {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 200},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "objective": {"type": "string", "enum": ["sales", "traffic"]},
            "budget": {"type": "number", "minimum": 0},
            "startsOn": {"type": "string", "format": "date"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "kind": {"const": "campaign"},
            "parent": {"$ref": f"#/components/schemas/{name}"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }


BEFORE: Document = {
    "openapi": "3.1.0",
    "paths": {
        "/campaigns": {
            "get": {
                "operationId": "listCampaigns",
                "parameters": [{"name": "first", "in": "query", "schema": {"type": "integer", "default": 20}}],
                "responses": {
                    "200": {
                        "description": "Done.",
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Campaign"}}},
                    },
                    "404": {"description": "Nowhere."},
                },
            },
            "post": {
                "operationId": "createCampaign",
                "security": [{"bearer": []}, {"cookie": [], "csrf": []}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewCampaign"}}}
                },
                "responses": {"201": {"description": "Made."}},
            },
        }
    },
    "components": {"schemas": {"Campaign": campaign("Campaign"), "NewCampaign": campaign("NewCampaign")}},
}
GET, POST = "paths./campaigns.get", "paths./campaigns.post"
GIVEN, TOLD = "components.schemas.NewCampaign", "components.schemas.Campaign"

GONE = object()

BREAKING: list[tuple[str, Any, str]] = [
    ("paths./campaigns", GONE, "GET /campaigns is gone."),
    (POST, GONE, "POST /campaigns is gone."),
    (f"{GET}.operationId", "campaigns", "GET /campaigns: it is called campaigns now; it was listCampaigns."),
    (f"{GET}.security", [{"bearer": []}], "GET /campaigns: it needs a credential now."),
    (f"{POST}.security", [{"bearer": []}], "POST /campaigns: it no longer lets in by cookie and csrf."),
    (f"{GET}.parameters", [], "GET /campaigns: the query parameter first is gone."),
    (f"{GET}.parameters.0.required", True, "GET /campaigns: the query parameter first is required now."),
    (f"{GET}.parameters.0.schema.type", "string", "GET /campaigns: the query parameter first takes integer no more."),
    (f"{GET}.parameters.0.schema.maximum", 50, "GET /campaigns: the query parameter first has the maximum 50 now; it had none."),
    (f"{POST}.requestBody.required", True, "POST /campaigns: the body is required now."),
    (f"{POST}.requestBody.content", {"text/csv": {}}, "POST /campaigns: the body is no application/json any more."),
    (f"{GIVEN}.required", ["name", "note"], "POST /campaigns: the field note of the body is required now."),
    (f"{GIVEN}.properties.note", GONE, "POST /campaigns: the field note of the body is gone."),
    (f"{GIVEN}.properties.note", {"type": "string"}, "POST /campaigns: the field note of the body takes null no more."),
    (f"{GIVEN}.properties.objective.enum", ["sales"], 'POST /campaigns: the field objective of the body no longer takes "traffic".'),
    (f"{GIVEN}.properties.name.enum", ["A"], 'POST /campaigns: the field name of the body takes only "A" now.'),
    (f"{GIVEN}.properties.name.minLength", 3, "POST /campaigns: the field name of the body has the minLength 3 now; it had 1."),
    (f"{GIVEN}.properties.name.pattern", "^a", 'POST /campaigns: the field name of the body has the pattern "^a" now; it had none.'),
    (f"{GIVEN}.properties.tags.items.type", "integer", "POST /campaigns: an entry of the field tags of the body takes string no more."),
    (f"{GIVEN}.properties.parent", {"type": "string"}, "POST /campaigns: the field parent of the body takes object no more."),
    (f"{GIVEN}.additionalProperties", False, "POST /campaigns: the body takes no other fields any more."),
    (f"{GIVEN}.properties.labels.additionalProperties", {"type": "integer"}, "POST /campaigns: an entry of the field labels of the body takes string no more."),
    (f"{GET}.responses.200", GONE, "GET /campaigns: it no longer answers 200."),
    (f"{GET}.responses.200.headers", GONE, "GET /campaigns: the answer 200 has no header ETag any more."),
    (f"{GET}.responses.200.content", {"text/csv": {}}, "GET /campaigns: the answer 200 is no application/json any more."),
    (f"{TOLD}.properties.budget", GONE, "GET /campaigns: the field budget of the answer 200 is gone."),
    (f"{TOLD}.required", [], "GET /campaigns: the field name of the answer 200 may be missing now."),
    (f"{TOLD}.properties.name.type", ["string", "null"], "GET /campaigns: the field name of the answer 200 may be null now."),
    (f"{TOLD}.properties.budget.type", "string", "GET /campaigns: the field budget of the answer 200 may be string now."),
    (f"{TOLD}.properties.startsOn.format", "date-time", 'GET /campaigns: the field startsOn of the answer 200 has the format "date-time" now; it had "date".'),
    (f"{TOLD}.properties.tags.items", {}, "GET /campaigns: an entry of the field tags of the answer 200 may be just anything now."),
]  # fmt: skip
SURPRISING: list[tuple[str, Any, str]] = [
    (f"{TOLD}.properties.objective.enum", ["sales", "traffic", "leads"], 'GET /campaigns: the field objective of the answer 200 may be "leads" now.'),
    (f"{TOLD}.properties.kind", {"type": "string"}, 'GET /campaigns: the field kind of the answer 200 may be anything now, not only "campaign".'),
    (f"{GET}.parameters.0.schema.default", 50, "GET /campaigns: the query parameter first is 50 by default now; it was 20."),
]  # fmt: skip
HARMLESS: list[tuple[str, Any]] = [
    ("paths./brands", {"get": {"responses": {}}}),
    (f"{GET}.responses.409", {"description": "No."}),
    (f"{GET}.responses.404", GONE),
    (f"{GET}.description", "All of them."),
    (f"{POST}.security", []),
    (f"{POST}.requestBody.content.text/csv", {}),
    (f"{GIVEN}.properties.color", {"type": "string"}),
    (f"{GIVEN}.required", []),
    (f"{GIVEN}.properties.objective.enum", ["sales", "traffic", "leads"]),
    (f"{GIVEN}.properties.name.maxLength", 300),
    (f"{GIVEN}.properties.name.minLength", GONE),
    (f"{GIVEN}.properties.startsOn.format", GONE),
    (f"{GIVEN}.properties.budget.type", ["number", "string"]),
    (f"{TOLD}.properties.color", {"type": "string"}),
    (f"{TOLD}.required", ["name", "budget"]),
    (f"{TOLD}.properties.note", {"type": "string"}),
    (f"{TOLD}.properties.budget.type", "integer"),
    (f"{TOLD}.properties.name.maxLength", 300),
    (f"{TOLD}.properties.objective.enum", ["sales"]),
]


def planted(path: str, value: Any) -> Document:
    """The document with another value at a path; GONE takes it away."""
    document = copy.deepcopy(BEFORE)
    *above, last = path.split(".")
    holder: Any = document
    for name in above:
        holder = holder[int(name) if isinstance(holder, list) else name]
    if value is GONE:
        del holder[last]
    else:
        holder[last] = value
    return document


def found(new: Document, *, breaking: bool) -> list[str]:
    changes = openapi_changes(json.dumps(BEFORE).encode(), json.dumps(new).encode())
    return [change.text for change in changes if change.breaks is breaking]


@pytest.mark.parametrize(("path", "value", "told"), BREAKING, ids=lambda value: value if isinstance(value, str) else "")
def test_a_planted_breaking_change_is_found(path: str, value: Any, told: str) -> None:
    assert told in found(planted(path, value), breaking=True)


@pytest.mark.parametrize(
    ("path", "value", "told"), SURPRISING, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_may_surprise_is_told_and_breaks_nothing(path: str, value: Any, told: str) -> None:
    assert found(planted(path, value), breaking=True) == []
    assert found(planted(path, value), breaking=False) == [told]


@pytest.mark.parametrize(("path", "value"), HARMLESS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_takes_nothing_away_is_no_change(path: str, value: Any) -> None:
    assert list(openapi_changes(json.dumps(BEFORE).encode(), json.dumps(planted(path, value)).encode())) == []


def test_the_document_that_is_published_can_be_compared() -> None:
    published = json.dumps(openapi_schema()).encode()
    assert list(openapi_changes(published, published)) == []
    without = openapi_schema()
    del without["paths"]["/api/v1/version"]
    (change,) = openapi_changes(published, json.dumps(without).encode())
    assert change == (True, "GET /api/v1/version is gone.")


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"openapi": "3.1.0"}'])
def test_what_is_no_document_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(openapi_changes(text, json.dumps(BEFORE).encode()))
