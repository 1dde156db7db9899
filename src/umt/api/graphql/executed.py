"""An operation, carried out and traced: one span for all of it, none for its fields."""

from __future__ import annotations

from contextlib import AbstractContextManager
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult
from opentelemetry.trace import Span

from umt.api.graphql.execution.documents import Operation
from umt.api.graphql.request import Request
from umt.application.tracing import Attributes, span


def operation_span(operation: Operation) -> AbstractContextManager[Span]:
    """A span around an operation. Of the document it tells the digest, since its text may hold values."""
    kind = operation.node.operation.value

    def attributes() -> Attributes:
        named = {"graphql.operation.name": operation.name} if operation.name else {}
        return {"graphql.operation.type": kind, "umt.graphql.document.sha256": operation.digest, **named}

    return span(f"graphql {kind}", attributes)


async def executed(operation: Operation, request: Request, variables: dict[str, Any] | None) -> ExecutionResult:
    """What came of a query or a mutation."""
    result = operation.execute(request, variables)
    answered = await result if isawaitable(result) else result
    assert isinstance(answered, ExecutionResult)
    return answered
