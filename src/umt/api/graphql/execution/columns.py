"""Values of one type, completed together: what the "Value Completion" section of the GraphQL specification says of each.

A completion takes a list of values and hands on a list of what they became, in the same order: None for none, a `Failure`
where something is wrong. Most are handed on at once; where a value must be awaited, later, so the answer is passed to
`place` instead of being returned.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Sequence, Set
from contextlib import suppress
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Path, UndefinedType
from graphql.pyutils.is_iterable import is_iterable

from umt.api.graphql.execution.failure import Failure
from umt.api.graphql.execution.frame import Frame

if TYPE_CHECKING:
    from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor
    from umt.api.graphql.execution.layout import Field, Selection

Info: TypeAlias = "GraphQLResolveInfo[Any]"
Kinds: TypeAlias = set[type]
"""The types of some values."""
Settled: TypeAlias = Callable[[Sequence[Any], Kinds], None]
"""What goes on with values that are there, and their types."""
Place: TypeAlias = Callable[[list[Any]], None]
"""Where the completed values go."""

EXACT: Final = "umt-class"
"""Extension of an object type: instances of this class are of the type, whatever its `is_type_of` would say more."""

TOGETHER: Final = "umt-together"
"""Extension of a scalar: writes values of these types all at once, as its serializer does one by one; None if it does not."""
Together: TypeAlias = Callable[[Sequence[Any], Kinds], list[Any] | None]

NONE: Final[frozenset[type]] = frozenset({type(None), UndefinedType})
ABSENT: Final[frozenset[type]] = NONE | {Failure}
_TEXTS: Final[frozenset[type]] = frozenset({str, type(None)})
_LISTS: Final[frozenset[type]] = frozenset({list, Frame, type(None), Failure})
"""Values of a list field that need no look."""

_LARGEST_INT: Final = 2**31 - 1


class Spot:
    """Where a column is: a field of a type, below a path. What graphql-core tells resolvers of it is made if it is asked
    for."""

    __slots__ = ("_info", "_path", "field", "parent_type", "run")

    def __init__(
        self, run: BreadthFirstExecutor, parent_type: GraphQLObjectType, field: Field, path: Path | None
    ) -> None:
        self.run, self.parent_type, self.field, self._path = run, parent_type, field, path
        self._info: Info | None = None

    @property
    def path(self) -> Path:
        return self.info.path

    @property
    def info(self) -> Info:
        if self._info is None:
            path = Path(self._path, self.field.key, self.parent_type.name)
            self._info = self.run.build_resolve_info(self.field.definition, self.field.nodes, self.parent_type, path)
        return self._info

    def __str__(self) -> str:
        return f"{self.parent_type}.{self.field.name}"


class Completion:
    """How values of one type are completed, for one field."""

    __slots__ = ("field",)

    def __init__(self, field: Field) -> None:
        self.field = field

    def complete(
        self, run: BreadthFirstExecutor, values: Sequence[Any], kinds: Kinds, spot: Spot, place: Place
    ) -> None:
        """``values`` are neither awaitables nor exceptions: `BreadthFirstExecutor.settle` has seen to these."""
        raise NotImplementedError

    def at_once(self, values: Sequence[Any], plain: Set[type], *, nullable: bool = True) -> list[Any] | None:
        """What good values became, where nothing can go wrong or has to be awaited; None if they need a closer look.

        :param plain: classes whose values are neither awaitables nor exceptions.
        :param nullable: whether none is a good value.
        """
        return None


class NonNull(Completion):
    """Never None: what is none fails."""

    __slots__ = ("inner",)

    def __init__(self, field: Field, of_type: GraphQLOutputType) -> None:
        super().__init__(field)
        self.inner = completion(of_type, field)

    def complete(
        self, run: BreadthFirstExecutor, values: Sequence[Any], kinds: Kinds, spot: Spot, place: Place
    ) -> None:
        def without_none(done: list[Any]) -> None:
            if None in done:
                message = f"Cannot return null for non-nullable field {spot}."
                done = [run.failure(TypeError(message)) if each is None else each for each in done]
            place(done)

        self.inner.complete(run, values, kinds, spot, without_none)

    def at_once(self, values: Sequence[Any], plain: Set[type], *, nullable: bool = True) -> list[Any] | None:
        return self.inner.at_once(values, plain, nullable=False)


class Leaf(Completion):
    """Scalars and enums, coerced to what is written."""

    __slots__ = ("_known", "_plain", "_together", "of_type")

    def __init__(self, field: Field, of_type: GraphQLLeafType) -> None:
        super().__init__(field)
        self.of_type = of_type
        self._plain = _PLAIN.get(of_type.name) if of_type in _BUILT_IN else None
        self._known: dict[Any, Any] | None = {} if isinstance(of_type, GraphQLEnumType) else None
        self._together: Together | None = of_type.extensions.get(TOGETHER)

    def complete(
        self, run: BreadthFirstExecutor, values: Sequence[Any], kinds: Kinds, spot: Spot, place: Place
    ) -> None:
        done = self._good(values, kinds)
        place([self._one(run, value) for value in values] if done is None else done)

    def at_once(self, values: Sequence[Any], plain: Set[type], *, nullable: bool = True) -> list[Any] | None:
        kinds = set(map(type, values))
        return self._good(values, kinds) if kinds <= plain and (nullable or kinds.isdisjoint(NONE)) else None

    def _good(self, values: Sequence[Any], kinds: Kinds) -> list[Any] | None:
        """What they became; None if one of them fails, which is then found one by one."""
        if self._plain and kinds <= self._plain[0] and self._plain[1](values):
            return list(values)
        if kinds <= NONE:
            return [None] * len(values)
        if not kinds & {UndefinedType, Failure}:
            with suppress(Exception):
                return self._coerced(values, kinds)
        return None

    def _coerced(self, values: Sequence[Any], kinds: Kinds) -> list[Any] | None:
        if self._known is not None and kinds <= _TEXTS:
            return self._remembered(values, values)
        if self._known is not None and all(issubclass(kind, Enum) for kind in kinds - NONE):
            return self._remembered(values, list(map(id, values)))
        if self._together and (done := self._together(values, kinds)) is not None:
            return done
        coerce = self.of_type.coerce_output_value
        done = [None if value is None else coerce(value) for value in values]
        lost = not NONE.isdisjoint(map(type, done)) and any(
            type(made) in NONE and value is not None for value, made in zip(values, done, strict=True)
        )
        return None if lost else done

    def _remembered(self, values: Sequence[Any], names: Sequence[Any]) -> list[Any]:
        """Values of an enumeration are few, and each is always written alike. Its members are known by their identities,
        since their hash takes longer."""
        known = self._known
        assert known is not None
        try:
            return list(map(known.__getitem__, names))
        except KeyError:
            for name, value in zip(names, values, strict=True):
                known[name] = None if value is None else self.of_type.coerce_output_value(value)
            return list(map(known.__getitem__, names))

    def _one(self, run: BreadthFirstExecutor, value: Any) -> Any:
        if value is None or value is Undefined:
            return None
        if isinstance(value, Failure):
            return value
        try:
            return run.complete_leaf_value(self.of_type, value)
        except Exception as error:
            return run.failure(error)


class ListOf(Completion):
    """Lists: their items are completed as one list, and handed out again."""

    __slots__ = ("inner", "item_type")

    def __init__(self, field: Field, of_type: GraphQLOutputType) -> None:
        super().__init__(field)
        self.item_type, self.inner = of_type, completion(of_type, field)

    def complete(
        self, run: BreadthFirstExecutor, values: Sequence[Any], kinds: Kinds, spot: Spot, place: Place
    ) -> None:
        lists: list[Any] = list(values) if kinds <= _LISTS else [self._items(run, value, spot) for value in values]
        streams = [] if kinds <= _LISTS else [n for n, each in enumerate(lists) if isinstance(each, _Stream)]
        if streams:

            async def gathered() -> None:
                for n in streams:
                    lists[n] = await lists[n].items(run)

            run.later(gathered(), lambda: self._complete(run, lists, spot, place))
        else:
            self._complete(run, lists, spot, place)

    def _items(self, run: BreadthFirstExecutor, value: Any, spot: Spot) -> Any:
        """The items as a list; None and failures stay."""
        if type(value) in _LISTS:
            return value
        if type(value) is tuple:
            return list(value)
        if value is Undefined:
            return None
        if run.is_async_iterable(value):
            return _Stream(value)
        try:
            if not is_iterable(value):
                raise GraphQLError(f"Expected Iterable, but did not find one for field '{spot}'.")
            return list(value)
        except Exception as error:
            return run.failure(error)

    def _complete(self, run: BreadthFirstExecutor, lists: list[Any], spot: Spot, place: Place) -> None:
        try:
            run.bears(sum(len(each) for each in lists if type(each) not in ABSENT))
        except GraphQLError as error:
            place([run.failure(error) if type(each) not in ABSENT else _absent(each) for each in lists])
            return
        if len(lists) == 1 and type(lists[0]) not in ABSENT:
            only = lists[0]
            run.settle(
                only, lambda items, kinds: self.inner.complete(run, items, kinds, spot, lambda done: place([done]))
            )
            return
        flat: list[Any] = []
        for each in lists:
            if type(each) not in ABSENT:
                flat += each

        def handed_out(done: list[Any]) -> None:
            start, out = 0, []
            for each in lists:
                if type(each) not in ABSENT:
                    end = start + len(each)
                    out.append(done[start:end])
                    start = end
                else:
                    out.append(each)
            place(out)

        run.settle(flat, lambda items, kinds: self.inner.complete(run, items, kinds, spot, handed_out))


class _Stream:
    """An asynchronous iterable among the values of a list field."""

    __slots__ = ("_source",)

    def __init__(self, source: AsyncIterable[Any]) -> None:
        self._source = source

    async def items(self, run: BreadthFirstExecutor) -> Any:
        found: list[Any] = []
        try:
            async for item in self._source:
                found.append(item)
        except Exception as error:
            return run.failure(error)
        return found


class Object(Completion):
    """Objects: what is selected of them."""

    __slots__ = ("_exact", "_selection", "of_type")

    def __init__(self, field: Field, of_type: GraphQLObjectType) -> None:
        super().__init__(field)
        self.of_type = of_type
        self._exact: type | None = of_type.extensions.get(EXACT)
        self._selection: Selection | None = None

    def selection(self, run: BreadthFirstExecutor) -> Selection:
        if self._selection is None:
            self._selection = run.subselection(self.of_type, self.field)
        return self._selection

    def complete(
        self, run: BreadthFirstExecutor, values: Sequence[Any], kinds: Kinds, spot: Spot, place: Place
    ) -> None:
        if self.of_type.is_type_of and not all(_is_of(kind, self._exact) for kind in kinds - ABSENT):
            self._checked(run, values, spot, lambda good: self._rows(run, good, set(map(type, good)), spot, place))
        else:
            self._rows(run, values, kinds, spot, place)

    def _rows(self, run: BreadthFirstExecutor, values: Sequence[Any], kinds: Kinds, spot: Spot, place: Place) -> None:
        try:
            selection = self.selection(run)
            run.bears(len(selection.fields) * len(values))
        except GraphQLError as error:  # it is too much, or a variable decides what is included, and is null
            place([run.failure(error) if type(value) not in ABSENT else _absent(value) for value in values])
            return
        if not kinds & ABSENT:
            place(run.rows(selection, values, spot.path))
            return
        there = [value for value in values if type(value) not in ABSENT]
        rows = iter(run.rows(selection, there, spot.path))
        place([next(rows) if type(value) not in ABSENT else _absent(value) for value in values])

    def _checked(
        self,
        run: BreadthFirstExecutor,
        values: Sequence[Any],
        spot: Spot,
        then: Callable[[list[Any]], None],
    ) -> None:
        """Hand on the values, with a failure where one is not of the type."""
        assert self.of_type.is_type_of

        def judged(verdicts: Sequence[Any]) -> None:
            then(
                [
                    value
                    if type(value) in ABSENT or (verdict and not isinstance(verdict, Failure))
                    else verdict
                    if isinstance(verdict, Failure)
                    else run.failure(invalid_return_type_error(self.of_type, value, self.field.details))
                    for value, verdict in zip(values, verdicts, strict=True)
                ]
            )

        verdicts: list[Any] = []
        for value in values:
            try:
                verdicts.append(type(value) in ABSENT or self.of_type.is_type_of(value, spot.info))
            except Exception as error:
                verdicts.append(run.failure(error))
        run.settle(verdicts, lambda known, _: judged(known))


class Abstract(Completion):
    """Interfaces and unions: each value as the object type that it is of."""

    __slots__ = ("_objects", "of_type")

    def __init__(self, field: Field, of_type: GraphQLAbstractType) -> None:
        super().__init__(field)
        self.of_type = of_type
        self._objects: dict[str, Object] = {}

    def complete(
        self, run: BreadthFirstExecutor, values: Sequence[Any], kinds: Kinds, spot: Spot, place: Place
    ) -> None:
        resolve = self.of_type.resolve_type or run.type_resolver
        names: list[Any] = []
        for value in values:
            if type(value) in ABSENT:
                names.append(None)
                continue
            try:
                names.append(resolve(value, spot.info, self.of_type))
            except Exception as error:
                names.append(run.failure(error))
        run.settle(names, lambda known, _: self._by_type(run, values, known, spot, place))

    def _by_type(
        self,
        run: BreadthFirstExecutor,
        values: Sequence[Any],
        names: Sequence[Any],
        spot: Spot,
        place: Place,
    ) -> None:
        done: list[Any] = [_absent(value) if type(value) in ABSENT else None for value in values]
        groups: dict[str, list[int]] = {}
        for n, (value, name) in enumerate(zip(values, names, strict=True)):
            if type(value) in ABSENT:
                continue
            if isinstance(name, Failure):
                done[n] = name
                continue
            try:
                kind = run.ensure_valid_runtime_type(name, self.of_type, self.field.details, spot.info, value)
            except Exception as error:
                done[n] = run.failure(error)
                continue
            groups.setdefault(kind.name, []).append(n)
        left = len(groups)

        def settled() -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                place(done)

        for name, places in groups.items():
            self._group(run, name, [values[n] for n in places], spot, _scattered(done, places, settled))
        if not groups:
            place(done)

    def _group(self, run: BreadthFirstExecutor, name: str, values: list[Any], spot: Spot, place: Place) -> None:
        if name not in self._objects:
            kind = run.schema.get_type(name)
            assert isinstance(kind, GraphQLObjectType)
            self._objects[name] = Object(self.field, kind)
        completion = self._objects[name]

        def remembered(rows: list[Any]) -> None:
            run.remember(rows, completion)
            place(rows)

        completion.complete(run, values, set(map(type, values)), spot, remembered)


def _scattered(done: list[Any], places: list[int], then: Callable[[], None]) -> Place:
    def place(rows: list[Any]) -> None:
        for n, row in zip(places, rows, strict=True):
            done[n] = row
        then()

    return place


def _is_of(kind: type, exact: type | None) -> bool:
    return exact is not None and issubclass(kind, exact)


def _absent(value: Any) -> Any:
    return value if isinstance(value, Failure) else None


def completion(of_type: GraphQLOutputType, field: Field) -> Completion:
    """How values of the type are completed."""
    if is_non_null_type(of_type):
        return NonNull(field, of_type.of_type)
    if is_list_type(of_type):
        return ListOf(field, of_type.of_type)
    if is_leaf_type(of_type):
        return Leaf(field, of_type)
    if is_object_type(of_type):
        return Object(field, of_type)
    return Abstract(field, of_type)  # type: ignore[arg-type]


def _always(_: Sequence[Any]) -> bool:
    return True


def _fits(values: Sequence[Any]) -> bool:
    numbers = [value for value in values if value is not None]
    return not numbers or (min(numbers) >= -_LARGEST_INT - 1 and max(numbers) <= _LARGEST_INT)


def _is_finite(values: Sequence[Any]) -> bool:
    return all(value is None or isfinite(value) for value in values)


_BUILT_IN: Final = (GraphQLString, GraphQLID, GraphQLBoolean, GraphQLInt, GraphQLFloat)
_PLAIN: Final[dict[str, tuple[frozenset[type], Callable[[Sequence[Any]], bool]]]] = {
    "String": (frozenset({str, type(None)}), _always),
    "ID": (frozenset({str, type(None)}), _always),
    "Boolean": (frozenset({bool, type(None)}), _always),
    "Int": (frozenset({int, type(None)}), _fits),
    "Float": (frozenset({float, type(None)}), _is_finite),
}
"""Of the scalars that GraphQL itself knows: the Python types that are written as they are, and what else must hold."""
