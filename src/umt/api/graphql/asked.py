"""What is asked for: the parameters of a request, on whatever transport they come, and the operation that is meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError

from umt.api.graphql.execution.documents import SHA256, Documents, Operation, UnknownDocument, Untrusted, digest
from umt.api.graphql.limits import too_many


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


class Refused(Exception):
    """A request that is not even a well-formed one; the status and headers are for HTTP."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        self.status, self.headers = status, headers
        super().__init__(message)


def operation_of(
    documents: Documents, asked: Asked, allow: Callable[[Operation], None] = lambda operation: None
) -> Operation | ExecutionResult:
    """The operation that is asked for, or the answer that there is none to execute. ``allow`` refuses what the transport
    does not take."""
    try:
        if asked.query == "":
            raise Refused(400, "The query is empty.")
        if asked.query is not None:
            if asked.named and asked.named.removeprefix(SHA256).lower() != digest(asked.query):
                raise Refused(400, "The document is not the one that its id names.")
            prepared = documents.written(asked.query)
        elif asked.named:
            prepared = documents.named(asked.named)
        else:
            raise Refused(400, "The parameter `query` is missing.")
    except (UnknownDocument, Untrusted) as error:
        return ExecutionResult(None, [GraphQLError(str(error))])
    operation = prepared.operation(asked.operation_name)
    if operation:
        allow(operation)
    if operation is None and prepared.operations is not None and (asked.operation_name or not prepared.operations):
        raise Refused(400, "Say by operationName which operation of the document is to be executed.")
    if prepared.errors:
        return ExecutionResult(None, list(prepared.errors))
    if problem := too_many(asked.variables):
        return ExecutionResult(None, [GraphQLError(problem)])
    several = "The document has several operations; say by operationName which one is to be executed."
    return operation or ExecutionResult(None, [GraphQLError(several)])
