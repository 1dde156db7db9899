"""What a request looks up many times is looked up together: one query for a list, not one for each of its nodes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from strawberry.dataloader import DataLoader

if TYPE_CHECKING:
    from umt.api.graphql.request import Request

K = TypeVar("K")
V = TypeVar("V")

Lookup = Callable[["Request", list[K]], Awaitable[Sequence[V | BaseException]]]
"""Looks many things up at once: for each key, in their order, what was found, or the error that asking for it raises."""


class Loaders:
    """The lookups of one request. What was looked up is known for the rest of it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._loaders: dict[Lookup[Any, Any], DataLoader[Any, Any]] = {}

    async def load(self, lookup: Lookup[K, V], key: K) -> V:
        """What the lookup finds; those who ask at the same time are answered together."""
        found: V = await self._loader(lookup).load(key)
        return found

    async def load_many(self, lookup: Lookup[K, V], keys: Sequence[K]) -> list[V]:
        """The same for several keys."""
        found: list[V] = await self._loader(lookup).load_many(keys)
        return found

    def _loader(self, lookup: Lookup[K, V]) -> DataLoader[K, V]:
        if lookup not in self._loaders:
            self._loaders[lookup] = DataLoader(partial(lookup, self._request))
        return self._loaders[lookup]
