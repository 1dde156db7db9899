"""Errors on the REST side: the form of GraphQL's, with the HTTP status of the code."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from umt.api.errors import BAD_USER_INPUT, CODES, STATUS, problem, told


class Details(BaseModel):
    """What kind of error it is."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="The kind, e.g. BAD_USER_INPUT.")


class Failure(BaseModel):
    """An error."""

    message: str = Field(description="What is wrong and what to do, for people.")
    extensions: Details = Field(description="The same for programs.")


class Failures(BaseModel):
    """Why a request failed."""

    errors: list[Failure] = Field(description="The errors.")


_STATUSES: Final[dict[int | str, str]] = {
    400: "The request is wrong.",
    401: "Address and password do not fit.",
    403: "The role does not allow it, or a request with cookies lacks the header `X-CSRF-Token`.",
    404: "There is no such thing, or none for you.",
    408: "The body did not arrive in time.",
    409: "It cannot be done as things stand.",
    413: "The body is too large.",
    429: "Too many requests or attempts; `Retry-After` says when to come back.",
    503: "The database cannot be reached now.",
    "default": "A fault of ours.",
}
FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Failures, "description": description} for status, description in _STATUSES.items()
}
"""How a route may fail, for its OpenAPI description."""

FAULTS: Final = {status: FAILURES[status] for status in (429, 503, "default")}
"""How any route may fail, whatever it is asked."""


def tell_failures(app: FastAPI) -> None:
    """Register what is told of each exception."""
    for kind in (*CODES, Exception):
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)


async def _failed(_: Request, error: Exception) -> JSONResponse:
    said = problem(error)
    status = STATUS[said["extensions"]["code"]]
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if "retryAfter" in said["extensions"]:
        headers["Retry-After"] = str(said["extensions"]["retryAfter"])
    return JSONResponse({"errors": [said]}, status, headers)


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) if first["type"] != "json_invalid" else "body"
    said = told(
        f"{field or 'body'}: {first['msg'].removeprefix('Value error, ')}", BAD_USER_INPUT, field=field or "body"
    )
    return JSONResponse({"errors": [said]}, 400)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = "NOT_FOUND" if error.status_code == 404 else BAD_USER_INPUT
    return JSONResponse({"errors": [told(str(error.detail), code)]}, error.status_code, error.headers)
