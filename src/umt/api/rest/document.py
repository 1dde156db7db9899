"""The OpenAPI document: what FastAPI knows of the routes, and what it cannot know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from umt.api.access import ROUTES
from umt.api.credentials import ACCESS_COOKIE, CSRF_HEADER
from umt.api.problems import MEDIA_TYPE
from umt.api.rest.bodies import JSON, MERGE_PATCH
from umt.api.rest.failures import REFUSALS
from umt.api.rest.headers import LIMITS, OF_PROBLEMS

Document = dict[str, Any]

CREDENTIALS: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": ACCESS_COOKIE, "description": "A browser's access token."},
    "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER, "description": "The value of the cookie umt_csrf."},
}
"""How a request says who makes it."""

NAMES: Final = {"Status": "CampaignStatus", "Connection": "ConnectionStatus"}
"""Enumerations whose own names say too little outside of their module."""

BY_REFRESH_TOKEN: Final = {"POST /api/v1/auth/logout"}
"""Routes where the refresh token in the body is credential enough."""

_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


def completed(document: Document) -> Document:
    """The document with credentials and permissions, media types of problems, headers of every answer, and links."""
    components = document["components"]
    components["securitySchemes"] = CREDENTIALS
    components["headers"] = {
        **LIMITS,
        **{name: header for each in OF_PROBLEMS.values() for name, header in each.items()},
    }
    components["responses"] = {name: _refusal(str(status), said) for status, (name, said) in REFUSALS.items()}
    for path, method, operation in _operations(document):
        operation["security"] = _security(f"{method.upper()} {path}", safe=method == "get")
        operation["responses"] = {
            status: _response(status, response)
            for status, response in sorted(operation["responses"].items())
            if status != "422"  # FastAPI's own; here it is 400
        }
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
        if method == "patch":
            content = operation["requestBody"]["content"]
            content[MERGE_PATCH] = content[JSON]
    document["paths"]["/api/v1/campaigns"]["post"]["responses"]["201"]["links"] = _links(document)
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    return _renamed(document)


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _security(route: str, *, safe: bool) -> list[dict[str, list[str]]]:
    """Which credentials it takes, with the permissions as roles (OpenAPI 3.1, Security Requirement Object)."""
    needs = ROUTES[route]
    if needs is None:
        return []
    roles = [permission.value for permission in needs]
    by_cookie: dict[str, list[str]] = {"cookie": roles} if safe else {"cookie": roles, "csrf": []}
    return [{"bearer": roles}, by_cookie, *([{}] if route in BY_REFRESH_TOKEN else [])]


def _refusal(status: str, said: str) -> Document:
    headers = {**OF_PROBLEMS.get(status, {}), **LIMITS}
    return {"description": said, "headers": _named(headers), "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}


def _response(status: str, response: Document) -> Document:
    if _PROBLEM in (content.get("schema") for content in response.get("content", {}).values()):
        return {"$ref": f"#/components/responses/{REFUSALS[int(status)][0]}"}
    if response["description"] == "Successful Response":
        response["description"] = "It is done." if status != "202" else "It will be done."
    response["headers"] = {**response.get("headers", {}), **_named(LIMITS)}
    return response


def _named(headers: Document) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


def _without_null(schema: Document) -> Document:
    """A parameter is left out, it is never null."""
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}), **schema}


def _links(document: Document) -> Document:
    """What can be done with a campaign that was made."""
    return {
        operation["operationId"]: {
            "operationId": operation["operationId"],
            "parameters": {"campaign": "$response.body#/id"},
        }
        for path, _, operation in _operations(document)
        if "{campaign}" in path and "{adSet}" not in path
    }


def _renamed(document: Document) -> Document:
    text = json.dumps(document)
    for name, wanted in NAMES.items():
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{wanted}"')
    renamed: Document = json.loads(text)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {NAMES.get(name, name): schema for name, schema in schemas.items()}
    return renamed
