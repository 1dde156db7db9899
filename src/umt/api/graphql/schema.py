"""The schema, and its text as it is published."""

from __future__ import annotations

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from umt.api.graphql.mutations import Mutation
from umt.api.graphql.queries import Query
from umt.api.graphql.scalars import SCALARS
from umt.api.graphql.validation import Validation


class Schema(strawberry.Schema):
    """Errors are told, and logged when they are ours, by umt.api.errors; strawberry's own log would tell all."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        pass


SCHEMA = Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[Validation],
)


def graphql_schema() -> str:
    """The schema in GraphQL's own language; needs no running system."""
    return f"{SCHEMA.as_str()}\n"
