"""What failures do to an answer: each becomes null, or takes its parent along where null is not allowed.

It is one walk in the answer's order, made only if something failed. Errors are told in the order, and the ones that come
to nothing left out, as graphql-core does when it executes node by node: after an error that takes a parent along, nothing
more is told of that parent ("Handling Execution Errors" in the specification).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLOutputType, is_non_null_type
from graphql.error import located_error
from graphql.pyutils import Path

from umt.api.graphql.execution.columns import Abstract, Completion, ListOf, NonNull, Object
from umt.api.graphql.execution.failure import Failure

if TYPE_CHECKING:
    from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor
    from umt.api.graphql.execution.layout import Field, Selection


class Placing:
    """The walk over one answer. Rows and lists are changed where they are."""

    def __init__(self, run: BreadthFirstExecutor) -> None:
        self._run = run

    def row(self, selection: Selection, row: dict[str, Any], path: Path | None = None) -> dict[str, Any]:
        """The row with its failures placed; GraphQLError if one of them takes it along."""
        for field in selection.fields:
            self.field(selection, field, row, path)
        return row

    def field(self, selection: Selection, field: Field, row: dict[str, Any], path: Path | None = None) -> None:
        """The same for one field of a row."""
        here = Path(path, field.key, selection.type.name)
        row[field.key] = self._guarded(field.type, here, self._of(field, field.completion, row[field.key], here))

    def _of(self, field: Field, completion: Completion, value: Any, path: Path) -> Callable[[], Any]:
        return lambda: self._value(field, completion, value, path)

    def _guarded(self, of_type: GraphQLOutputType, path: Path, value: Callable[[], Any]) -> Any:
        """The value, or None after its error was told; where None is not allowed, the error goes up."""
        try:
            return value()
        except GraphQLError as error:
            if self._run.error_propagation and is_non_null_type(of_type):
                raise
            self._run.collected_errors.add(error, path)
            return None

    def _value(self, field: Field, completion: Completion, value: Any, path: Path) -> Any:
        if isinstance(value, Failure):
            raise located_error(value.cause, field.nodes, path.as_list())
        if value is None:
            return None
        if isinstance(completion, NonNull):
            return self._value(field, completion.inner, value, path)
        if isinstance(completion, ListOf):
            for n, item in enumerate(value):
                here = path.add_key(n, None)
                value[n] = self._guarded(completion.item_type, here, self._of(field, completion.inner, item, here))
            return value
        if isinstance(completion, Abstract):
            completion = self._run.recalled(value)
        if isinstance(completion, Object):
            return self.row(completion.selection(self._run), value, path)
        return value
