"""Below a thing of the past, everything is as it was then: what one request has folded of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from umt.application.lists import Belonging
from umt.application.past import FOLDED, belonged
from umt.application.picking import picked
from umt.domain.errors import InvalidValue

if TYPE_CHECKING:
    from umt.api.graphql.request import Request

T = TypeVar("T")
Row = dict[str, Any]

MOST_FOLDED: Final = 100
"""Most things that one request may be shown as they were."""

VIEWS: Final = frozenset(FOLDED.values())
"""The read models whose rows can be folded."""


def as_of(things: Sequence[Any]) -> int | None:
    """The position at which the things are seen, which answers of one field share; None: as they are."""
    at: int | None = things[0].as_of if things else None
    return at


def seen_at(thing: T, at: int | None) -> T:
    """The thing as one of that position, and so what is asked below it."""
    if at is not None:
        thing.as_of = at  # type: ignore[attr-defined]
    return thing


class Past:
    """What a request has looked up of the past, so that no thing is folded or counted twice."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._folded: set[tuple[str, UUID, int]] = set()
        self._asked: dict[tuple[str, UUID, int], asyncio.Future[dict[UUID, Row]]] = {}

    async def rows(self, view: str, ids: Sequence[UUID], at: int) -> dict[UUID, Row]:
        """The rows of those that there were. InvalidValue if the request folds too many."""
        past, caller = self._request.services.queries.past, await self._request.caller()
        self._count(view, ids, at)
        if unknown := [each for each in ids if (view, each, at) not in self._asked]:
            asked = asyncio.ensure_future(past.rows(caller, view, unknown, at))
            self._asked |= {(view, each, at): asked for each in unknown}
        found: dict[UUID, Row] = {}
        for each in ids:
            known = await asyncio.shield(self._asked[view, each, at])
            if each in known:
                found[each] = dict(known[each])
        return found

    async def belonging(
        self, view: str, of: Belonging, things: Sequence[UUID], where: Mapping[str, Any], at: int
    ) -> dict[UUID, list[Row]]:
        """The rows that were each thing's and that meet the conditions."""
        past, caller = self._request.services.queries.past, await self._request.caller()
        members = await past.members(caller, view, of, things, at)
        rows = await self.rows(view, list(dict.fromkeys(each for of_it in members.values() for each in of_it)), at)
        return {
            thing: picked((rows[each] for each in members.get(thing, ()) if belonged(rows[each], of, thing)), where)
            for thing in things
        }

    def _count(self, view: str, ids: Sequence[UUID], at: int) -> None:
        self._folded |= {(view, each, at) for each in ids}
        if len(self._folded) > MOST_FOLDED:
            raise InvalidValue(
                "asOf",
                f"would show more than {MOST_FOLDED} things as they were, in one request; ask for fewer relations",
            )
