"""What an operation costs: one for each thing that is read, and one for each call of a resolver, for each of its parents.

The cost that is asked for is known before anything is read: pages count as full, fragments and conditions as taken. The
actual one is counted by the executor, and is never above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

COST: Final = "umt-cost"
"""Extension of a field: what each call of its resolver costs. Of an object type: what each object of it costs."""

SIZE: Final = "umt-size"
"""Extension of a list field, or of a field whose type holds one list in pages: the name of the argument or the names of
the arguments that bound how many there are, or a number if they are bounded anyway."""

LARGEST_COST: Final = 25_000
MOST_VALUES: Final = 300_000
"""Values in an answer, those of lists inside of a thing included: these cost nothing to read, but something to tell."""
_MOST_KNOWN: Final = 64
UNBOUNDED: Final = 100
"""What a page may have at most, where the arguments do not say."""


class TooMuch(GraphQLError):
    """The answer would be larger than any is."""

    def __init__(self) -> None:
        super().__init__(f"The answer has more than {MOST_VALUES:,} values; ask for smaller pages or fewer fields.")


def require_room(values: int) -> None:
    """TooMuch if an answer has more values than any may have."""
    if values > MOST_VALUES:
        raise TooMuch


class Costs:
    """Costs of operations of one schema and one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._variables: Mapping[str, Any] = {}
        self._known: dict[Any, int] = {}

    def of(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        """The cost that an operation asks for, with coerced variables. Its document was found valid."""
        sizes = tuple(
            (name, len(value) if isinstance(value, list) else value)
            for name, value in variables.items()
            if isinstance(value, int | list)
        )
        key = (operation.name and operation.name.value, sizes)
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = self._counted(operation, variables)
        return self._known[key]

    def _counted(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        self._variables = variables
        root = self._schema.get_root_type(OperationType(operation.operation))
        assert root
        try:
            return self._selections(root, operation.selection_set, 1)
        finally:
            self._variables = {}  # they may say something of a person, and the document is kept

    def _selections(self, of_type: Any, selections: SelectionSetNode | None, size: int) -> int:
        """The cost of one object's fields; lists among them have ``size`` items, which a page's field has said."""
        total = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                total += self._field(of_type, node, size)
            elif isinstance(node, InlineFragmentNode):
                narrowed = self._type(node.type_condition.name.value) if node.type_condition else of_type
                total += self._selections(narrowed, node.selection_set, size)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                total += self._selections(self._type(fragment.type_condition.name.value), fragment.selection_set, size)
        return total

    def _type(self, name: str) -> Any:
        return self._schema.type_map[name]

    def _field(self, of_type: Any, node: FieldNode, size: int) -> int:
        definition = self._schema.get_field(of_type, node.name.value)
        if definition is None:
            return 0
        inner = get_named_type(definition.type)
        own: int = definition.extensions.get(COST, 0)
        if not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType) and node.selection_set is None:
            return own
        below = self._size(definition, node)
        each = self._object(inner) + self._selections(inner, node.selection_set, below or 1)
        if not is_list_type(get_nullable_type(definition.type)):
            return own + each
        return own + (below or size) * each

    def _object(self, inner: Any) -> int:
        """What an object of the type costs; of an abstract one, the dearest of its kinds."""
        if isinstance(inner, GraphQLObjectType):
            return int(inner.extensions.get(COST, 0))
        return max((self._object(kind) for kind in self._schema.get_possible_types(inner)), default=0)

    def _size(self, definition: GraphQLField, node: FieldNode) -> int | None:
        """How many a list field or a page may have; None if the field does not bound it."""
        bound = definition.extensions.get(SIZE)
        if bound is None or isinstance(bound, int):
            return bound
        given = [self._value(node, name) for name in bound]
        sizes = [len(value) if isinstance(value, list) else value for value in given if isinstance(value, list | int)]
        return min(max(sizes, default=UNBOUNDED), UNBOUNDED)

    def _value(self, node: FieldNode, name: str) -> Any:
        for argument in node.arguments or ():
            if argument.name.value == name:
                if isinstance(argument.value, VariableNode):
                    return self._variables.get(argument.value.name.value)
                return value_from_ast_untyped(argument.value, dict(self._variables))
        return None
