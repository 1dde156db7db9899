"""What a document may ask for at most, counted before it is validated, in time linear in its length.

Fragments count as often as they are spread, but each is looked at once: doubled spreads, twenty-five levels deep, are
33 million fields that take a millisecond to count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


class Size(NamedTuple):
    """What is counted; of one selection set or of the whole document."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    sign_ins: int = 0
    introspections: int = 0

    def beside(self, other: Size) -> Size:
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.sign_ins + other.sign_ins,
            self.introspections + other.introspections,
        )


LARGEST: Final = Size(depth=16, fields=1000, aliases=50, directives=50, sign_ins=1, introspections=65_000)
"""The query by which tools read a whole schema has nearly 60,000 introspections."""
INTROSPECTION: Final = frozenset({"__schema", "__type"})
MANY: Final[Mapping[str, float]] = {
    "types": 400,
    "directives": 10,
    "fields": 4,
    "inputFields": 2,
    "enumValues": 2,
    "ofType": 0.6,
}
"""About how many things fields of the introspection have: these cost nothing to look up, but something to tell. Of the
others it is one."""
SIGN_INS: Final = frozenset({"register", "login", "acceptInvitation", "changePassword", "refresh"})
"""Mutations that hash a password or make a session. Requests are counted, so each is a request of its own."""
MOST_TOKENS: Final = 2000
MOST_GIVEN: Final = 5000
"""Values in the variables of a request, those in lists and inputs and these themselves included."""
MOST_FRAGMENTS: Final = 100
MOST_OPERATIONS: Final = 10


def too_large(document: DocumentNode) -> str | None:
    """What about the document is too large, if anything is."""
    operations = sum(isinstance(d, OperationDefinitionNode) for d in document.definitions)
    if operations > MOST_OPERATIONS:
        return f"The document has {operations} operations; at most {MOST_OPERATIONS} are allowed."
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    if len(fragments) > MOST_FRAGMENTS:
        return f"The document has {len(fragments)} fragments; at most {MOST_FRAGMENTS} are allowed."
    size = _Measure(fragments).of_document(document)
    if size.sign_ins > LARGEST.sign_ins:
        return f"The document has several of {', '.join(sorted(SIGN_INS))}; send each in a document of its own."
    for name, limit, asked in zip(Size._fields, LARGEST, size, strict=True):
        if asked > limit:
            return (
                f"The document's {name} are {asked if asked < 10**6 else 'far too many'}; at most {limit} are allowed."
            )
    return None


def too_many(variables: Mapping[str, Any] | None) -> str | None:
    """What about the variables is too large, if they are."""
    count, waiting = 0, list[Any]([variables or {}])
    while waiting and count <= MOST_GIVEN:
        given = waiting.pop()
        inner = given.values() if isinstance(given, dict) else given
        count += len(inner)
        waiting += [each for each in inner if isinstance(each, dict | list)]
    return f"The variables hold more than {MOST_GIVEN:,} values; send them in parts." if count > MOST_GIVEN else None


class _Measure:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Size] = {}

    def of_document(self, document: DocumentNode) -> Size:
        size = Size()
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                size = size.beside(Size(directives=len(definition.directives or ())))
                size = size.beside(self._selections(definition.selection_set))
        for name in self._fragments:
            size = size.beside(Size(directives=self._fragment(name).directives))
        return size

    def _selections(self, selections: SelectionSetNode | None, *, introspects: bool = False) -> Size:
        size = Size()
        for node in selections.selections if selections else ():
            own = Size(directives=len(node.directives or ()))
            if isinstance(node, FieldNode):
                introspective = introspects or node.name.value in INTROSPECTION
                inner = self._selections(node.selection_set, introspects=introspective)
                many = MANY.get(node.name.value, 1) if introspective else 1
                own = own.beside(inner)._replace(
                    depth=inner.depth + 1,
                    fields=inner.fields + 1,
                    aliases=inner.aliases + (node.alias is not None),
                    sign_ins=inner.sign_ins + (node.name.value in SIGN_INS),
                    introspections=int(many * (inner.introspections + introspective)),
                )
            elif isinstance(node, InlineFragmentNode):
                own = own.beside(self._selections(node.selection_set, introspects=introspects))
            elif isinstance(node, FragmentSpreadNode):
                own = own.beside(self._fragment(node.name.value))
            size = size.beside(own)
        return size

    def _fragment(self, name: str) -> Size:
        """A fragment in itself counts as nothing: validation refuses the cycle."""
        if name not in self._known:
            self._known[name] = Size()
            if name in self._fragments:
                fragment = self._fragments[name]
                introspects = fragment.type_condition.name.value.startswith("__")
                self._known[name] = self._selections(fragment.selection_set, introspects=introspects)
        return self._known[name]
