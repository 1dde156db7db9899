"""The schema, and its text as it is published."""

from __future__ import annotations

from typing import Any, Final

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from umt.api.graphql.execution.columns import EXACT
from umt.api.graphql.execution.cost import COST, SIZE
from umt.api.graphql.execution.layout import ATTRIBUTE
from umt.api.graphql.mutations import Mutation
from umt.api.graphql.queries import Query
from umt.api.graphql.requirements import Public, Requires, state_requirements
from umt.api.graphql.scalars import SCALARS
from umt.api.graphql.subscriptions import Subscription

_DEFINITION: Final = "strawberry-definition"

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Requires, Public],
    config=StrawberryConfig(scalar_map=SCALARS),
)
state_requirements(SCHEMA)


def graphql_schema() -> str:
    """The schema in GraphQL's own language; needs no running system."""
    return f"{SCHEMA.as_str()}\n"


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema, with what the executor may rely on: fields that are mere attributes, which class the objects
    of a type are of, and what things and fields cost."""
    made: GraphQLSchema = schema._schema
    node = made.type_map.get("Node")
    for kind in made.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        definition = kind.extensions.get(_DEFINITION)
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_type_of is None:
            kind.extensions[EXACT] = definition.origin
        kind.extensions[COST] = int(node in kind.interfaces)
        for field in kind.fields.values():
            own = field.extensions.get(_DEFINITION)
            if isinstance(own, StrawberryField):
                field.extensions |= _known_of(own, get_named_type(field.type).name)
    return made


def _known_of(field: StrawberryField, answers: str) -> dict[str, Any]:
    """What is known of a field before it is asked for."""
    if field.is_basic_field:
        return {ATTRIBUTE: field.python_name}
    paged = {SIZE: ("first", "last")} if answers.endswith("Connection") else {}
    return {COST: 1, **paged, **field.metadata}


EXECUTABLE: Final = executable(SCHEMA)
