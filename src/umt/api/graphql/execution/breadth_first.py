"""An executor that resolves a list of nodes field by field: one pass for each field, not one for each node.

graphql-core completes an answer node by node and pays for each value: a `GraphQLResolveInfo`, a path, a call of the
resolver, some thirty calls to coerce it. Here all nodes of a list stand side by side, as a column for each field. What
does not depend on the node is done once for the column: arguments are read, the type is looked at, a resolver that takes
a `Column` is called; and of a hundred texts one look at their types says that each is written as it is. The idea is that of
Shopify's Cardinal (https://github.com/gmac/graphql-breadth-exec).

The answer is the one of graphql-core: data, errors and their order, where resolvers are synchronous; where several are
awaited, errors come in the order of the answer. What differs, and what the specification leaves open:

- fields beside one that takes their parent along are executed, too; their errors are not told;
- `info.path` of a field below a list names no index, since the info is that of the column.

Operations with middleware, an abort signal, hooks or own predicates of what is awaitable are left to graphql-core, and so
are incremental ones, which its own `Executor` takes as if they were not.
"""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from operator import attrgetter
from types import GeneratorType
from typing import Any, Final
from uuid import UUID

from graphql import ExecutionResult, GraphQLError, GraphQLObjectType, Undefined
from graphql.execution import Executor
from graphql.execution.collect_fields import DeferUsage, GroupedFieldSet
from graphql.execution.values import get_argument_values
from graphql.pyutils import AwaitableOrValue, Path, gather_with_cancel
from graphql.pyutils.is_awaitable import is_async_iterable, is_awaitable

from umt.api.graphql.execution.columns import Object, Place, Settled, Spot
from umt.api.graphql.execution.cost import LARGEST_COST, Costs, require_room
from umt.api.graphql.execution.failure import Failure
from umt.api.graphql.execution.frame import Frame, kinds_of
from umt.api.graphql.execution.layout import Column, Field, Layouts, Selection
from umt.api.graphql.execution.placing import Placing

_PLAIN: Final[frozenset[type]] = frozenset({str, int, float, bool, type(None), list, dict, tuple, Frame, Failure})
"""Types whose values are no awaitables and no exceptions, which need no closer look."""
_SIMPLE: Final[frozenset[type]] = _PLAIN - {Failure} | {UUID, Decimal, date, datetime}
"""Those of them that are no failures, and what else rows are of."""


class BreadthFirstExecutor(Executor[Any]):
    """graphql-core's executor for whole columns; pass it as ``executor_class``.

    :param layouts: where the document's layouts are kept between executions; without it, it is laid out anew.
    :param costs: what tells the document's cost; without it none is told, and none is too high.
    """

    def __init__(self, *given: Any, layouts: Layouts | None = None, costs: Costs | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._layouts, self._costs = layouts, costs
        self._pending: list[Coroutine[Any, Any, None]] = []
        self._failed = False
        self._plain = set(_PLAIN)
        self._types: dict[int, tuple[dict[str, Any], Object]] = {}
        self.cost = 0
        """What was read so far, in the terms of `cost`."""
        self._values = 0

    # What graphql-core calls

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Any]:
        """The result, with its cost in ``extensions``; what costs too much is refused before anything is read."""
        if self._costs is None:
            return super().execute_operation(serially)
        requested = self._costs.of(self.operation, self.variable_values.coerced)
        if requested > LARGEST_COST:
            message = (
                f"The operation may cost {requested}, and at most {LARGEST_COST} is allowed; ask for smaller pages."
            )
            return ExecutionResult(None, [GraphQLError(message)])
        result = super().execute_operation(serially)
        return self._awaited_cost(result, requested) if is_awaitable(result) else self._with_cost(result, requested)

    async def _awaited_cost(self, result: Awaitable[Any], requested: int) -> Any:
        return self._with_cost(await result, requested)

    def _with_cost(self, result: Any, requested: int) -> Any:
        if requested:
            result.extensions = {"cost": {"requested": requested, "actual": self.cost}}
        return result

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[DeferUsage],
    ) -> AwaitableOrValue[dict[str, Any]]:
        if not self._is_supported():
            return super().execute_collected_root_fields(
                root_type, root_value, grouped_field_set, serially, new_defer_usages
            )
        variables = self.variable_values.coerced
        root = self._layouts.get(self.operation, variables) if self._layouts else None
        if root is None:
            root = Selection.of(self, root_type, grouped_field_set)
            if self._layouts:
                self._layouts.keep(self.operation, variables, root)
        if serially:
            return self._one_by_one(root, root_value)
        (row,) = self.rows(root, [root_value], None)
        if not self._pending:
            return self._placed(root, row)
        return self._completed(root, row)

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        assert isinstance(executor, BreadthFirstExecutor)
        executor._pending, executor._failed, executor._types, executor.cost = [], False, {}, 0
        executor._values = 0
        return executor

    def _is_supported(self) -> bool:
        return (
            self.middleware_manager is None
            and self.abort_signal is None
            and self.hooks is None
            and self.is_awaitable is is_awaitable
            and self.is_async_iterable is is_async_iterable
        )

    async def _completed(self, root: Selection, row: dict[str, Any]) -> dict[str, Any]:
        await self._settled(self._taken())
        return self._placed(root, row)

    def _one_by_one(self, root: Selection, root_value: Any) -> AwaitableOrValue[dict[str, Any]]:
        """Mutations: each with all that is below it before the next one. Nothing is awaited if nothing needs to be."""
        row: dict[str, Any] = dict.fromkeys(root.keys)
        for part in range(len(root.fields)):
            self._run_one(root, root_value, row, part)
            if self._pending:
                return self._rest(root, root_value, row, part)
            self._place_one(root, row, part)
        return row

    async def _rest(self, root: Selection, root_value: Any, row: dict[str, Any], begun: int) -> dict[str, Any]:
        await self._settled(self._taken())
        self._place_one(root, row, begun)
        for part in range(begun + 1, len(root.fields)):
            self._run_one(root, root_value, row, part)
            await self._settled(self._taken())
            self._place_one(root, row, part)
        return row

    def _run_one(self, root: Selection, root_value: Any, row: dict[str, Any], part: int) -> None:
        field = root.fields[part]

        def place(done: list[Any]) -> None:
            row[field.key] = done[0]

        self._resolve(root.type, field, [root_value], None, place)

    def _place_one(self, root: Selection, row: dict[str, Any], part: int) -> None:
        """If it takes the whole answer along, the next ones are not begun."""
        if self._failed:
            Placing(self).field(root, root.fields[part], row)
            self._failed = False

    def _placed(self, root: Selection, row: dict[str, Any]) -> dict[str, Any]:
        return Placing(self).row(root, row) if self._failed else row

    # Columns

    def rows(self, selection: Selection, parents: Sequence[Any], path: Path | None) -> list[dict[str, Any]]:
        """What is selected of each parent. Values that must be awaited are put in later."""
        self.cost += selection.cost * len(parents)
        if not (parents and selection.fields):
            return [{} for _ in parents]
        columns: list[Any] = [None] * len(selection.fields)
        rows: list[dict[str, Any]] = []

        def placing(n: int) -> Place:
            key = selection.keys[n]

            def place(done: list[Any]) -> None:
                if not rows:
                    columns[n] = done
                else:
                    for row, value in zip(rows, done, strict=True):
                        row[key] = value

            return place

        if selection.read:
            for n, values in zip(selection.attributes, _attributes(selection, parents), strict=True):
                field = selection.fields[n]
                columns[n] = field.completion.at_once(values, _SIMPLE)
                if columns[n] is None:
                    self._finish(field, values, Spot(self, selection.type, field, path), placing(n))
        for n in selection.others:
            self._resolve(selection.type, selection.fields[n], parents, path, placing(n))
        filled = [repeat(None, len(parents)) if column is None else column for column in columns]
        rows += map(selection.row, *filled)
        return rows

    def bears(self, values: int) -> None:
        """So many more values come into the answer; TooMuch if these are too many, where costs count."""
        self._values += values
        if self._costs is not None:
            require_room(self._values)

    def subselection(self, of_type: GraphQLObjectType, field: Field) -> Selection:
        """What is selected below a field, of objects of that type."""
        return Selection.of(self, of_type, self.collect_subfields(of_type, field.details).grouped_field_set)

    def _resolve(
        self, parent_type: GraphQLObjectType, field: Field, parents: Sequence[Any], path: Path | None, place: Place
    ) -> None:
        if field.constant is not Undefined:
            place([field.constant] * len(parents))
            return
        spot = Spot(self, parent_type, field, path)
        if field.method:
            self._finish(field, _each(field.method, parents), spot, place)
            return
        try:
            named = (
                get_argument_values(
                    field.definition,
                    field.nodes[0],
                    self.variable_values,
                    field.details[0].fragment_variable_values,
                    self.hide_suggestions,
                )
                if field.definition.args or field.nodes[0].arguments
                else {}
            )
        except Exception as error:
            self._finish(field, [self.failure(error)] * len(parents), spot, place)
            return
        self.cost += field.cost * len(parents)
        if field.column and field.resolve:
            self._resolve_column(field, Column(parents), spot, named, place)
            return
        resolve = field.resolve or self.field_resolver
        info, values = spot.info, []
        for parent in parents:
            try:
                values.append(resolve(parent, info, **named))
            except Exception as error:
                values.append(self.failure(error))
        self._finish(field, values, spot, place)

    def _resolve_column(self, field: Field, parents: Column, spot: Spot, named: dict[str, Any], place: Place) -> None:
        """One call for all parents; if it fails, it does for each of them."""
        assert field.resolve
        try:
            values = field.resolve(parents, spot.info, **named)
        except Exception as error:
            self._finish(field, [self.failure(error)] * len(parents), spot, place)
            return
        if not is_awaitable(values):
            self._finish(field, values, spot, place)
            return
        found: list[Any] = []

        async def awaited() -> None:
            try:
                found.extend(await values)
            except Exception as error:
                found[:] = [self.failure(error)] * len(parents)

        self.later(awaited(), lambda: self._finish(field, found, spot, place))

    def _finish(self, field: Field, values: Sequence[Any], spot: Spot, place: Place) -> None:
        self.settle(values, lambda settled, kinds: field.completion.complete(self, settled, kinds, spot, place))

    # Values

    def settle(self, values: Sequence[Any], then: Settled) -> None:
        """Hand the values on, with their types: exceptions as failures, and all of them once those are there that must be
        awaited."""
        kinds = kinds_of(values)
        if kinds <= self._plain:
            then(values, kinds)
            return
        special = {kind for kind in kinds - self._plain if _is_special(kind)}
        self._plain |= kinds - special
        if not special:
            then(values, kinds)
            return
        settled: list[Any] = [
            self.failure(value) if type(value) in special and isinstance(value, Exception) else value
            for value in values
        ]
        waiting = [n for n, value in enumerate(settled) if type(value) in special and is_awaitable(value)]
        if not waiting:
            then(settled, set(map(type, settled)))
            return

        async def awaited() -> None:
            found = await _all([settled[n] for n in waiting])
            for n, value in zip(waiting, found, strict=True):
                settled[n] = self.failure(value) if isinstance(value, Exception) else value

        self.later(awaited(), lambda: then(settled, set(map(type, settled))))

    def later(self, work: Coroutine[Any, Any, None], then: Callable[[], None]) -> None:
        """Go on with ``then`` once the work is done; what that leads to is awaited, too."""

        async def continued() -> None:
            await work
            before, self._pending = self._pending, []
            try:
                then()
            finally:
                mine, self._pending = self._pending, before
            await self._settled(mine)

        self._pending.append(continued())

    def failure(self, cause: Exception) -> Failure:
        """What stands where the value could not be made."""
        self._failed = True
        return Failure(cause)

    def remember(self, rows: list[Any], completion: Object) -> None:
        """Of which type rows are whose place does not say so."""
        for row in rows:
            if type(row) is dict:
                self._types[id(row)] = (row, completion)

    def recalled(self, row: dict[str, Any]) -> Object:
        """The type that was remembered."""
        return self._types[id(row)][1]

    def _taken(self) -> list[Coroutine[Any, Any, None]]:
        taken, self._pending = self._pending, []
        return taken

    @staticmethod
    async def _settled(pending: list[Coroutine[Any, Any, None]]) -> None:
        if len(pending) == 1:
            await pending[0]
        elif pending:
            await gather_with_cancel(*pending)


def _attributes(selection: Selection, parents: Sequence[Any]) -> list[Sequence[Any]]:
    """The columns of all fields that are mere attributes."""
    assert selection.read
    names = [str(selection.fields[n].attribute) for n in selection.attributes]
    try:
        if type(parents) is Frame:
            return parents.columns(names)
        read = list(map(selection.read, parents))
    except Exception:
        return [_each(attrgetter(name), parents) for name in names]
    return [read] if len(selection.attributes) == 1 else list(zip(*read, strict=True))


def _each(make: Callable[[Any], Any], parents: Sequence[Any]) -> list[Any]:
    """What is made of each parent, or why it could not be."""
    try:
        return list(map(make, parents))
    except Exception:
        return [_tried(make, parent) for parent in parents]


def _tried(make: Callable[[Any], Any], parent: Any) -> Any:
    try:
        return make(parent)
    except Exception as error:
        return error


async def _all(awaitables: list[Awaitable[Any]]) -> list[Any]:
    """What they give, exceptions included."""
    if len(awaitables) == 1:
        try:
            return [await awaitables[0]]
        except Exception as error:
            return [error]
    found = await gather(*awaitables, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, Exception):
            raise each
    return found


def _is_special(kind: type) -> bool:
    """Whether values of the type may be awaitables or exceptions."""
    return issubclass(kind, (Exception, GeneratorType)) or hasattr(kind, "__await__")
