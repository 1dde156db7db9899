"""A made-up schema in which every kind of field, value and mistake occurs, and queries for it.

What a field gives is drawn from the name of its place, so that two executions of a query see the same.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_enum_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_union_type,
)

from umt.api.graphql.execution.layout import ATTRIBUTE, COLUMN, Column

SDL: Final = """
interface Named { id: ID! name: String friend: Named }
enum Colour { RED GREEN }
union Pet = Thing | Dog
type Dog implements Named { id: ID! name: String friend: Named barks: Boolean! thing: Thing }
type Thing implements Named {
  id: ID! name: String friend: Named text: String! number: Int count: Int! ratio: Float share: Float! flag: Boolean
  colour: Colour colours: [Colour!] words: [String] lines: [String!]! grid: [[Int!]] child: Thing mother: Thing!
  things: [Thing!]! maybe: [Thing] rows: [[Thing]] pets: [Pet!] pet: Pet echo(text: String = "x", n: Int): String
  loud(n: Int!): String! beside: Thing! besides: [Thing!] plain: String! plainly: Thing
}
type Query { thing: Thing things: [Thing!] must: Thing! named: Named pet: Pet echo(text: String): String }
type Mutation { first: Thing second: Thing! third: String }
type Subscription { things: [Thing!] }
"""

AS_ATTRIBUTES: Final = frozenset(
    {"id", "text", "number", "colour", "plain", "plainly", "words", "ratio", "maybe", "count"}
)
AS_COLUMNS: Final = frozenset({"beside", "besides", "share"})


class Mistake(Exception):
    """What goes wrong in a resolver."""


class Shade(Enum):
    RED = 1
    GREEN = 2


class Node:
    """An object of the made-up world: its attributes are what its fields give."""

    def __init__(self, world: World, place: str, kind: str) -> None:
        self.world, self.place, self.kind = world, place, kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.world.gives(self, name)


class World:
    """What everything gives. ``mistakes`` and ``waiting``: how often, of a hundred; in ``nullable`` places only, or all."""

    def __init__(self, seed: int, *, mistakes: int, waiting: int = 0, nullable: bool = False) -> None:
        self.seed, self.mistakes, self.waiting, self.nullable = seed, mistakes, waiting, nullable
        self.root = self.root_of("Query")

    @property
    def schema(self) -> GraphQLSchema:
        """One for all worlds: its resolvers ask the world of the node."""
        return SCHEMA

    def root_of(self, name: str) -> Node:
        return Node(self, "", name)

    def type(self, name: str) -> GraphQLObjectType:
        found = self.schema.type_map[name]
        assert isinstance(found, GraphQLObjectType)
        return found

    def as_value(self, node: Node, key: str) -> Any:
        try:
            return self.gives(node, key)
        except Mistake as error:
            return error

    def kind_of(self, node: Node) -> Any:
        draw = Random(f"{self.seed} kind {node.place}")
        if not self.nullable and draw.randrange(400) < self.mistakes:
            return draw.choice(("Nothing", "Query", "Colour", None))
        return self._later(draw, node.kind)

    def gives(self, node: Node, key: str, **given: Any) -> Any:
        field = self.type(node.kind).fields[key]
        place = f"{node.place}.{key}"
        draw = Random(f"{self.seed} {place} {sorted(given.items())}")
        if draw.randrange(100) < self.mistakes and not (self.nullable and is_non_null_type(field.type)):
            raise Mistake(f"mistake at {place}")
        if given and draw.randrange(2):
            return self._later(draw, f"{given}")
        return self._later(draw, self._value(draw, field.type, place))

    def _later(self, draw: Random, value: Any) -> Any:
        if draw.randrange(100) >= self.waiting:
            return value

        async def slow() -> Any:
            for _ in range(draw.randrange(3)):
                await asyncio.sleep(0)
            if isinstance(value, Exception):
                raise value
            return value

        return slow()

    def _value(self, draw: Random, of_type: GraphQLOutputType, place: str) -> Any:
        wrong = draw.randrange(100) < self.mistakes
        if is_non_null_type(of_type):
            if wrong and not self.nullable:
                return None
            return self._inner(draw, of_type.of_type, place, wrong=False)
        if draw.randrange(8) == 0:
            return None
        return self._inner(draw, of_type, place, wrong=wrong)

    def _inner(self, draw: Random, of_type: GraphQLOutputType, place: str, *, wrong: bool) -> Any:
        if is_list_type(of_type):
            if wrong:
                return draw.choice((5, "text", Mistake(f"instead of a list at {place}")))
            size = 0 if place.count(".") > 5 else draw.choice((0, 1, 2, 3, 5))
            items = [self._later(draw, self._value(draw, of_type.of_type, f"{place}.{n}")) for n in range(size)]
            return tuple(items) if draw.randrange(5) == 0 else items
        named = get_named_type(of_type)
        if is_leaf_type(named):
            return self._leaf(draw, named, place, wrong=wrong)
        if wrong:
            return draw.choice((Mistake(f"returned at {place}"), None))
        kinds = [named.name] if is_object_type(named) else ["Thing", "Dog"]
        return Node(self, place, draw.choice(kinds))

    @staticmethod
    def _leaf(draw: Random, named: GraphQLNamedType, place: str, *, wrong: bool) -> Any:
        if wrong:
            return draw.choice(({}, [1], "text", 2**40, float("nan"), Mistake(f"returned at {place}"), object()))
        if is_enum_type(named):
            return draw.choice((Shade.RED, Shade.GREEN))
        values: dict[str, tuple[Any, ...]] = {
            "ID": ("a", "b", 7),
            "String": ("", "text", "ü", 5, True, 1.5),
            "Int": (0, 1, -5, 2**31 - 1, True, 3.0),
            "Float": (0.5, 1, -2.25, True),
            "Boolean": (True, False, 1, 0),
        }
        return draw.choice(values[named.name])


def _made() -> GraphQLSchema:
    schema = build_schema(SDL)
    for name in ("Thing", "Dog", "Query", "Mutation"):
        kind: Any = schema.type_map[name]
        for key, field in kind.fields.items():
            _resolved(name, key, field)
    for name in ("Named", "Pet"):
        abstract: Any = schema.type_map[name]
        abstract.resolve_type = lambda value, *_: value.world.kind_of(value) if isinstance(value, Node) else None
    dog: Any = schema.type_map["Dog"]
    dog.is_type_of = lambda value, _: isinstance(value, Node) and value.kind == "Dog"
    colours: Any = schema.type_map["Colour"]
    for shade in Shade:
        colours.values[shade.name].value = shade
    colours.__dict__.pop("_value_lookup", None)
    return schema


def _resolved(name: str, key: str, field: GraphQLField) -> None:
    def resolve(source: Any, _: Any, **given: Any) -> Any:
        if isinstance(source, Column):
            return [node.world.as_value(node, key) for node in source]
        return source.world.gives(source, key, **given)

    field.resolve = resolve
    if key in AS_COLUMNS:
        field.extensions = {COLUMN: True}
    elif key in AS_ATTRIBUTES and name in ("Thing", "Dog"):
        field.extensions = {ATTRIBUTE: key}
        field.resolve = lambda source, _: getattr(source, key)


SCHEMA: Final = _made()


class Queries:
    """Queries for a schema, drawn at random: aliases, repeated fields, fragments, conditions, variables, arguments."""

    def __init__(self, schema: GraphQLSchema, draw: Random) -> None:
        self._schema, self._draw = schema, draw
        self._fragments: list[str] = []

    def document(self, operation: str = "query") -> str:
        root = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}[operation]
        body = self._selection(self._schema.type_map[root], 4)
        return f"{operation} Q($yes: Boolean = true, $no: Boolean!, $n: Int!, $text: String) {body}\n" + "\n".join(
            self._fragments
        )

    def _selection(self, of_type: GraphQLNamedType, depth: int) -> str:
        parts = [self._part(of_type, depth) for _ in range(self._draw.randrange(1, 7))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, of_type: GraphQLNamedType, depth: int) -> str:
        choice = self._draw.randrange(12)
        if is_union_type(of_type) or (is_interface_type(of_type) and choice < 6) or choice == 0:
            return self._fragment(of_type, depth)
        if choice == 1:
            return "__typename" + self._condition()
        fields = of_type.fields  # type: ignore[attr-defined]
        names = [n for n, field in fields.items() if depth > 0 or is_leaf_type(get_named_type(field.type))]
        if not names:
            return "__typename"
        name = self._draw.choice(names)
        inner = get_named_type(fields[name].type)
        below = "" if is_leaf_type(inner) else " " + self._selection(inner, depth - 1)
        given, alias = self._arguments(name)
        return f"{alias}{name}{given}{self._condition()}{below}"

    def _arguments(self, name: str) -> tuple[str, str]:
        if name == "loud":
            n = self._draw.choice(("1", "$n"))
            return f"(n: {n})", f"loud{n.strip('$')}: "
        if name == "echo":
            text = self._draw.choice(('"a"', "$text", "null"))
            return f"(text: {text})", f"echo_{text.strip('$').replace(chr(34), '')}: "
        return "", self._draw.choice(("", "", f"{name}_again: "))

    def _condition(self) -> str:
        return self._draw.choice(("",) * 9 + (" @include(if: $yes)", " @skip(if: $no)", " @skip(if: true)"))

    def _fragment(self, of_type: GraphQLNamedType, depth: int) -> str:
        kinds = ["Thing", "Dog", "Named"] if not is_object_type(of_type) else [of_type.name]
        kind = self._draw.choice(kinds)
        body = self._selection(self._schema.type_map[kind], depth - 1 if depth > 1 else 0)
        if self._draw.randrange(2):
            return f"... on {kind}{self._condition()} {body}"
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {kind} {body}")
        return f"...{name}{self._condition()}"
