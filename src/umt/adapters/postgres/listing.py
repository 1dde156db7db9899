"""Parts of long lists in SQL: conditions, stretches by keys, counts; of one list, or of the lists of many things at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from psycopg import sql

from umt.adapters.postgres.bound import Ask
from umt.application.lists import Belonging, Between, Containing, HavingAny, Key, Known, Order, Page, Stretch
from umt.application.views_read import reads
from umt.projections.table import Table

T = TypeVar("T")
Read = Callable[[dict[str, Any]], T]
"""What a row says."""
Statement = tuple[sql.Composed, list[Any]]
"""A query and its values."""
Part = tuple[sql.Composable, list[Any]]
"""A part of a query and its values."""

_PARTS: Final = sql.SQL("unnest(%s::uuid[]) WITH ORDINALITY AS part (thing, number)")
ALL: Final = sql.SQL("*")
UNSORTED: Final = Order(())
MOST_STATEMENTS: Final = 500
"""Texts that are kept."""
NOTHING: Final[Mapping[str, bool]] = {"before": False, "behind": False}
"""What lies beyond a stretch without keys."""


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

    async def page(self, ask: Ask, stretch: Stretch, read: Read[T]) -> Page[T]:
        """What is in a stretch, and whether there is more."""
        found = await ask(*self.stretch(and_one(stretch)))
        return page_of([read(row) for row in found], stretch, await self.beyond(ask, stretch))

    async def pages(
        self, ask: Ask, belonging: Part, things: Sequence[UUID], stretch: Stretch, read: Read[T]
    ) -> list[Page[T]]:
        """The same stretch of each thing's rows, in the order of the things; ``belonging`` is the condition that a row is
        one of ``part.thing``."""
        found = await ask(*self.stretches(belonging, things, and_one(stretch)))
        return pages_of(found, things, stretch, await self.beyond_each(ask, belonging, things, stretch), read)

    async def beyond(self, ask: Ask, stretch: Stretch) -> Mapping[str, bool]:
        """Whether there is something ``before`` and ``behind`` the stretch's keys."""
        statement = self._beyond(stretch)
        if statement is None:
            return NOTHING
        (found,) = await ask(*statement)
        return found

    async def beyond_each(
        self, ask: Ask, belonging: Part, things: Sequence[UUID], stretch: Stretch
    ) -> Sequence[Mapping[str, bool]]:
        """The same of the stretch of each thing's rows."""
        if (statement := self._and(belonging)._beyond(stretch)) is None:
            return [NOTHING] * len(things)
        query, values = statement
        return await ask(query + sql.SQL(" FROM {} ORDER BY part.number").format(_PARTS), [*values, list(things)])

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
    values = _values(value)
    match value:
        case Between():
            ends = (
                (sql.SQL("{} >= %s"), value.since),
                (sql.SQL("{} <= %s") if value.last_included else sql.SQL("{} < %s"), value.until),
            )
            given = [condition.format(sorted_by.expression) for condition, end in ends if end is not None]
            conditions = [sql.SQL("{} IS NOT NULL").format(column), *given]
            return (sql.SQL(" AND ").join(conditions) if given else sql.SQL("true")), values
        case Containing():
            return sql.SQL("strpos({}, %s) > 0").format(column), values
        case HavingAny():
            return sql.SQL("{} ?| %s").format(column), values
        case Known():
            return (sql.SQL("{} IS NOT NULL") if value.known else sql.SQL("{} IS NULL")).format(column), values
        case list() | tuple():
            return sql.SQL("{} = ANY(%s)").format(column), values
        case _:
            return sql.SQL("{} = %s").format(column), values


def _values(condition: Any) -> list[Any]:
    """What a condition compares with."""
    match condition:
        case Between():
            return [end for end in (condition.since, condition.until) if end is not None]
        case Containing():
            return [condition.part]
        case HavingAny():
            return [list(condition.of)]
        case Known():
            return []
        case list() | tuple():
            return [list(condition)]
        case _:
            return [condition]


def _form(condition: Any) -> Hashable:
    """What the text of a condition depends on."""
    match condition:
        case Between():
            return Between, condition.since is None, condition.until is None, condition.last_included
        case Known():
            return condition
        case list() | tuple():
            return list
        case Containing() | HavingAny():
            return type(condition)
        case _:
            return None


def _form_of_key(key: Key | None) -> Hashable:
    return None if key is None else tuple(value is None for value in key)


def values_of(where: Mapping[str, Any], stretch: Stretch, belonging: Sequence[Any] = ()) -> list[Any]:
    """The values of `Listing.stretch`, in its order; with those of what the rows belong to, of `Listing.stretches`, behind the
    things."""
    conditions = [value for condition in where.values() for value in _values(condition)]
    keys = [value for key in (stretch.after, stretch.before) if key for value in key if value is not None]
    return [*conditions, *belonging, *keys, stretch.limit]


def form_of(where: Mapping[str, Any], stretch: Stretch) -> Hashable:
    """What the text of a statement depends on, of the conditions and the stretch."""
    forms = tuple((name, _form(condition)) for name, condition in where.items())
    return forms, stretch.from_end, _form_of_key(stretch.after), _form_of_key(stretch.before)


class Statements:
    """The texts of statements: much the same is read again and again, and it takes longer to put a text together than to
    send it."""

    def __init__(self) -> None:
        self._texts: dict[Hashable, bytes] = {}

    def text(self, what: Hashable, values: Sequence[Any], make: Callable[[], Statement]) -> bytes:
        """The text of the statement for these values.

        :param what: all that it depends on.
        :param make: puts it together if it is not known yet.
        """
        text = self._texts.get(what)
        if text is None:
            query, of_text = make()
            assert of_text == list(values), "A statement's values are in another order than its text asks for them."
            while len(self._texts) >= MOST_STATEMENTS:
                del self._texts[next(iter(self._texts))]
            text = self._texts[what] = query.as_bytes()
        return text


def and_one(stretch: Stretch) -> Stretch:
    """One more, to see whether there is more."""
    return msgspec.structs.replace(stretch, limit=stretch.limit + 1)


def page_of(found: Sequence[T], stretch: Stretch, beyond: Mapping[str, bool]) -> Page[T]:
    """What was found in a stretch with `and_one`, as a page."""
    more = len(found) > stretch.limit
    items = found[: stretch.limit]
    return Page(
        items[::-1] if stretch.from_end else items,
        more_before=beyond["before"] or (more and stretch.from_end),
        more_behind=beyond["behind"] or (more and not stretch.from_end),
    )


def pages_of(
    found: Iterable[dict[str, Any]],
    things: Sequence[UUID],
    stretch: Stretch,
    beyond: Sequence[Mapping[str, bool]],
    read: Read[T],
) -> list[Page[T]]:
    """What was found by `Listing.stretches` with `and_one`, as a page for each thing."""
    items: list[list[T]] = [[] for _ in things]
    for row in found:
        items[row.pop("number") - 1].append(read(row))
    return [page_of(each, stretch, more) for each, more in zip(items, beyond, strict=True)]
