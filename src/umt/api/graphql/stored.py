"""Things as the rows of a read model have them: the row is the object, and what takes work is done when it is asked for.

Most fields of a thing are columns of the same name, and stay what the database gave. Those that are not are written as
`made` of columns. So a list costs what is asked of it, and only the columns are read that this needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, InlineFragmentNode, SelectionSetNode
from strawberry.types.base import StrawberryObjectDefinition

from umt.api.graphql.execution.frame import Frame
from umt.application.lists import Rows
from umt.application.queries import Row

T = TypeVar("T")
Info: TypeAlias = "GraphQLResolveInfo[Any]"


class made:
    """An attribute that is made of these columns each time it is asked for.

    :param many: makes those of many rows at once, of their columns; without it each is made by itself.
    """

    def __init__(self, by: Callable[..., Any], *columns: str, many: Callable[..., Sequence[Any]] | None = None) -> None:
        self.columns, self.by = columns, by
        self.many = many or (lambda *columns: list(map(by, *columns)))
        read = itemgetter(*columns)
        self._read: Callable[[Row], tuple[Any, ...]] = read if len(columns) > 1 else lambda row: (read(row),)

    def __get__(self, thing: Any, owner: type) -> Any:
        return self.by(*self._read(thing.__dict__))

    def __set__(self, thing: Any, value: Any) -> None:
        raise AttributeError("What a row has is not changed.")


class Stored(Generic[T]):
    """Makes objects of a kind of rows. ``names`` are attributes that are columns of other names."""

    def __init__(self, kind: type[T], names: Mapping[str, str]) -> None:
        self._kind, self._names, self._renamed = kind, names, tuple(names.items())
        self._made = {name: each for name, each in vars(kind).items() if isinstance(each, made)}

    def __call__(self, row: Row) -> T:
        """The row as an object."""
        thing = self._kind.__new__(self._kind)
        for name, column in self._renamed:
            if column in row:
                row[name] = row[column]
        thing.__dict__ = row
        return thing

    def all(self, rows: Rows) -> Frame[T]:
        """All the rows as objects."""

        def column(attribute: str) -> Sequence[Any]:
            if (way := self._made.get(attribute)) is None:
                return rows.columns[self._names.get(attribute, attribute)]
            return way.many(*[rows.columns[name] for name in way.columns])

        return Frame(self._kind, len(rows), column, lambda: list(map(self, rows)))


class Columns:
    """Which columns the fields of a GraphQL type need.

    :param kind: a type whose fields are columns, or `made` of some.
    :param names: attributes that are columns of other names.
    :param needs: columns that fields with a resolver use of their parent; of one that is not named, all are read.
    """

    def __init__(self, kind: type, names: Mapping[str, str], **needs: tuple[str, ...]) -> None:
        definition: StrawberryObjectDefinition = kind.__strawberry_definition__  # type: ignore[attr-defined]
        self._needs: dict[str, tuple[str, ...]] = {"__typename": ()}
        for each in definition.fields:
            name = each.graphql_name or _camel(each.python_name)
            attribute = vars(kind).get(each.python_name)
            if isinstance(attribute, made):
                self._needs[name] = attribute.columns
            elif each.python_name in needs:
                self._needs[name] = needs[each.python_name]
            elif each.is_basic_field:
                self._needs[name] = (names.get(each.python_name, each.python_name),)

    def of(self, fields: Iterable[str], *always: str) -> tuple[str, ...] | None:
        """The columns of these fields, and those that are always read; None for all there are."""
        found = dict.fromkeys(always)
        for field in fields:
            columns = self._needs.get(field)
            if columns is None:
                return None
            for column in columns:
                found[column] = None
        return tuple(found)


def asked_of_nodes(info: Info) -> set[str]:
    """The names of the fields that a query asks for of the nodes of a connection. What is skipped counts, too."""
    connection = _below(info, [node.selection_set for node in info.field_nodes])
    edges = _below(info, [each for name, each in connection if name == "edges"])
    nodes = [each for name, each in (*connection, *edges) if name in ("nodes", "node")]
    return {name for name, _ in _below(info, nodes)}


def asked_of(info: Info) -> set[str]:
    """The names of the fields that a query asks for of a thing itself."""
    return {name for name, _ in _below(info, [node.selection_set for node in info.field_nodes])}


def _below(info: Info, selections: Iterable[SelectionSetNode | None]) -> list[tuple[str, SelectionSetNode | None]]:
    found: list[tuple[str, SelectionSetNode | None]] = []
    waiting = [each for each in selections if each]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found.append((node.name.value, node.selection_set))
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                waiting.append(info.fragments[node.name.value].selection_set)
    return found


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))
