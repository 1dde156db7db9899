"""GraphQL over HTTP, https://graphql.github.io/graphql-over-http/draft/ (2025).

POST takes JSON; GET takes queries only. With `application/graphql-response+json` a request that was not executed has
status 400 and no `data`; with `application/json`, for old clients, status 200 says only that the request was readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from graphql import ExecutionResult, FieldNode, GraphQLError, OperationType
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from strawberry.exceptions import StrawberryInputCoercionError

from umt.api.errors import BAD_USER_INPUT, problem, told
from umt.api.graphql.discretion import without_values
from umt.api.graphql.execution.documents import SHA256, Documents, Operation, UnknownDocument, Untrusted, digest
from umt.api.graphql.graphiql import graphiql
from umt.api.graphql.request import Request
from umt.api.services import Services
from umt.application.errors import Throttled

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"

router = APIRouter(include_in_schema=False)


class PersistedQuery(msgspec.Struct):
    """A document's name as Apollo's clients send it."""

    sha256_hash: str = msgspec.field(name="sha256Hash")


class Extensions(msgspec.Struct):
    """What else a request may say."""

    persisted_query: PersistedQuery | None = msgspec.field(default=None, name="persistedQuery")


class Asked(msgspec.Struct):
    """The parameters of a request."""

    query: str | None = None
    document_id: str | None = msgspec.field(default=None, name="documentId")
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    variables: dict[str, Any] | None = None
    extensions: Extensions | None = None

    @property
    def named(self) -> str | None:
        """The id of the document that is meant, if it is named."""
        persisted = self.extensions and self.extensions.persisted_query
        return self.document_id or (persisted.sha256_hash if persisted else None)


class _Refused(Exception):
    """A request that is not even a well-formed one."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        self.status, self.headers = status, headers
        super().__init__(message)


async def get(http: HTTPRequest) -> Response:
    if "query" not in http.query_params and "text/html" in http.headers.get("accept", ""):
        services: Services = http.app.state.services
        if services.graphiql:
            return graphiql()
    return await _answered(http)


async def post(http: HTTPRequest) -> Response:
    return await _answered(http)


router.add_route("/graphql", get, ["GET"], include_in_schema=False)
router.add_route("/graphql", post, ["POST"], include_in_schema=False)


async def _answered(http: HTTPRequest) -> Response:
    media_type = _media_type(http.headers.get("accept"))
    request = Request(http.app.state.services, http)
    try:
        asked = _from_address(http) if http.method == "GET" else await _from_body(http)
        result = await _executed(http, request, asked)
    except _Refused as error:
        refusal = {"errors": [told(str(error), BAD_USER_INPUT)]}
        return _response(refusal, error.status, media_type, error.headers)
    if throttled := _throttled(result):
        said = problem(throttled)
        retry = {"Retry-After": str(said["extensions"]["retryAfter"])}
        return _response({"errors": [said]}, 429, media_type, retry)
    if result.data is None and not _was_executed(result):
        status = 400 if media_type == GRAPHQL else 200
        return _response({"errors": [_told(e) for e in result.errors or ()]}, status, media_type)
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_told(error) for error in result.errors]
    answer = _response(body, 200, media_type)
    for cookie in request.cookies:
        answer.headers.append("set-cookie", cookie)
    return answer


async def _executed(http: HTTPRequest, request: Request, asked: Asked) -> ExecutionResult:
    operation = _operation(http, asked)
    if isinstance(operation, ExecutionResult):
        return operation
    result = operation.execute(request, asked.variables)
    answered = await result if isawaitable(result) else result
    assert isinstance(answered, ExecutionResult)
    return answered


def _operation(http: HTTPRequest, asked: Asked) -> Operation | ExecutionResult:
    """The operation that is asked for, or the answer that there is none to execute."""
    documents: Documents = http.app.state.documents
    try:
        if asked.query == "":
            raise _Refused(400, "The query is empty.")
        if asked.query is not None:
            if asked.named and asked.named.removeprefix(SHA256).lower() != digest(asked.query):
                raise _Refused(400, "The document is not the one that its id names.")
            prepared = documents.written(asked.query)
        elif asked.named:
            prepared = documents.named(asked.named)
        else:
            raise _Refused(400, "The parameter `query` is missing.")
    except (UnknownDocument, Untrusted) as error:
        return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
    operation = prepared.operation(asked.operation_name)
    if operation and operation.node.operation is not OperationType.QUERY:
        if http.method == "GET":
            raise _Refused(405, "GET is for queries only; send this by POST.", allow="POST")
        if operation.node.operation is OperationType.SUBSCRIPTION:
            raise _Refused(400, "A subscription is answered as a stream of events, not at once.")
    if operation is None and prepared.operations is not None and (asked.operation_name or not prepared.operations):
        raise _Refused(400, "Say by operationName which operation of the document is to be executed.")
    if prepared.errors:
        return ExecutionResult(None, list(prepared.errors))
    several = "The document has several operations; say by operationName which one is to be executed."
    return operation or ExecutionResult(None, [GraphQLError(several)])


def _throttled(result: ExecutionResult) -> Throttled | None:
    """Why nothing was done, if that is because the caller asks too often."""
    if any((result.data or {}).values()):
        return None
    causes = (_fault(error) for error in result.errors or ())
    return next((cause for cause in causes if isinstance(cause, Throttled)), None)


def _was_executed(result: ExecutionResult) -> bool:
    """An error of a field has a path; without one the request was refused as a whole."""
    return bool(result.errors) and all(error.path for error in result.errors or ())


def _told(error: GraphQLError) -> dict[str, Any]:
    cause = _fault(error)
    said = problem(cause) if cause else told(without_values(error.message), BAD_USER_INPUT)
    if error.locations:
        said["locations"] = [location.formatted for location in error.locations]
    if error.path:
        said["path"] = error.path
    return said


def _fault(error: GraphQLError) -> Exception | None:
    """What went wrong behind an error; None when it is the document or its values that are wrong."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        if isinstance(cause, StrawberryInputCoercionError):
            return None
        cause = cause.original_error
    if cause is None and error.path and all(isinstance(node, FieldNode) for node in error.nodes or ()):
        return error  # a resolver's answer does not fit the schema
    if isinstance(cause, ValueError) and error.nodes and not error.path:
        return None  # a value that Python cannot convert, like a whole number of 5,000 digits
    return cause


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
        raise _Refused(415, f"The content type must be {JSON} in UTF-8.", accept=JSON)
    given = _decoded(await http.body(), "The body")
    if not isinstance(given, dict):
        raise _Refused(400, "The body must be one JSON object; requests are not batched.")
    return _converted(given)


def _decoded(content: bytes, what: str) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Refused(400, f"{what} is not JSON.") from error


def _converted(given: Mapping[str, Any]) -> Asked:
    try:
        return msgspec.convert(given, Asked)
    except msgspec.ValidationError as error:
        raise _Refused(400, f"The request is not well-formed: {error}.") from error


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
