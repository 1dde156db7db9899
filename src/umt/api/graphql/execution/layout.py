"""An operation laid out for execution: which fields of which type, and how the values of each are completed.

A layout grows as types are met and lasts for as long as its document is kept. It holds nothing of a request: neither
arguments nor variables, but for those that decide what is skipped or included, which its key names.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType, Undefined
from graphql.execution.collect_fields import FieldDetails

from umt.api.graphql.execution.columns import Completion, completion

if TYPE_CHECKING:
    from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor

ATTRIBUTE: Final = "umt-attribute"
"""Extension of a field: its value is this attribute of the parent, and nothing is run to get it."""

COLUMN: Final = "umt-column"
"""Extension of a field: its resolver takes a `Column` of parents as well, and answers one value for each."""


class Column(list[Any]):
    """The parents of one field in one operation, in order; what a `COLUMN` field's resolver is given as its source."""


class Field:
    """One field of a selection, by its response key."""

    __slots__ = ("attribute", "column", "completion", "constant", "definition", "details", "key", "nodes", "resolve")

    def __init__(
        self, key: str, definition: GraphQLField, details: list[FieldDetails], parent: GraphQLObjectType
    ) -> None:
        self.key, self.definition, self.details = key, definition, details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.completion: Completion = completion(definition.type, self)
        self.attribute: str | None = definition.extensions.get(ATTRIBUTE)
        self.column: bool = definition.extensions.get(COLUMN, False)
        self.resolve: Callable[..., Any] | None = definition.resolve
        self.constant: Any = parent.name if self.name == "__typename" else Undefined

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def type(self) -> GraphQLOutputType:
        return self.definition.type


class Selection:
    """The fields that are selected of an object type, in the answer's order.

    ``attributes`` are the places of those that are mere attributes, and ``read`` gets all of them of an object at once.
    """

    __slots__ = ("attributes", "fields", "keys", "others", "read", "type")

    def __init__(self, of_type: GraphQLObjectType, fields: list[Field]) -> None:
        self.type, self.fields = of_type, fields
        self.keys = tuple(field.key for field in fields)
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
