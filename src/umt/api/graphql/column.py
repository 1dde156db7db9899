"""A function as a field of a whole list: called once for all nodes, so that what it looks up is looked up together.

It stands where a data loader would, and needs none: the executor has the nodes of a list side by side already. Under
graphql-core's own executor it is called for each node by itself, with the same answer.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import strawberry
from strawberry.types.field import StrawberryField

from umt.api.graphql.execution.layout import COLUMN, Column

_MANY: Final = re.compile(r"(?:list|Sequence)\[(.*)\]")

Resolver = Callable[..., Awaitable[Sequence[Any]]]


def column(description: str) -> Callable[[Resolver], StrawberryField]:
    """A field that the function resolves for all nodes of a list: it takes these first, then ``info`` and the field's
    arguments, and answers one value for each node, in their order; an exception among them is that node's own error.

    The annotation of what it answers is ``Sequence[…]`` or ``list[…]`` of the field's type.
    """

    def made(function: Resolver) -> StrawberryField:
        first, *others = inspect.signature(function).parameters.values()
        answers = _MANY.fullmatch(function.__annotations__["return"])
        assert answers, f"{function.__qualname__} must say that it answers a Sequence[…]"

        async def resolve(self: Any, **given: Any) -> Any:
            if isinstance(self, Column):
                return await function(self, **given)
            (value,) = await function(Column([self]), **given)
            if isinstance(value, Exception):
                raise value
            return value

        named = {each.name: function.__annotations__[each.name] for each in others}
        resolve.__annotations__ = {**named, "return": answers[1]}
        one = first.replace(name="self", annotation=first.empty)
        resolve.__signature__ = inspect.Signature([one, *others], return_annotation=answers[1])  # type: ignore[attr-defined]
        resolve.__name__, resolve.__module__ = function.__name__, function.__module__
        field: StrawberryField = strawberry.field(resolve, description=description, metadata={COLUMN: True})
        return field

    return made
