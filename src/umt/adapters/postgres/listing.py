"""Parts of long lists in SQL: conditions, stretches by keys, counts; of one list, or of the lists of many things at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from umt.application.lists import Belonging, Between, Containing, HavingAny, Key, Known, Order, Page, Stretch
from umt.application.views_read import reads
from umt.projections.table import Table

T = TypeVar("T")
Cursor = psycopg.AsyncCursor[dict[str, Any]]
Read = Callable[[dict[str, Any]], T]
"""What a row says."""
Statement = tuple[sql.Composed, list[Any]]
"""A query and its values."""
Part = tuple[sql.Composable, list[Any]]
"""A part of a query and its values."""

_PARTS: Final = sql.SQL("unnest(%s::uuid[]) WITH ORDINALITY AS part (thing, number)")
ALL: Final = sql.SQL("*")
UNSORTED: Final = Order(())


class SortedBy(msgspec.Struct, frozen=True):
    """What a list is sorted by; ``lowest`` stands for a null in it, which comes before everything."""

    expression: sql.Composable
    lowest: sql.Composable = sql.NULL


def sorting(table: Table | None) -> Callable[[str], SortedBy]:
    """How the columns of a read model are sorted by, so that its indexes are of use."""
    columns = {column.name: column for column in table.all_columns} if table else {}

    def sorted_by(name: str) -> SortedBy:
        column = columns.get(name)
        if column is None or column.lowest is None:
            return SortedBy(sql.Identifier(name))
        return SortedBy(sql.SQL(column.sorted_by), sql.SQL(column.lowest))

    return sorted_by


class Listing(msgspec.Struct, frozen=True):
    """The rows of a relation that meet the conditions, in an order."""

    relation: sql.Composable
    conditions: tuple[Part, ...]
    order: tuple[SortedBy, ...]
    descending: bool = False
    shown: sql.Composable = ALL

    @classmethod
    def of(
        cls,
        relation: sql.Composable,
        where: Mapping[str, Any],
        order: Order,
        sorted_by: Callable[[str], SortedBy] = sorting(None),  # noqa: B008 - a constant
        shown: sql.Composable = ALL,
    ) -> Listing:
        """A column holds the value, one of those in a list, or what a condition of `umt.application.lists` lets through."""
        conditions = tuple(_compared(sql.Identifier(name), value, sorted_by(name)) for name, value in where.items())
        return cls(relation, conditions, tuple(map(sorted_by, order.columns)), order.descending, shown)

    def count(self) -> Statement:
        """How many rows there are."""
        return self._select(sql.SQL("count(*)"))

    def every(self) -> Statement:
        """All the rows, in the order."""
        query, values = self._select(self.shown)
        return (query + sql.SQL(" ORDER BY {}").format(self._sorted(backward=False)) if self.order else query), values

    def counts(self, belonging: Part, things: Sequence[UUID]) -> Statement:
        """How many rows each of the things has; ``belonging`` is the condition that a row is one of ``part.thing``."""
        query, values = self._and(belonging)._select(sql.SQL("count(*)"))
        return sql.SQL("SELECT part.thing, ({}) AS number FROM {}").format(query, _PARTS), [*values, list(things)]

    def stretch(self, stretch: Stretch) -> Statement:
        """The rows in a stretch; if it is one from the end, the last one first."""
        part = self
        if stretch.after is not None:
            part = part._and(self._beside(stretch.after, before=False))
        if stretch.before is not None:
            part = part._and(self._beside(stretch.before, before=True))
        query, values = part._select(self.shown)
        if self.order:
            query += sql.SQL(" ORDER BY {}").format(self._sorted(backward=stretch.from_end))
        return query + sql.SQL(" LIMIT %s"), [*values, stretch.limit]

    def stretches(self, belonging: Part, things: Sequence[UUID], stretch: Stretch) -> Statement:
        """The rows in the stretch of each thing's rows, with the thing's ``number`` from 1."""
        query, values = self._and(belonging).stretch(stretch)
        numbered = sql.SQL("SELECT part.number, t.* FROM {} CROSS JOIN LATERAL ({}) AS t ORDER BY part.number, {}")
        return numbered.format(_PARTS, query, self._sorted(backward=stretch.from_end)), [list(things), *values]

    async def page(self, cursor: Cursor, stretch: Stretch, read: Read[T]) -> Page[T]:
        """What is in a stretch, and whether there is more."""
        await cursor.execute(*self.stretch(_and_one(stretch)))
        found = await cursor.fetchall()
        beyond = {"before": False, "behind": False}
        if statement := self._beyond(stretch):
            await cursor.execute(*statement)
            (beyond,) = await cursor.fetchall()
        return _page(found, stretch, beyond, read)

    async def pages(
        self, cursor: Cursor, belonging: Part, things: Sequence[UUID], stretch: Stretch, read: Read[T]
    ) -> list[Page[T]]:
        """The same stretch of each thing's rows, in the order of the things; ``belonging`` is the condition that a row is
        one of ``part.thing``."""
        await cursor.execute(*self.stretches(belonging, things, _and_one(stretch)))
        found: list[list[dict[str, Any]]] = [[] for _ in things]
        for row in await cursor.fetchall():
            found[row.pop("number") - 1].append(row)
        beyond = [{"before": False, "behind": False}] * len(found)
        if statement := self._and(belonging)._beyond(stretch):
            query, values = statement
            await cursor.execute(
                query + sql.SQL(" FROM {} ORDER BY part.number").format(_PARTS), [*values, list(things)]
            )
            beyond = await cursor.fetchall()
        return [_page(rows, stretch, more, read) for rows, more in zip(found, beyond, strict=True)]

    def showing(self, shown: sql.Composable) -> Listing:
        """Only these columns."""
        return msgspec.structs.replace(self, shown=shown)

    def also(self, condition: sql.Composable, *values: Any) -> Listing:
        """Only the rows that meet this condition, too."""
        return self._and((condition, list(values)))

    def _and(self, condition: Part) -> Listing:
        return msgspec.structs.replace(self, conditions=(*self.conditions, condition))

    def _select(self, shown: sql.Composable) -> Statement:
        query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            shown,
            self.relation,
            sql.SQL(" AND ").join([condition for condition, _ in self.conditions] or [sql.SQL("true")]),
        )
        return query, [value for _, values in self.conditions for value in values]

    def _sorted(self, *, backward: bool) -> sql.Composable:
        way = sql.SQL("{} DESC") if self.descending != backward else sql.SQL("{}")
        return sql.SQL(", ").join(way.format(column.expression) for column in self.order)

    def _beside(self, key: Key, *, before: bool, included: bool = False) -> Part:
        """The condition of what lies on one side of a key."""
        operator = ("<" if before != self.descending else ">") + ("=" if included else "")
        condition = sql.SQL("({}) {} ({})").format(
            sql.SQL(", ").join(column.expression for column in self.order),
            sql.SQL(operator),
            sql.SQL(", ").join(
                column.lowest if value is None else sql.Placeholder()
                for column, value in zip(self.order, key, strict=True)
            ),
        )
        return condition, [value for value in key if value is not None]

    def _beyond(self, stretch: Stretch) -> Statement | None:
        """Whether there is something at the stretch's keys or beyond them; None if it has none."""
        if stretch.after is None and stretch.before is None:
            return None
        before, of_before = self._exists(stretch.after, before=True)
        behind, of_behind = self._exists(stretch.before, before=False)
        query = sql.SQL("SELECT {} AS before, {} AS behind").format(before, behind)
        return query, [*of_before, *of_behind]

    def _exists(self, key: Key | None, *, before: bool) -> Part:
        if key is None:
            return sql.SQL("false"), []
        query, values = self._and(self._beside(key, before=before, included=True))._select(sql.SQL(""))
        return sql.SQL("EXISTS ({})").format(query), values


def belonging_to(of: Belonging, workspace: UUID) -> Part:
    """The condition that a row of a read model is one of ``part.thing``."""
    if isinstance(of, str):
        return sql.SQL("{} = part.thing").format(sql.Identifier(of)), []
    reads(of.view)
    among = Listing.of(
        sql.Identifier("read_v1", of.view),
        {"workspace": workspace, **dict(of.where)},
        UNSORTED,
        shown=sql.Identifier(of.column),
    )
    query, values = among.also(sql.SQL("{} = part.thing").format(sql.Identifier(of.of)))._select(among.shown)
    return sql.SQL("{} IN ({})").format(sql.Identifier(of.column), query), values


def _compared(column: sql.Identifier, value: Any, sorted_by: SortedBy) -> Part:
    match value:
        case Between():
            ends = (
                (sql.SQL("{} >= %s"), value.since),
                (sql.SQL("{} <= %s") if value.last_included else sql.SQL("{} < %s"), value.until),
            )
            given = [(condition.format(sorted_by.expression), end) for condition, end in ends if end is not None]
            conditions = [sql.SQL("{} IS NOT NULL").format(column), *(condition for condition, _ in given)]
            return (sql.SQL(" AND ").join(conditions) if given else sql.SQL("true")), [end for _, end in given]
        case Containing():
            return sql.SQL("strpos({}, %s) > 0").format(column), [value.part]
        case HavingAny():
            return sql.SQL("{} ?| %s").format(column), [list(value.of)]
        case Known():
            return (sql.SQL("{} IS NOT NULL") if value.known else sql.SQL("{} IS NULL")).format(column), []
        case list() | tuple():
            return sql.SQL("{} = ANY(%s)").format(column), [list(value)]
        case _:
            return sql.SQL("{} = %s").format(column), [value]


def _and_one(stretch: Stretch) -> Stretch:
    """One more, to see whether there is more."""
    return msgspec.structs.replace(stretch, limit=stretch.limit + 1)


def _page(found: Iterable[dict[str, Any]], stretch: Stretch, beyond: Mapping[str, bool], read: Read[T]) -> Page[T]:
    items = [read(row) for row in found]
    more = len(items) > stretch.limit
    del items[stretch.limit :]
    if stretch.from_end:
        items.reverse()
    return Page(
        items,
        more_before=beyond["before"] or (more and stretch.from_end),
        more_behind=beyond["behind"] or (more and not stretch.from_end),
    )
