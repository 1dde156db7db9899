"""Reading what was at a position of the log: things folded from their events, figures from the reports known then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from psycopg import sql

from umt.adapters.postgres.bound import Bound
from umt.adapters.postgres.listing import Listing
from umt.adapters.postgres.log import COLUMNS
from umt.adapters.postgres.mapper import EventMapper
from umt.application.lists import Between, Known, Order
from umt.projections.figures import COUNTS, FIGURES
from umt.projections.folding import rows_after
from umt.projections.performance_by_ad import PERFORMANCE_HISTORY
from umt.projections.table import Projection

T = TypeVar("T")
Row = dict[str, Any]
Binding = Callable[[UUID], Bound]
"""What is asked of a workspace."""

_EVENTS: Final = (
    f"SELECT {COLUMNS} FROM umt.event"  # noqa: S608 - a constant
    " WHERE workspace = %s AND stream = ANY(%s) AND position <= %s ORDER BY stream, version"
)

_GROUPS: Final = {
    "dashboard": ("currency",),
    "campaign_totals": ("campaign", "platform", "currency"),
    "campaign_performance": ("campaign", "platform", "day", "currency"),
    "content_performance": ("content", "currency"),
}
"""The keys of read models of figures."""
_OF_DAYS: Final = {"campaign_performance"}
"""Those without the records of an ad's whole life."""

_HISTORY: Final = sql.Identifier("read_v1", PERFORMANCE_HISTORY.name)
_AD: Final = tuple(column.name for column in PERFORMANCE_HISTORY.key[:-1])
_FIGURES: Final = tuple(column.name for column in FIGURES)
_SUMS: Final = sql.SQL(", ").join(sql.SQL("sum({0}) AS {0}").format(sql.Identifier(name)) for name in _FIGURES)
_NEWS: Final = sql.SQL(
    "(SELECT content, currency, incomplete, {changes} FROM {history}"
    " WINDOW report AS (PARTITION BY workspace, {ad} ORDER BY version)) AS news"
)


class ReadView(Protocol):
    """Reads a view of a workspace once it shows a position, and refuses what is incomplete; as PostgresReader does."""

    def __call__(
        self,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        at_least: int | None,
        read: Callable[[Bound], Awaitable[T]],
        rows: Callable[[T], Sequence[Row]],
    ) -> Awaitable[T]: ...


class PostgresPast:
    """Implements `umt.application.past.PastReader`."""

    def __init__(
        self, bound: Binding, read_view: ReadView, mapper: EventMapper, projections: Mapping[str, Projection]
    ) -> None:
        self._bound, self._read_view, self._mapper = bound, read_view, mapper
        self._tables = {table.name: (p, table) for p in projections.values() for table in p.tables}

    async def head(self, workspace: UUID) -> int:
        return await self._number(workspace, "SELECT umt.head()")

    async def position_at(self, workspace: UUID, time: datetime) -> int:
        return await self._number(workspace, "SELECT umt.position_at(%s)", time)

    async def position_of(self, workspace: UUID, stream: UUID, version: int) -> int:
        query = "SELECT position FROM umt.event WHERE workspace = %s AND stream = %s AND version = %s"
        return await self._number(workspace, query, workspace, stream, version)

    async def rows(self, workspace: UUID, view: str, ids: Sequence[UUID], position: int) -> dict[UUID, Row]:
        projection, table = self._tables[view]
        bound = self._bound(workspace)
        events = await (await bound.execute(_EVENTS, (workspace, list(ids), position))).fetchall()
        return {key[0]: row for key, row in rows_after(projection, table, map(self._mapper.recorded, events)).items()}

    async def members(
        self, workspace: UUID, event_type: str, things: Sequence[UUID], position: int
    ) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = defaultdict(list)
        bound = self._bound(workspace)
        rows = await bound.execute(
            "SELECT thing, stream FROM umt.members_at(%s, %s, %s)", (list(things), event_type, position)
        )
        for thing, stream in await rows.fetchall():
            found[thing].append(stream)
        return found

    async def figures(
        self, workspace: UUID, view: str, where: Mapping[str, Any], order: Sequence[str], limit: int, position: int
    ) -> list[Row]:
        known = {"workspace": workspace, **where, "position": Between(until=position)}
        if view in _OF_DAYS:
            known.setdefault("day", Known(True))
        reports, values = _changes(known) if "content" in _GROUPS[view] else _latest(known)
        query = sql.SQL(
            "SELECT {}, {}, bool_or(incomplete) AS incomplete FROM {} GROUP BY {} ORDER BY {} LIMIT %s"
        ).format(_names(_GROUPS[view]), _SUMS, reports, _names(_GROUPS[view]), _names(order))

        async def read(bound: Bound) -> list[Row]:
            found = await bound.rows(query, [*values, limit])
            return [{**row, **{name: int(row[name]) for name in COUNTS}} for row in found]

        return await self._read_view(workspace, PERFORMANCE_HISTORY.name, where, position, read, lambda rows: rows)

    async def _number(self, workspace: UUID, query: str, *values: Any) -> int:
        bound = self._bound(workspace)
        row = await (await bound.execute(query, values)).fetchone()
        return int(row[0]) if row else 0


def _latest(where: Mapping[str, Any]) -> tuple[sql.Composable, list[Any]]:
    """Of each ad and day the newest report."""
    shown = sql.SQL("DISTINCT ON ({}) *").format(_names(_AD))
    reports, values = Listing.of(_HISTORY, where, Order((*_AD, "version"), descending=True), shown=shown).every()
    return sql.SQL("({}) AS latest").format(reports), values


def _changes(where: Mapping[str, Any]) -> tuple[sql.Composable, list[Any]]:
    """By how much each report changed what was known: an ad may have come to show something else between two of them."""
    known = {name: value for name, value in where.items() if name != "content"}
    ads = Listing.of(_HISTORY, where, Order(()), shown=_names(_AD))
    among, of_ads = ads.every()
    reports, of_reports = (
        Listing.of(_HISTORY, known, Order(())).also(sql.SQL("({}) IN ({})").format(_names(_AD), among), *of_ads).every()
    )
    changes = sql.SQL(", ").join(
        sql.SQL("{0} - lag({0}, 1, 0::numeric) OVER report AS {0}").format(sql.Identifier(name)) for name in _FIGURES
    )
    news = _NEWS.format(changes=changes, history=sql.SQL("({}) AS reports").format(reports), ad=_names(_AD))
    only, of_content = Listing.of(news, {"content": where["content"]}, Order(())).every()
    return sql.SQL("({}) AS changes").format(only), [*of_reports, *of_content]


def _names(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))
