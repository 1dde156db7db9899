"""An operation laid out for execution: which fields of which type, and how the values of each are completed.

A layout grows as types are met and lasts for as long as its document is kept. It holds nothing of a request: neither
arguments nor variables, but for those that decide what is skipped or included, which its key names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FieldDetails

from umt.api.graphql.execution.columns import Completion, completion
from umt.api.graphql.execution.cost import COST

if TYPE_CHECKING:
    from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor

ATTRIBUTE: Final = "umt-attribute"
"""Extension of a field: its value is this attribute of the parent, and nothing is run to get it."""

_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)

MOST_LAYOUTS: Final = 32
"""Layouts that are kept of one document: it takes five variables that skip or include something to have so many."""

METHOD: Final = "umt-method"
"""Extension of a field: its value is what this function makes of the parent alone, at once."""

COLUMN: Final = "umt-column"
"""Extension of a field: its resolver takes a `Column` of parents as well, and answers one value for each."""


class Column(list[Any]):
    """The parents of one field in one operation, in order; what a `COLUMN` field's resolver is given as its source."""


class Field:
    """One field of a selection, by its response key."""

    __slots__ = (
        "attribute",
        "column",
        "completion",
        "constant",
        "cost",
        "definition",
        "details",
        "key",
        "method",
        "nodes",
        "resolve",
    )

    def __init__(
        self, key: str, definition: GraphQLField, details: list[FieldDetails], parent: GraphQLObjectType
    ) -> None:
        self.key, self.definition, self.details = key, definition, details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.completion: Completion = completion(definition.type, self)
        self.attribute: str | None = definition.extensions.get(ATTRIBUTE)
        self.method: Callable[[Any], Any] | None = definition.extensions.get(METHOD)
        self.column: bool = definition.extensions.get(COLUMN, False)
        self.resolve: Callable[..., Any] | None = definition.resolve
        self.cost: int = definition.extensions.get(COST, 0)
        self.constant: Any = parent.name if self.name == "__typename" else Undefined

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def type(self) -> GraphQLOutputType:
        return self.definition.type


class Selection:
    """The fields that are selected of an object type, in the answer's order.

    ``attributes`` are the places of those that are mere attributes, and ``read`` gets all of them of an object at once;
    ``row`` makes an object's answer of its values.
    """

    __slots__ = ("attributes", "cost", "fields", "keys", "others", "read", "row", "type")

    def __init__(self, of_type: GraphQLObjectType, fields: list[Field]) -> None:
        self.type, self.fields = of_type, fields
        self.cost: int = of_type.extensions.get(COST, 0)
        self.keys = tuple(field.key for field in fields)
        self.row = row_maker(self.keys)
        plain = [place for place, field in enumerate(fields) if field.attribute is not None]
        self.attributes = tuple(plain)
        self.others = tuple(place for place in range(len(fields)) if place not in set(plain))
        self.read = attrgetter(*(str(fields[place].attribute) for place in plain)) if plain else None

    @classmethod
    def of(
        cls, executor: BreadthFirstExecutor, of_type: GraphQLObjectType, grouped: dict[str, list[FieldDetails]]
    ) -> Selection:
        """A field that the type does not have is left out, as graphql-core leaves it out."""
        found = []
        for key, details in grouped.items():
            definition = executor.schema.get_field(of_type, details[0].node.name.value)
            if definition:
                found.append(Field(key, definition, details, of_type))
        return cls(of_type, found)


def row_maker(keys: Sequence[str]) -> Callable[..., dict[str, Any]]:
    """``{"a": a, "b": b}`` as a function of a and b: twice as fast as any that is told its keys each time, which is why
    `collections.namedtuple` makes its classes so, too.

    :param keys: names of GraphQL, which hold nothing but letters, digits and underscores; ValueError for others.
    """
    if not all(_NAME.fullmatch(key) for key in keys):
        raise ValueError("Response keys are names.")
    values = [f"v{n}" for n in range(len(keys))]
    pairs = ", ".join(f"{key!r}: {value}" for key, value in zip(keys, values, strict=True))
    source = f"lambda {', '.join(values)}: {{{pairs}}}"  # of names that were looked at
    made: Callable[..., dict[str, Any]] = eval(source, {"__builtins__": {}})  # noqa: S307 # nosec B307 # nosemgrep: text-as-code
    return made


class Layouts:
    """The layouts of a document's operations, by the values of the variables that decide what is skipped and included.

    None is kept of an operation whose fragments have variables of their own: what these are is laid out, too.
    """

    __slots__ = ("_conditions", "_known", "_lasting")

    def __init__(self, document: DocumentNode) -> None:
        conditions = _Conditions()
        visit(document, conditions)
        self._conditions, self._lasting = tuple(sorted(conditions.names)), conditions.lasting
        self._known: dict[tuple[Any, ...], Selection] = {}

    def get(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Selection | None:
        """The operation's layout for these values, if it is kept."""
        return self._known.get(self._key(operation, variables))

    def keep(self, operation: OperationDefinitionNode, variables: Mapping[str, Any], layout: Selection) -> None:
        if self._lasting and len(self._known) < MOST_LAYOUTS:
            self._known[self._key(operation, variables)] = layout

    def _key(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> tuple[Any, ...]:
        name = operation.name.value if operation.name else None
        return (name, *map(variables.get, self._conditions))


class _Conditions(Visitor):
    """Which variables the directives of a document use."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.lasting = True

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
        if node.variable_definitions:
            self.lasting = False
