"""How a field's function is called with what a query gives it.

strawberry finds out anew at each call what the function's parameters are called in GraphQL, of which type they are and how
they are converted; here that is known beforehand. What is converted is converted by strawberry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLResolveInfo
from strawberry.scalars import is_scalar
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField

Info: TypeAlias = "GraphQLResolveInfo[Any]"
Resolver: TypeAlias = Callable[..., Any]


def resolver_of(field: StrawberryField, schema: strawberry.Schema) -> Resolver | None:
    """What graphql-core calls for the field; None where strawberry's own resolver does more than call the function."""
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.parent_parameter or resolver.root_parameter:
        return None
    if isinstance(function := resolver.wrapped_func, staticmethod | classmethod):
        return None
    converter = schema.schema_converter
    config, scalars = converter.config, converter.scalar_registry
    takes_source = resolver.self_parameter is not None
    info_name = resolver.info_parameter.name if resolver.info_parameter else None

    def is_as_given(argument: StrawberryArgument) -> bool:
        kind: Any = argument.type
        if isinstance(kind, StrawberryOptional) and not isinstance(kind, StrawberryMaybe):
            kind = kind.of_type
        return is_scalar(kind, scalars) or isinstance(kind, StrawberryEnumDefinition) or has_enum_definition(kind)

    names = {config.name_converter.from_argument(each): each for each in field.arguments}
    as_given = {name: each.python_name for name, each in names.items() if is_as_given(each)}
    others = {name: (each.python_name, each.type) for name, each in names.items() if name not in as_given}

    def resolve(source: Any, info: Info, **given: Any) -> Any:
        told = None if info_name is None and not others else config.info_class(_raw_info=info, _field=field)
        named = {as_given[name]: value for name, value in given.items() if name in as_given}
        for name, (parameter, kind) in others.items():
            if name in given:
                named[parameter] = convert_argument(given[name], kind, scalars, config, told, path=(name,))
        if info_name is not None:
            named[info_name] = told
        return function(source, **named) if takes_source else function(**named)

    return resolve
