"""Errors on the REST side: problem details (RFC 9457), as answers and in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import compile_path

from umt.api.access import ROUTES
from umt.api.errors import BAD_USER_INPUT, CODES, STATUS, problem, told
from umt.api.problems import MEDIA_TYPE, details_of, is_graphql
from umt.api.rest.conditions import etag
from umt.api.rest.shape import WrongMember, without_defaults

RETRY_AFTER: Final = 1
"""Seconds after which to ask again what cannot be answered now."""


class Violation(BaseModel):
    """One place of a request that is wrong: a pointer into its body, or the name of a parameter or header."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    detail: str = Field(description="What is wrong there.")
    pointer: str = Field("", description="Where in the body, as a JSON pointer (RFC 6901) in a fragment: `#/name`.")
    parameter: str = Field("", description="Which parameter of the path or query.")
    header: str = Field("", description="Which header.")


class Problem(BaseModel):
    """What went wrong (RFC 9457). Members that have nothing to say are left out."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", json_schema_extra=without_defaults
    )

    type: str = Field(
        description="The kind of problem: a place of this API that tells more.", examples=["/problems/conflict"]
    )
    title: str = Field(description="The kind in a few words, always the same ones.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong this time and what to do, for people.")
    code: str = Field(description="The kind for programs, as in GraphQL: e.g. BAD_USER_INPUT.")
    domain_code: str = Field("", description="The rule that refused, e.g. WRONG_STATUS.")
    field: str = Field("", description="The first place that is wrong, as names with dots between them.")
    errors: list[Violation] = Field([], description="Every place that is wrong.")
    current_version: int = Field(0, description="The version that the thing is at.")
    retry_after: int = Field(0, description="Seconds after which to ask again; also in `Retry-After`.")
    wanted: str = Field("", description="The position that `atLeast` asked for.")
    reached: str = Field("", description="The position that the read models have reached.")
    reason: Literal["LAGGING", "PARKED"] = Field("LAGGING", description="Whether they follow, or wait for an operator.")
    reference: str = Field("", description="By which an operator finds a fault of ours.")


REFUSALS: Final = {
    400: ("Malformed", "The request is wrong: `errors` says where."),
    401: ("Unauthenticated", "There is no valid token, or address and password do not fit."),
    403: ("Forbidden", "The role or the scopes do not allow it, or a request with cookies lacks `X-CSRF-Token`."),
    404: ("NotFound", "There is no such thing, or none for you."),
    408: ("TooSlow", "The body did not arrive in time."),
    409: ("Conflict", "It cannot be done as things stand; `domainCode` says why."),
    412: ("PreconditionFailed", "`If-Match` names another version than the present one, which `ETag` tells."),
    413: ("BodyTooLarge", "The body is too large."),
    415: ("UnsupportedMediaType", "The body is of another media type than those that are taken."),
    429: ("Throttled", "Too many requests or attempts."),
    431: ("HeadTooLarge", "The head is too large."),
    500: ("Fault", "A fault of ours."),
    503: ("Unavailable", "The database cannot be reached now, or the read models did not reach `atLeast` in time."),
}
"""The statuses of problems: each with its name in the OpenAPI document, and what it means."""

_ALWAYS: Final = (400, 408, 413, 429, 431, 500, 503)
"""What may be answered to anything before it comes to a route, or when something breaks."""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route may fail, for its OpenAPI description: by these statuses besides those that every route has."""
    return {status: {"model": Problem, "description": REFUSALS[status][1]} for status in sorted({*_ALWAYS, *statuses})}


def tell_failures(app: FastAPI) -> None:
    """Register what is told of each exception."""
    for kind in (*CODES, Exception):
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    said = problem(error)
    extensions = said["extensions"]
    more: dict[str, Any] = {}
    if field := extensions.get("field"):
        more["errors"] = [_violation(request, field, getattr(error, "reason", said["message"]))]
    return _answer(request, said, STATUS[extensions["code"]], **more)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    """What does not fit the description of the route: each place, and of the first one what is wrong, in words."""
    assert isinstance(error, RequestValidationError)
    found = [_placed(each) for each in error.errors()]
    field, first = found[0]
    said = told(f"{field}: {first['detail']}", BAD_USER_INPUT, field=field)
    return _answer(request, said, 400, errors=[violation for _, violation in found])


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """What Starlette or a route refuses by its status alone."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request.url.path)) or headers.get("Allow", "")
    code = "NOT_FOUND" if error.status_code == 404 else BAD_USER_INPUT
    return _answer(request, told(str(error.detail), code), error.status_code, headers)


def _answer(
    request: Request, said: dict[str, Any], status: int, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    extensions, named = said["extensions"], dict(headers or {})
    if status == 401:
        named["WWW-Authenticate"] = "Bearer"
    if status == 412:
        named["ETag"] = etag(extensions["currentVersion"])
    if status == 503 and extensions.get("reason") != "PARKED":
        named["Retry-After"] = str(RETRY_AFTER)
    if "retryAfter" in extensions:
        named["Retry-After"] = str(extensions["retryAfter"])
    if is_graphql(request.url.path):
        return JSONResponse({"errors": [said]}, status, named)
    return JSONResponse(details_of(said, status, **more), status, named, media_type=MEDIA_TYPE)


_IN_OUR_WORDS: Final = {"missing": "is missing", "extra_forbidden": "is not known here"}


def _placed(error: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Where something is wrong, as names with dots between them, and as a member of ``errors``."""
    where, *path = error["loc"]
    if error["type"] == "json_invalid":
        path = []
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, WrongMember):
        path.append(cause.name)
    detail = _IN_OUR_WORDS.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    field = ".".join(map(str, path))
    if where == "body":
        return field or "body", {"detail": detail, "pointer": _pointer(path)}
    return field, {"detail": detail, "header" if where == "header" else "parameter": field}


_HEADERS: Final = frozenset({"Idempotency-Key", "If-Match", "If-None-Match"})


def _violation(request: Request, field: str, detail: str) -> dict[str, str]:
    """The place that an error of ours names: a header if it is one's name, else a member of the body, or of what
    has none a parameter."""
    if field in _HEADERS:
        return {"detail": detail, "header": field}
    if request.method in ("POST", "PUT", "PATCH"):
        return {"detail": detail, "pointer": _pointer(field.split("."))}
    return {"detail": detail, "parameter": field}


def _pointer(path: Iterable[object]) -> str:
    """RFC 6901, 6: the pointer as the fragment of an address."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{quote(part)}" for part in parts)


_PATHS: Final = tuple((compile_path(route.partition(" ")[2])[0], route.partition(" ")[0]) for route in ROUTES)


def _methods_at(path: str) -> list[str]:
    """What may be asked at this path."""
    return sorted({method for pattern, method in _PATHS if pattern.fullmatch(path)})
