"""GraphQL over HTTP, https://graphql.github.io/graphql-over-http/draft/ (2025).

POST takes JSON; GET takes queries only. With `application/graphql-response+json` a request that was not executed has
status 400 and no `data`; with `application/json`, for old clients, status 200 says only that the request was readable.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from graphql import ExecutionResult, OperationType
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from umt.api.errors import BAD_USER_INPUT, problem, told
from umt.api.graphql.asked import Asked, Refused, operation_of
from umt.api.graphql.executed import executed, operation_span
from umt.api.graphql.execution.documents import Operation
from umt.api.graphql.graphiql import graphiql
from umt.api.graphql.kept import Answer, Answers, Key, key_of
from umt.api.graphql.request import Request
from umt.api.graphql.sse import EventStream, wants_events
from umt.api.graphql.telling import answer_of, errors_of, fault_of, was_executed
from umt.api.graphql.websocket import serve
from umt.api.services import Services
from umt.application.errors import ApplicationError, Throttled
from umt.application.views_read import note_views

ADDRESS: Final = "/graphql"
JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"

router = APIRouter(include_in_schema=False)


async def get(http: HTTPRequest) -> Response:
    if "query" not in http.query_params and "text/html" in http.headers.get("accept", ""):
        services: Services = http.app.state.services
        if services.graphiql:
            return graphiql()
    return await _answered(http)


async def post(http: HTTPRequest) -> Response:
    return await _answered(http)


METHODS: Final[Mapping[str, Callable[[HTTPRequest], Awaitable[Response]]]] = {"GET": get, "HEAD": get, "POST": post}

router.add_route(ADDRESS, get, ["GET", "HEAD"], include_in_schema=False)
router.add_route(ADDRESS, post, ["POST"], include_in_schema=False)
router.add_websocket_route(ADDRESS, serve)


async def _answered(http: HTTPRequest) -> Response:
    media_type = _media_type(http.headers.get("accept"))
    request = Request(http.app.state.services, http)
    try:
        asked = await _from_body(http) if http.method == "POST" else _from_address(http)
        if wants_events(http) and http.method != "HEAD":
            return EventStream(http, request, asked, partial(_allow, method=http.method, streams=True))
        operation = operation_of(http.app.state.documents, asked, partial(_allow, method=http.method))
    except Refused as error:
        refusal = {"errors": [told(str(error), BAD_USER_INPUT)]}
        return _response(refusal, error.status, media_type, error.headers)
    if isinstance(operation, ExecutionResult):
        return _told(operation, request, media_type)
    with operation_span(operation):
        return await _answer_to(operation, asked, http, request, media_type)


async def _answer_to(
    operation: Operation, asked: Asked, http: HTTPRequest, request: Request, media_type: str
) -> Response:
    key = await _key(request, operation, asked)
    if key is not None and (kept := await _kept(http, request, key)):
        return _of_views(http, kept, media_type)
    answers: Answers = http.app.state.answers
    before = await answers.expected(request.services.queries, await request.caller(), key) if key else None
    views = note_views()
    result = await executed(operation, request, asked.variables)
    if key is None or result.errors or not was_executed(result):
        return _told(result, request, media_type)
    body = msgspec.json.encode(answer_of(result))
    return _of_views(http, answers.keep(key, body, frozenset(views), before), media_type)


def _told(result: ExecutionResult, request: Request, media_type: str) -> Response:
    if throttled := _throttled(result):
        said = problem(throttled)
        retry = {"Retry-After": str(said["extensions"]["retryAfter"])}
        return _response({"errors": [said]}, 429, media_type, retry)
    if not was_executed(result):
        status = 400 if media_type == GRAPHQL else 200
        return _response({"errors": errors_of(result)}, status, media_type)
    answer = _response(answer_of(result), 200, media_type)
    for cookie in request.cookies:
        answer.headers.append("set-cookie", cookie)
    return answer


async def _key(request: Request, operation: Operation, asked: Asked) -> Key | None:
    """What the answer is kept under, if it is one to be kept. Who may ask nothing is told so by the fields."""
    if not operation.of_views:
        return None
    try:
        return key_of(await request.caller(), operation, asked.variables)
    except ApplicationError:
        return None


async def _kept(http: HTTPRequest, request: Request, key: Key) -> Answer | None:
    answers: Answers = http.app.state.answers
    try:
        return await answers.get(request.services.queries, await request.caller(), key)
    except ApplicationError:
        return None


def _of_views(http: HTTPRequest, answer: Answer, media_type: str) -> Response:
    """An answer that a browser may keep, too, if it asks each time whether it still is the one (RFC 9111)."""
    headers = {}
    if http.method != "POST":
        headers = {"ETag": answer.etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
        if answer.etag in http.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
    return Response(answer.body, 200, headers, media_type=f"{media_type}; charset=utf-8")


def _allow(operation: Operation, *, method: str, streams: bool = False) -> None:
    kind = operation.node.operation
    if method != "POST" and kind is OperationType.MUTATION:
        raise Refused(405, f"{method} is for what changes nothing; send this by POST.", allow="POST")
    if kind is OperationType.SUBSCRIPTION and not streams:
        raise Refused(400, "A subscription is answered as a stream of events, not at once.")


def _throttled(result: ExecutionResult) -> Throttled | None:
    """Why nothing was done, if that is because the caller asks too often."""
    if any((result.data or {}).values()):
        return None
    causes = (fault_of(error) for error in result.errors or ())
    return next((cause for cause in causes if isinstance(cause, Throttled)), None)


def _from_address(http: HTTPRequest) -> Asked:
    given: dict[str, Any] = dict(http.query_params)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _decoded(given[name].encode(), f"The parameter `{name}`")
    return _converted(given)


async def _from_body(http: HTTPRequest) -> Asked:
    content_type, _, parameters = http.headers.get("content-type", "").partition(";")
    charset = parameters.lower().replace('"', "").partition("charset=")[2].split(";")[0].strip()
    if content_type.strip().lower() != JSON or charset not in ("", "utf-8", "utf8"):
        raise Refused(415, f"The content type must be {JSON} in UTF-8.", accept=JSON)
    given = _decoded(await http.body(), "The body")
    if not isinstance(given, dict):
        raise Refused(400, "The body must be one JSON object; requests are not batched.")
    return _converted(given)


def _decoded(content: bytes, what: str) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"{what} is not JSON.") from error


def _converted(given: Mapping[str, Any]) -> Asked:
    try:
        return msgspec.convert(given, Asked)
    except msgspec.ValidationError as error:
        raise Refused(400, f"The request is not well-formed: {error}.") from error


def _media_type(accept: str | None) -> str:
    """What the caller prefers of the two media types; a wildcard stands for the older one."""
    weights = {GRAPHQL: 0.0, JSON: 0.0}
    for part in (accept or JSON).split(","):
        name, *parameters = (p.strip().lower() for p in part.split(";"))
        name = JSON if name in ("*/*", "application/*") else name
        if name in weights:
            weights[name] = max(weights[name], next((_weight(p[2:]) for p in parameters if p.startswith("q=")), 1.0))
    return GRAPHQL if weights[GRAPHQL] > 0 and weights[GRAPHQL] >= weights[JSON] else JSON


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _response(
    body: Mapping[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type=f"{media_type}; charset=utf-8")
