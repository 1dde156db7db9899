"""Aggregates looked up by their ids, many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from umt.api.graphql.loaders import Lookup
from umt.api.graphql.past import seen_at
from umt.api.graphql.request import Request
from umt.api.graphql.seen import Seen
from umt.application.permissions import KINDS
from umt.application.queries import Row
from umt.domain.errors import NotFound
from umt.domain.event import Aggregate

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")
K = TypeVar("K")


async def each(request: Request, lookup: Lookup[K, Any], keys: Sequence[K | None]) -> list[Any]:
    """What the lookup finds for each key, or its error, as a column is to answer it; None for None. Those that are
    alike are asked for once."""
    wanted = list(dict.fromkeys(key for key in keys if key is not None))
    found = dict(zip(wanted, await lookup(request, wanted), strict=True))
    return [None if key is None else found[key] for key in keys]


async def of_read_model(
    request: Request,
    ids: Sequence[UUID],
    view: str,
    column: str,
    of_row: Callable[[Row], T],
) -> dict[UUID, T]:
    """Those that a read model has; ``column`` holds their ids."""
    rows = await request.services.queries.many(
        await request.caller(),
        view,
        where={column: list(ids)},
        order=(column,),
        limit=len(ids),
        at_least=request.at_least,
    )
    return {row[column]: of_row(row) for row in rows}


async def of_log(request: Request, ids: Sequence[UUID], kind: type[A], of: Callable[[Seen[A]], T]) -> dict[UUID, T]:
    """Those that the log has."""
    if not ids:
        return {}
    queries, caller = request.services.queries, await request.caller()
    known = await queries.states(caller, kind, ids)
    times = await queries.times(caller, KINDS[kind.kind], list(known))
    return {each: of(Seen(each, state, version, None, *times[each])) for each, (state, version) in known.items()}


async def of_the_past(
    request: Request, ids: Sequence[UUID], view: str, of_row: Callable[[Row], T], at: int
) -> dict[UUID, T]:
    """Those that there were at a position, as they were."""
    return {each: seen_at(of_row(row), at) for each, row in (await request.past.rows(view, ids, at)).items()}


async def of_both(
    request: Request,
    ids: Sequence[UUID],
    view: str,
    column: str,
    of_row: Callable[[Row], T],
    kind: type[A],
    of: Callable[[Seen[A]], T],
    at: int | None = None,
) -> list[T | NotFound]:
    """From the read model; one that is newer than that, from the log. Or as they were at a position."""
    if at is not None:
        return in_order(ids, await of_the_past(request, ids, view, of_row, at), kind.kind)
    found = await of_read_model(request, ids, view, column, of_row)
    found |= await of_log(request, [each for each in ids if each not in found], kind, of)
    return in_order(ids, found, kind.kind)


def in_order(ids: Sequence[UUID], found: dict[UUID, T], kind: str) -> list[T | NotFound]:
    """What was found for each id, as a loader is to answer it."""
    return [found[each] if each in found else NotFound(kind, each) for each in ids]
