"""Whether a document is executed: first its size is looked at, then its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, specified_rules, validate
from graphql.validation import MaxIntrospectionDepthRule
from strawberry.extensions import SchemaExtension

from umt.api.graphql.limits import MOST_TOKENS, too_large

RULES: Final = (*specified_rules, MaxIntrospectionDepthRule)
MOST_ERRORS: Final = 10
"""After so many errors the rest of a document is not looked at: each one's suggestions cost time."""


class Validation(SchemaExtension):
    """Takes the place of strawberry's own validation, which would do the costly part first."""

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = MOST_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.graphql_document and context.pre_execution_errors is None:
            name = context._provided_operation_name
            context.pre_execution_errors = errors(context.schema._schema, context.graphql_document, name)
        yield


def errors(schema: GraphQLSchema, document: DocumentNode, operation_name: str | None = None) -> list[GraphQLError]:
    """Why the document is not executed; none if it is."""
    if problem := too_large(document):
        return [GraphQLError(problem)]
    operations = sum(isinstance(each, OperationDefinitionNode) for each in document.definitions)
    if operations > 1 and operation_name is None:
        return [GraphQLError("The document has several operations; say by operationName which one is to be executed.")]
    return validate(schema, document, RULES, max_errors=MOST_ERRORS)
