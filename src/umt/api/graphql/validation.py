"""Whether a document is executed: first its size is looked at, then its meaning."""

from __future__ import annotations

from typing import Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    specified_rules,
    validate,
)
from graphql.validation import MaxIntrospectionDepthRule

from umt.api.graphql.limits import too_large

RULES: Final = (*specified_rules, MaxIntrospectionDepthRule)
MOST_ERRORS: Final = 5
"""After so many errors the rest of a document is not looked at: each one's suggestions cost time."""


def errors(schema: GraphQLSchema, document: DocumentNode, *, introspection: bool = True) -> list[GraphQLError]:
    """Why the document is not executed; none if it is."""
    if problem := too_large(document):
        return [GraphQLError(problem)]
    rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
    return validate(schema, document, rules, max_errors=MOST_ERRORS)
