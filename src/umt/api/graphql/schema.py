"""The schema, and its text as it is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import strawberry
from graphql import GraphQLID, GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from umt.api.graphql.execution.columns import EXACT, TOGETHER
from umt.api.graphql.execution.cost import COST, SIZE
from umt.api.graphql.execution.layout import ATTRIBUTE, METHOD
from umt.api.graphql.mutations import Mutation
from umt.api.graphql.queries import Query
from umt.api.graphql.requirements import Public, Requires, state_requirements
from umt.api.graphql.resolving import Inputs, resolver_of
from umt.api.graphql.scalars import SCALARS, TOGETHER_BY_NAME
from umt.api.graphql.subscriptions import Subscription
from umt.domain.campaign import MOST_AD_SETS
from umt.domain.platform import Platform

_DEFINITION: Final = "strawberry-definition"

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Requires, Public],
    config=StrawberryConfig(scalar_map=SCALARS),
)
state_requirements(SCHEMA)


SIZES: Final[Mapping[str, int | tuple[str, ...]]] = {
    "Query.nodes": ("ids",),
    "Query.calendar": 1_000,
    "Workspace.members": 1_000,
    "Campaign.contents": MOST_AD_SETS,
    "Campaign.figureSources": len(Platform),
    "AgentRun.decisions": 1_000,
}
"""How many items lists have at most that are no pages, as far as their items cost something."""


def graphql_schema() -> str:
    """The schema in GraphQL's own language; needs no running system."""
    return f"{SCHEMA.as_str()}\n"


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema, with what the executor may rely on: fields that are mere attributes, which class the objects
    of a type are of, and what things and fields cost; and with functions that are called without detours."""
    made: GraphQLSchema = schema._schema
    inputs = Inputs(schema)
    node = made.type_map.get("Node")
    for name, together in TOGETHER_BY_NAME.items():
        scalar = made.type_map.get(name)
        if scalar and scalar is not GraphQLID:
            scalar.extensions[TOGETHER] = together
    for kind in made.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        definition = kind.extensions.get(_DEFINITION)
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_type_of is None:
            kind.extensions[EXACT] = definition.origin
        kind.extensions[COST] = int(node in kind.interfaces)
        for name, field in kind.fields.items():
            own = field.extensions.get(_DEFINITION)
            if isinstance(own, StrawberryField):
                field.extensions |= _known_of(own, get_named_type(field.type).name)
                if kind is not made.subscription_type:  # whose functions bring events, not values
                    field.resolve = resolver_of(own, inputs) or field.resolve
                if size := SIZES.get(f"{kind.name}.{name}"):
                    field.extensions[SIZE] = size
    return made


def _known_of(field: StrawberryField, answers: str) -> dict[str, Any]:
    """What is known of a field before it is asked for."""
    if field.is_basic_field:
        return {ATTRIBUTE: field.python_name}
    if not field.is_async:
        return {METHOD: _method(field)} if _method(field) else {}
    paged = {SIZE: ("first", "last")} if answers.endswith("Connection") else {}
    return {COST: 1, **paged, **field.metadata}


def _method(field: StrawberryField) -> Callable[[Any], Any] | None:
    """The function of a field that needs nothing but its parent."""
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.arguments or resolver.info_parameter:
        return None
    method: Callable[[Any], Any] = resolver._unbound_wrapped_func
    return method if resolver.self_parameter else None


EXECUTABLE: Final = executable(SCHEMA)
