"""The answers to an operation as a stream: one to a query or a mutation, any number to a subscription."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, OperationType

from umt.api.errors import BAD_USER_INPUT, UNAVAILABLE, problem, told
from umt.api.graphql.asked import Asked, Refused, operation_of
from umt.api.graphql.executed import executed, operation_span
from umt.api.graphql.execution.documents import Documents, Operation
from umt.api.graphql.request import Request
from umt.api.graphql.telling import answer_of, errors_of, was_executed


class Ended(Exception):
    """There are no answers, or no more: the operation was refused, or its subscription failed. Why, as it is told."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.errors = errors
        super().__init__(errors)


async def answers(
    documents: Documents,
    asked: Asked,
    request: Request,
    allow: Callable[[Operation], None] = lambda operation: None,
) -> AsyncGenerator[dict[str, Any]]:
    """The answers, each once the one before was taken; at their end `Ended` if it is no good one."""
    try:
        operation = operation_of(documents, asked, allow)
    except Refused as error:
        raise Ended([told(str(error), BAD_USER_INPUT)]) from error
    if isinstance(operation, ExecutionResult):
        raise Ended(errors_of(operation))
    if operation.node.operation is not OperationType.SUBSCRIPTION:
        yield await _only_answer(operation, asked, request)
        return
    stream = operation.subscribe(request, asked.variables)
    if isawaitable(stream):
        stream = await stream
    if isinstance(stream, ExecutionResult):
        raise Ended(errors_of(stream))
    try:
        async with aclosing(stream):
            async for result in stream:
                yield answer_of(result)
    except Exception as error:
        raise Ended([problem(error)]) from error


async def _only_answer(operation: Operation, asked: Asked, request: Request) -> dict[str, Any]:
    seconds = request.services.hygiene.request_timeout_seconds
    try:
        async with asyncio.timeout(seconds) as patience:
            with operation_span(operation):
                answered = await executed(operation, request, asked.variables)
    except TimeoutError as error:
        if not patience.expired():
            raise
        why = f"The request took more than {seconds:g} seconds; ask for less at a time."
        raise Ended([told(why, UNAVAILABLE)]) from error
    if not was_executed(answered):
        raise Ended(errors_of(answered))
    return answer_of(answered)
