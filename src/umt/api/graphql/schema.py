"""The schema, and its text as it is published."""

from __future__ import annotations

from typing import Final

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from umt.api.graphql.execution.columns import EXACT
from umt.api.graphql.execution.layout import ATTRIBUTE, COLUMN
from umt.api.graphql.mutations import Mutation
from umt.api.graphql.queries import Query
from umt.api.graphql.scalars import SCALARS

_DEFINITION: Final = "strawberry-definition"

SCHEMA = strawberry.Schema(query=Query, mutation=Mutation, config=StrawberryConfig(scalar_map=SCALARS))


def graphql_schema() -> str:
    """The schema in GraphQL's own language; needs no running system."""
    return f"{SCHEMA.as_str()}\n"


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema, with what the executor may rely on: fields that are mere attributes, and which class the
    objects of a type are of."""
    made: GraphQLSchema = schema._schema
    for kind in made.type_map.values():
        if not isinstance(kind, GraphQLObjectType):
            continue
        definition = kind.extensions.get(_DEFINITION)
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_type_of is None:
            kind.extensions[EXACT] = definition.origin
        for field in kind.fields.values():
            own = field.extensions.get(_DEFINITION)
            if isinstance(own, StrawberryField) and own.is_basic_field:
                field.extensions[ATTRIBUTE] = own.python_name
            if isinstance(own, StrawberryField) and own.metadata.get(COLUMN):
                field.extensions[COLUMN] = True
    return made


EXECUTABLE: Final = executable(SCHEMA)
