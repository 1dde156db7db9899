"""What changed between two versions of the GraphQL schema."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    is_required_argument,
    is_required_input_field,
    print_ast,
)
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from umt.application.compatibility import Change


def graphql_changes(old: bytes, new: bytes) -> Iterator[Change]:
    """What breaks a query, and what may surprise who sends it; of schemas in GraphQL's own language."""
    before, now = _schema(old), build_schema(new.decode())
    yield from (Change(True, change.description) for change in find_breaking_changes(before, now))
    yield from (Change(True, text) for text in _lost_defaults(before, now))
    yield from (Change(False, change.description) for change in find_dangerous_changes(before, now))
    yield from (Change(False, text) for text in _moved_requirements(before, now))


def _schema(text: bytes) -> GraphQLSchema:
    try:
        return build_schema(text.decode())
    except (GraphQLSyntaxError, TypeError) as error:
        raise ValueError(str(error)) from error


def _lost_defaults(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[str]:
    """What could be left out and must be given now, since its default is gone; graphql-core calls that only dangerous."""
    known = dict(_givens(old))
    for name, (given, required) in _givens(new):
        before, was_required = known.get(name, (given, True))
        if required and not was_required and str(given.type) == str(before.type):
            yield f"{name} lost its default and is required."


def _givens(schema: GraphQLSchema) -> Iterator[tuple[str, tuple[GraphQLArgument | GraphQLInputField, bool]]]:
    """All that a query gives, and whether it must."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLInputObjectType):
            for field, given in kind.fields.items():
                yield f"Field {name}.{field}", (given, is_required_input_field(given))
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, about in kind.fields.items():
                for argument, taken in about.args.items():
                    yield f"Argument {name}.{field}({argument}:)", (taken, is_required_argument(taken))


def _moved_requirements(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[str]:
    """Fields that need another permission than before."""
    known = dict(_requirements(old))
    for name, needs in _requirements(new):
        if name in known and known[name] != needs:
            yield f"Field {name} says {needs or 'nothing'} of what it needs; it said {known[name] or 'nothing'}."


def _requirements(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    for name, kind in schema.type_map.items():
        for field, about in kind.fields.items() if isinstance(kind, GraphQLObjectType) else ():
            directives = (about.ast_node.directives or ()) if about.ast_node else ()
            stated = (each for each in directives if each.name.value in ("requires", "public"))
            yield f"{name}.{field}", " ".join(map(print_ast, stated))
