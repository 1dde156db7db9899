"""How a field's function is called with what a query gives it.

strawberry finds out anew at each call what the function's parameters and the fields of its inputs are called in GraphQL, of
which types they are and how they are converted; here that is known beforehand. What it makes of them is the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLResolveInfo
from strawberry.scalars import is_scalar
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField

Info: TypeAlias = "GraphQLResolveInfo[Any]"
Resolver: TypeAlias = Callable[..., Any]
Convert: TypeAlias = Callable[[Any], Any]


def resolver_of(field: StrawberryField, inputs: Inputs) -> Resolver | None:
    """What graphql-core calls for the field; None where strawberry's own resolver does more than call the function."""
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.parent_parameter or resolver.root_parameter:
        return None
    if isinstance(function := resolver.wrapped_func, staticmethod | classmethod):
        return None
    config = inputs.config
    takes_source = resolver.self_parameter is not None
    info_name = resolver.info_parameter.name if resolver.info_parameter else None
    names = {config.name_converter.from_argument(each): each for each in field.arguments}
    parameters = {name: each.python_name for name, each in names.items()}
    converted = {name: convert for name, each in names.items() if (convert := inputs.converts(each.type))}

    def resolve(source: Any, info: Info, **given: Any) -> Any:
        named = {
            parameters[name]: converted[name](value) if name in converted else value for name, value in given.items()
        }
        if info_name is not None:
            named[info_name] = config.info_class(_raw_info=info, _field=field)
        return function(source, **named) if takes_source else function(**named)

    return resolve


class Inputs:
    """How values of the types of arguments are converted, in one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._scalars = schema.schema_converter.scalar_registry
        self.config = schema.schema_converter.config
        self._made: dict[type, Convert] = {}

    def converts(self, kind: Any) -> Convert | None:
        """The conversion; None for values that stay as graphql-core gives them."""
        if isinstance(kind, StrawberryMaybe):
            return self._as_strawberry_does(kind)
        if isinstance(kind, StrawberryOptional):
            return self.converts(kind.of_type)
        if isinstance(kind, StrawberryList):
            of_items = self.converts(kind.of_type)
            # Always a list of its own: a default is one and the same for all requests.
            return lambda given: None if given is None else [of_items(each) if of_items else each for each in given]
        if is_scalar(kind, self._scalars) or isinstance(kind, StrawberryEnumDefinition) or has_enum_definition(kind):
            return None
        definition = getattr(kind, "__strawberry_definition__", None)
        if isinstance(definition, StrawberryObjectDefinition) and definition.from_input is None:
            return lambda given: given if given is None else self._makes(kind, definition)(given)
        return self._as_strawberry_does(kind)

    def _as_strawberry_does(self, kind: Any) -> Convert:
        return lambda given: convert_argument(given, kind, self._scalars, self.config)

    def _makes(self, kind: type, definition: StrawberryObjectDefinition) -> Convert:
        """Made when it is first needed: an input may have itself in it."""
        if kind in self._made:
            return self._made[kind]
        fields = {self.config.name_converter.from_field(each): each for each in definition.fields}
        names = {name: each.python_name for name, each in fields.items()}
        kinds = {name: each.resolve_type(type_definition=definition) for name, each in fields.items()}
        converted = {name: convert for name, each in kinds.items() if (convert := self.converts(each))}
        missing = dataclasses.MISSING
        absent = dict.fromkeys(
            each.python_name
            for each in definition.fields
            if each.default_value is missing and each.default_factory is missing
        )

        def make(given: Any) -> Any:
            values = {
                names[name]: converted[name](value) if name in converted else value for name, value in given.items()
            }
            return kind(**{**absent, **values})

        self._made[kind] = make
        return make
