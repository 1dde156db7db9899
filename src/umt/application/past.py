"""What can be asked of the past: everything as it was at one position of the log.

A moment is resolved to a position once; whatever is asked then is answered at that position, so that the answers are from
one state of the log. Things, and what belonged to them, are folded from the log; figures are those that were known then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from umt.application.lists import Belonging
from umt.application.permissions import KINDS, VIEWS, Permission
from umt.application.transaction import Context
from umt.domain.errors import InvalidValue

Row = dict[str, Any]

FOLDED: Final = {"brand": "brands", "content": "contents", "campaign": "campaigns"}
"""Kinds of things of which past rows are made, by folding, and the read model of each."""

_COMES_BY: Final = {
    ("contents", "brand"): "content.requested",
    ("campaigns", "brand"): "campaign.created",
    ("campaigns", "ad_sets"): "campaign.ad_set_added",
}
"""By a read model and what its rows belong to, the event by which they come to. A brand is the same for ever; an ad set may
go again, which the folded row tells."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of the past: one of a time, a version of the stream, or a position of the log.

    A time stands for the last position that was recorded at or before it."""

    time: datetime | None = None
    version: int | None = None
    position: int | None = None


class PastReader(Protocol):
    """Reads in one workspace; implemented by adapters/postgres/past.py."""

    async def head(self, workspace: UUID) -> int:
        """The newest position."""
        ...

    async def position_at(self, workspace: UUID, time: datetime) -> int:
        """The last position recorded at or before a time; 0 if there is none."""
        ...

    async def position_of(self, workspace: UUID, stream: UUID, version: int) -> int:
        """Where the event is that made the stream's version; 0 if there is none."""
        ...

    async def rows(self, workspace: UUID, view: str, ids: Sequence[UUID], position: int) -> dict[UUID, Row]:
        """The read model's rows of those things that there were, as they were; one query for all of them."""
        ...

    async def members(
        self, workspace: UUID, event_type: str, things: Sequence[UUID], position: int
    ) -> dict[UUID, list[UUID]]:
        """The streams that had come to belong to each of the things by events of this type."""
        ...

    async def figures(
        self, workspace: UUID, view: str, where: Mapping[str, Any], order: Sequence[str], limit: int, position: int
    ) -> list[Row]:
        """The rows that a read model of figures had, from the reports that were known. StaleRead unless these are all."""
        ...


class Past:
    """Every question about the past, each authorised like the one about the present; a foreign id is simply not found."""

    def __init__(self, reader: PastReader, require: Callable[[Permission, Context], None]) -> None:
        self._reader, self._require = reader, require

    async def position(self, context: Context, at: Moment, argument: str, thing: tuple[str, UUID] | None = None) -> int:
        """The one position that a moment stands for, 0 before the first event. InvalidValue, naming the ``argument``, for one
        that the log does not have. A version is one of the ``thing``, a kind and an id."""
        self._require(KINDS[thing[0]] if thing else Permission.WORKSPACE_READ, context)
        if at.time is not None:
            return await self._reader.position_at(context.workspace, at.time)
        if at.version is not None and thing is not None:
            if at.version < 1:
                raise InvalidValue(f"{argument}.version", "counts from 1")
            return await self._reader.position_of(context.workspace, thing[1], at.version)
        if at.position is None:
            raise InvalidValue(argument, "must say which moment")
        if at.position > await self._reader.head(context.workspace):
            raise InvalidValue(f"{argument}.position", "lies behind the log's newest event")
        return at.position

    async def rows(self, context: Context, view: str, ids: Sequence[UUID], position: int) -> dict[UUID, Row]:
        """The rows of those things that there were."""
        self._require(VIEWS[view], context)
        return await self._reader.rows(context.workspace, view, ids, position) if ids else {}

    async def left(
        self, context: Context, permission: Permission, view: str, ids: Sequence[UUID], position: int
    ) -> dict[UUID, Row]:
        """The rows as a command that needs the permission has left them, without a wait for the read model: whoever may do
        it may see what came of it. Of read models whose rows are of one stream each."""
        self._require(permission, context)
        return await self._reader.rows(context.workspace, view, ids, position)

    async def members(
        self, context: Context, view: str, of: Belonging, things: Sequence[UUID], position: int
    ) -> dict[UUID, list[UUID]]:
        """Which rows may have been each thing's; `belonged` tells of a row whether it was."""
        self._require(VIEWS[view], context)
        by = of if isinstance(of, str) else of.view
        if by in VIEWS:
            self._require(VIEWS[by], context)
        return await self._reader.members(context.workspace, _COMES_BY[view, by], things, position)

    async def figures(
        self,
        context: Context,
        view: str,
        *,
        where: Mapping[str, Any],
        order: Sequence[str],
        limit: int,
        position: int,
    ) -> list[Row]:
        """The first rows that a read model of figures had."""
        self._require(VIEWS[view], context)
        return await self._reader.figures(context.workspace, view, where, order, limit, position)


def belonged(row: Row, of: Belonging, thing: UUID) -> bool:
    """Whether a row was the thing's."""
    if isinstance(of, str):
        return bool(row[of] == thing)
    return any(ad_set["creative"][of.of] == str(thing) for ad_set in row[of.view])
