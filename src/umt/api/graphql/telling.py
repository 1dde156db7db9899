"""What is told of a result: its data, and its errors with their codes."""

from __future__ import annotations

from typing import Any

from graphql import ExecutionResult, FieldNode, GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from umt.api.errors import BAD_USER_INPUT, problem, told
from umt.api.graphql.discretion import without_values
from umt.api.graphql.execution.cost import TooMuch


def answer_of(result: ExecutionResult) -> dict[str, Any]:
    """The answer to an operation that was executed."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = errors_of(result)
    if result.extensions:
        answer["extensions"] = result.extensions
    return answer


def errors_of(result: ExecutionResult) -> list[dict[str, Any]]:
    """The errors of a result, each as it is told."""
    return [told_of(error) for error in result.errors or ()]


def was_executed(result: ExecutionResult) -> bool:
    """Whether it is an answer, if only of errors: an error of a field has a path, and without one the operation was
    refused as a whole."""
    return result.data is not None or (bool(result.errors) and all(error.path for error in result.errors or ()))


def told_of(error: GraphQLError) -> dict[str, Any]:
    """An error as it is told."""
    cause = fault_of(error)
    said = problem(cause) if cause else told(without_values(error.message), BAD_USER_INPUT)
    if error.locations:
        said["locations"] = [location.formatted for location in error.locations]
    if error.path:
        said["path"] = error.path
    return said


def fault_of(error: GraphQLError) -> Exception | None:
    """What went wrong behind an error; None when it is the document or its values that are wrong."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        if isinstance(cause, StrawberryInputCoercionError | TooMuch):
            return None
        cause = cause.original_error
    if cause is None and error.path and all(isinstance(node, FieldNode) for node in error.nodes or ()):
        return error  # a resolver's answer does not fit the schema
    if isinstance(cause, ValueError) and error.nodes and not error.path:
        return None  # a value that Python cannot convert, like a whole number of 5,000 digits
    return cause
