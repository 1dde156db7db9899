"""What has an id by which it can be asked for again."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import strawberry

from umt.api.graphql.loaders import Lookup
from umt.api.graphql.request import Request
from umt.application.past import FOLDED

L = TypeVar("L", bound=Lookup[UUID, Any])

_LOOKUPS: Final[dict[str, Lookup[UUID, Any]]] = {}
"""By the kind of aggregate. Streams of other kinds are no things of their own."""


@strawberry.interface(description="A thing that can be asked for again by its id alone.")
class Node:
    id: UUID = strawberry.field(description="Its id.")
    as_of: strawberry.Private[int | None] = dataclasses.field(default=None, init=False)
    """The position at which it is seen, and what is asked below it; None: as it is."""


def looks_up(kind: str) -> Callable[[L], L]:
    """The function finds the things of this kind by their ids."""

    def register(lookup: L) -> L:
        _LOOKUPS[kind] = lookup
        return lookup

    return register


async def nodes_by_id(request: Request, ids: Sequence[UUID], at: int | None = None) -> list[Node | None]:
    """Things of whatever kind; None for what is unknown here or not for the caller to see. Their streams tell of what kind
    they are, all in one query; then there is one query for each kind. As they were at a position, brands, contents and
    campaigns; None for others."""
    by_kind: dict[str, list[UUID]] = defaultdict(list)
    for each, kind in (await request.services.queries.kinds(await request.caller(), ids)).items():
        by_kind[kind].append(each)
    found: dict[UUID, Node] = {}
    for kind in by_kind.keys() & (_LOOKUPS.keys() if at is None else FOLDED.keys()):
        lookup: Any = _LOOKUPS[kind] if at is None else partial(_LOOKUPS[kind], at=at)  # type: ignore[call-arg]
        things = await lookup(request, by_kind[kind])
        found |= {thing.id: thing for thing in things if isinstance(thing, Node)}
    return [found.get(each) for each in ids]
