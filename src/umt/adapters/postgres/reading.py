"""Reading in one workspace: read models, history and past states, by the application's role under row security."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from umt.adapters.postgres.borrowing import borrowed
from umt.adapters.postgres.bound import Bindings, Bound
from umt.adapters.postgres.breaker_rows import statuses
from umt.adapters.postgres.counts import Counts
from umt.adapters.postgres.listing import (
    NOTHING,
    UNSORTED,
    Listing,
    Statement,
    Statements,
    and_one,
    belonging_to,
    form_of,
    page_of,
    pages_of,
    sorting,
    values_of,
)
from umt.adapters.postgres.log import COLUMNS
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.past import PostgresPast
from umt.adapters.postgres.pulse import Pulse
from umt.adapters.postgres.security_events import noted_event, noted_events
from umt.adapters.postgres.snapshots import READ_STREAM, BrokenSnapshot, folded, reading
from umt.adapters.postgres.source import AWAY
from umt.adapters.postgres.subjects import erasure_of, erasures_in, events_of, keys_of, sessions_of
from umt.adapters.postgres.verification import Verifier
from umt.application.breakers import BreakerStatus
from umt.application.errors import Unavailable
from umt.application.lists import Belonging, Between, Containing, Order, Page, Stretch, Through
from umt.application.past import Moment
from umt.application.privacy.register import Erasure
from umt.application.privacy.subject import HeldKey, Subject, SubjectEvent, actors, subject_event
from umt.application.pulse import Shown
from umt.application.queries import (
    A,
    AgentActivity,
    AgentPlace,
    DeadLetter,
    Freshness,
    ModelSpending,
    Row,
    StaleRead,
    Verification,
    WorkspaceFreshness,
)
from umt.application.security_events import NotedEvent, Wanted
from umt.application.views_read import reads
from umt.domain.api_key import ApiKey
from umt.domain.recorded import Recorded
from umt.domain.user import User
from umt.domain.workspace import Workspace
from umt.projections.agents import agent_runs
from umt.projections.figures import COUNTS
from umt.projections.schema import key_text
from umt.projections.table import Projection

T = TypeVar("T")

STATUS: Final = (
    "SELECT projection, generation, version, position, head, lag_seconds, state, live, worker, beat_at, restarts,"
    " failed_at, last_error, dead_letters FROM read_v1.projection_status"
    " WHERE projection = ANY(%s) ORDER BY projection, generation"
)
"""The columns of `Freshness`."""

_FEW: Final = 1000

_EVENT: Final = sql.Identifier("umt", "event")
_COLUMNS: Final = sql.SQL(COLUMNS)
_LETTERS: Final = sql.SQL(
    "(SELECT d.* FROM umt.dead_letter d JOIN umt.projection_checkpoint c"
    " ON (c.name, c.generation, c.state) = (d.projection, d.generation, 'live') WHERE d.discarded_at IS NULL) AS letter"
)
_LETTER: Final = sql.SQL(
    "projection, position, stream, version, type, split_part(error, ':', 1) AS error, attempts, parked_at"
)
_KINDS: Final = (
    "SELECT stream, split_part(type, '.', 1) FROM umt.event"
    " WHERE workspace = %(workspace)s AND stream = ANY(%(ids)s) AND version = 1"
    " UNION ALL SELECT user_id, 'user' FROM read_v1.users"
    " WHERE workspace = %(workspace)s AND user_id = ANY(%(ids)s) AND kind = 'service'"
)
"""A service account is a user without a stream of its own."""


class PostgresReader:
    """Implements `umt.application.queries.Reader`."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        mapper: EventMapper,
        projections: Mapping[str, Projection],
        verifier: Verifier,
        pulse: Pulse,
        timeout: float,
    ) -> None:
        self._pool, self._mapper, self._pulse = pool, mapper, pulse
        self._projections, self._verifier, self._timeout = projections, verifier, timeout
        self._tables = {table.name: table for p in projections.values() for table in p.tables}
        self._statements, self._counts = Statements(), Counts(pulse.shown)
        self._bound = Bindings(pool).of
        self.past = PostgresPast(self._bound, self._read, mapper, projections)

    def on(self, pool: AsyncConnectionPool[Any]) -> PostgresReader:
        """The same reader on other connections; a pool belongs to one event loop."""
        pulse = self._pulse.another()
        return PostgresReader(pool, self._mapper, self._projections, self._verifier, pulse, self._timeout)

    def _connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        return borrowed(self._pool)

    # Read models

    async def rows(
        self,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        order: Sequence[str],
        limit: int,
        at_least: int | None = None,
    ) -> list[Row]:
        names = tuple(name.removeprefix("-") for name in order)
        sorted_by, stretch = Order(names, names != tuple(order)), Stretch(limit=limit)
        conditions = {"workspace": workspace, **where}
        values = values_of(conditions, stretch)

        def statement() -> Statement:
            return self._listing(workspace, view, where, sorted_by).stretch(stretch)

        async def read(bound: Bound) -> list[Row]:
            text = self._statements.text(("rows", view, sorted_by, form_of(conditions, stretch)), values, statement)
            return [_with_counts(row) for row in await bound.rows(text, values)]

        return await self._read(workspace, view, where, at_least, read, lambda rows: rows)

    async def page(
        self,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
        at_least: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> Page[Row]:
        async def read(bound: Bound) -> Page[Row]:
            searched = await self._searched(bound, workspace, view, where)
            if columns is None:
                return await self._listing(workspace, view, searched, order).page(bound.rows, stretch, _with_counts)
            return await self._page_of(bound, workspace, view, searched, order, stretch, columns)

        return await self._read(workspace, view, where, at_least, read, lambda page: page.items)

    async def pages(
        self,
        workspace: UUID,
        view: str,
        of: Belonging,
        things: Sequence[UUID],
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
        at_least: int | None = None,
    ) -> list[Page[Row]]:
        async def read(bound: Bound) -> list[Page[Row]]:
            searched = await self._searched(bound, workspace, view, where)
            if not isinstance(of, str):
                listing = self._listing(workspace, view, searched, order)
                return await listing.pages(bound.rows, belonging_to(of, workspace), things, stretch, _with_counts)
            return await self._pages_of(bound, workspace, view, of, things, searched, order, stretch)

        asked = {**where, of: list(things)} if isinstance(of, str) else where
        through = (of.view,) if isinstance(of, Through) else ()
        return await self._read(
            workspace, view, asked, at_least, read, lambda pages: [r for p in pages for r in p.items], through
        )

    async def count(self, workspace: UUID, view: str, where: Mapping[str, Any]) -> int:
        listing = self._listing(workspace, view, where)
        return await self._counts.of(workspace, view, where, lambda: self._counted(workspace, listing))

    def forget_counts(self) -> None:
        """Every list is counted again when it is asked for next."""
        self._counts.forget()

    async def counts(
        self, workspace: UUID, view: str, of: Belonging, things: Sequence[UUID], where: Mapping[str, Any]
    ) -> dict[UUID, int]:
        query, values = self._listing(workspace, view, where).counts(belonging_to(of, workspace), things)
        bound = self._bound(workspace)
        return dict(await (await bound.execute(query, values)).fetchall())

    async def _read(
        self,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        at_least: int | None,
        read: Callable[[Bound], Awaitable[T]],
        rows: Callable[[T], Sequence[Row]],
        through: Sequence[str] = (),
    ) -> T:
        """What is read of a view once it shows the position, and those that it is read ``through``; and if nothing of it is
        missing or incomplete then."""
        for each in (view, *through):
            reads(each)
        reached = await self.wait_for(workspace, at_least, view, *through) if at_least is not None else None
        bound = self._bound(workspace)
        found = await read(bound)
        if at_least is not None and reached is not None and await self._parked(bound, view, where, rows(found)):
            raise StaleRead(at_least, reached, "PARKED")
        return found

    async def _searched(self, bound: Bound, workspace: UUID, view: str, where: Mapping[str, Any]) -> Mapping[str, Any]:
        """The conditions; but where few rows contain the texts, their ids instead, as an index alone tells them."""
        parts = {name: value for name, value in where.items() if isinstance(value, Containing)}
        table = self._tables.get(view)
        if table is None or not parts:
            return where
        key = table.key[0].name
        shown = Listing.of(
            sql.Identifier("read_v1", view), {"workspace": workspace, **parts}, UNSORTED, shown=sql.Identifier(key)
        )
        found = [row[key] for row in await bound.rows(*shown.stretch(Stretch(limit=_FEW + 1)))]
        if len(found) > _FEW:
            return where  # So many of them that a page is full soon, in whatever order they are met.
        return {**{name: value for name, value in where.items() if name not in parts}, key: found}

    def _listing(self, workspace: UUID, view: str, where: Mapping[str, Any], order: Order = UNSORTED) -> Listing:
        reads(view)
        relation = sql.Identifier("read_v1", view)
        return Listing.of(relation, {"workspace": workspace, **where}, order, sorting(self._tables.get(view)))

    async def _page_of(
        self,
        bound: Bound,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
        columns: Sequence[str],
    ) -> Page[Row]:
        """A page of these columns, and of the one that says whether a row is incomplete."""
        table = self._tables.get(view)
        names = (*columns, *(["incomplete"] if table else []))
        kinds = {column.name: column.sql_type for column in table.all_columns} if table else {}
        documents = [name for name in names if kinds.get(name) == "jsonb"]
        asked = and_one(stretch)
        conditions = {"workspace": workspace, **where}

        def listing() -> Listing:
            shown = sql.SQL(", ").join(
                sql.SQL("{0}::text" if n in documents else "{0}").format(sql.Identifier(n)) for n in names
            )
            return self._listing(workspace, view, where, order).showing(shown)

        values, what = values_of(conditions, asked), ("page", view, names, order, form_of(conditions, asked))
        text = self._statements.text(what, values, lambda: listing().stretch(asked))
        found = await bound.columns(names, documents, text, values)
        return page_of(found, stretch, await listing().beyond(bound.rows, stretch) if stretch.is_between else NOTHING)

    async def _pages_of(
        self,
        bound: Bound,
        workspace: UUID,
        view: str,
        of: str,
        things: Sequence[UUID],
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
    ) -> list[Page[Row]]:
        """The page of each of the things, which the rows hold in a column of this name."""
        conditions, asked = {"workspace": workspace, **where}, and_one(stretch)
        values = [list(things), *values_of(conditions, asked)]
        belonging = belonging_to(of, workspace)

        def listing() -> Listing:
            return self._listing(workspace, view, where, order)

        what = ("pages", view, of, order, form_of(conditions, asked))
        text = self._statements.text(what, values, lambda: listing().stretches(belonging, things, asked))
        found = await bound.rows(text, values)
        beyond = (
            await listing().beyond_each(bound.rows, belonging, things, stretch)
            if stretch.is_between
            else [NOTHING] * len(things)
        )
        return pages_of(found, things, stretch, beyond, _with_counts)

    async def _counted(self, workspace: UUID, listing: Listing) -> int:
        bound = self._bound(workspace)
        row = await (await bound.execute(*listing.count())).fetchone()
        return int(row[0]) if row else 0

    async def _parked(self, bound: Bound, view: str, where: Mapping[str, Any], rows: Sequence[Row]) -> bool:
        """Whether a dead letter touches what was asked for: a row that was found, or one that ought to be there."""
        if any(row.get("incomplete") for row in rows):
            return True
        table = self._tables.get(view)
        if table is None:
            return False
        missing = await bound.rows(
            sql.SQL(
                "SELECT DISTINCT i.row_key FROM umt.incomplete_row i JOIN umt.projection_checkpoint c"
                " ON (c.name, c.generation, c.state) = (i.projection, i.generation, 'live')"
                " WHERE i.view = %s AND NOT EXISTS (SELECT FROM {} t"
                "  WHERE t.workspace = i.workspace AND (ARRAY[{}])[:cardinality(i.row_key)] = i.row_key)"
            ).format(
                sql.Identifier("read_v1", view),
                sql.SQL(", ").join(map(key_text, table.key)),
            ),
            (view,),
        )
        asked = [where.get(column.name) for column in table.key]
        return any(
            all(_asks_for(value, part) for value, part in zip(asked, row["row_key"], strict=False)) for row in missing
        )

    async def wait_for(self, workspace: UUID, position: int, *views: str) -> int:
        return await self._pulse.wait_for(workspace, position, views, self._timeout)

    def shown(self, workspace: UUID, views: Collection[str]) -> Shown | None:
        return self._pulse.shown(workspace, views)

    async def freshness(self) -> list[Freshness]:
        async with self._connection() as connection:
            cursor = await connection.execute(STATUS, (list(self._projections),))
            return [Freshness(*row) for row in await cursor.fetchall()]

    async def workspace_freshness(self, workspace: UUID) -> WorkspaceFreshness:
        progress = await self._pulse.known()
        position, head = progress.shown(workspace, progress.every).position, progress.head
        if position >= head:
            return WorkspaceFreshness(head, head, 0.0)
        bound = self._bound(workspace)
        waiting = await bound.execute(
            "SELECT extract(epoch FROM clock_timestamp() - recorded_at) FROM umt.event"
            " WHERE workspace = %s AND position > %s ORDER BY position LIMIT 1",
            (workspace, position),
        )
        row = await waiting.fetchone()
        return WorkspaceFreshness(position, head, float(row[0]) if row else 0.0)

    async def dead_letters(self) -> dict[str, int]:
        async with self._connection() as connection:
            cursor = await connection.execute(
                "SELECT projection, dead_letters FROM umt.dead_letter_counts() WHERE projection = ANY(%s)",
                (list(self._projections),),
            )
            return dict(await cursor.fetchall())

    async def parked(self, workspace: UUID, where: Mapping[str, Any], stretch: Stretch) -> Page[DeadLetter]:
        bound = self._bound(workspace)
        return await _letters(workspace, where).page(bound.rows, stretch, lambda row: DeadLetter(**row))

    async def count_parked(self, workspace: UUID, where: Mapping[str, Any]) -> int:
        return await self._counted(workspace, _letters(workspace, where))

    # History

    async def histories(
        self, workspace: UUID, streams: Sequence[UUID], stretch: Stretch, until: int | None = None
    ) -> list[Page[Recorded]]:
        listing = Listing.of(_EVENT, _up_to(workspace, until), Order(("version",)), shown=_COLUMNS)
        bound = self._bound(workspace)
        return await listing.pages(bound.rows, belonging_to("stream", workspace), streams, stretch, self._recorded)

    async def lengths(self, workspace: UUID, streams: Sequence[UUID], until: int | None = None) -> dict[UUID, int]:
        listing = Listing.of(_EVENT, _up_to(workspace, until), UNSORTED)
        query, values = listing.counts(belonging_to("stream", workspace), streams)
        bound = self._bound(workspace)
        return dict(await (await bound.execute(query, values)).fetchall())

    async def kinds(self, workspace: UUID, ids: Sequence[UUID]) -> dict[UUID, str]:
        bound = self._bound(workspace)
        found = await bound.execute(_KINDS, {"workspace": workspace, "ids": list(ids)})
        return dict(await found.fetchall())

    def _recorded(self, row: Row) -> Recorded:
        return self._mapper.recorded(tuple(row.values()))

    async def state(self, workspace: UUID, kind: type[A], stream: UUID, at: Moment | None) -> tuple[A | None, int]:
        at = at or Moment()
        position = at.position if at.time is None else await self.past.position_at(workspace, at.time)
        bound = self._bound(workspace)
        version = at.version if position is None else await self._version_at(bound, stream, position)
        for whole in (False, True):
            asked = reading(workspace, kind, stream, version, whole=whole)
            events = await (await bound.execute(READ_STREAM, asked, binary=True)).fetchall()
            try:
                known = folded(self._mapper, kind, events)
                break
            except BrokenSnapshot:
                if whole:
                    raise
        return (known.state, known.version) if isinstance(known.state, kind) else (None, 0)

    async def states(self, workspace: UUID, kind: type[A], streams: Sequence[UUID]) -> dict[UUID, tuple[A, int]]:
        events: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
        bound = self._bound(workspace)
        cursor = await bound.execute(
            "SELECT stream, position, version, schema_version, type, body FROM umt.event"
            " WHERE workspace = %s AND stream = ANY(%s)",
            (workspace, list(streams)),
            binary=True,
        )
        for stream, *event in await cursor.fetchall():
            events[stream].append(tuple(event))
        known = {stream: folded(self._mapper, kind, rows) for stream, rows in events.items()}
        return {stream: (each.state, each.version) for stream, each in known.items() if isinstance(each.state, kind)}

    @staticmethod
    async def _version_at(bound: Bound, stream: UUID, position: int) -> int:
        """The stream's version at a position; 0 before its first event."""
        cursor = await bound.execute(
            "SELECT version FROM umt.event WHERE stream = %s AND position <= %s ORDER BY version DESC LIMIT 1",
            (stream, position),
        )
        row = await cursor.fetchone()
        return row[0] if row else 0

    # Self-checks

    async def verify(self, workspace: UUID) -> list[Verification]:
        try:
            return [
                await asyncio.to_thread(self._verifier.verify, projection, workspace=workspace)
                for projection in self._projections.values()
            ]
        except AWAY as error:
            raise Unavailable("The database cannot be reached; try again in a moment.") from error

    async def breakers(self, services: Sequence[str]) -> list[BreakerStatus]:
        async with self._connection() as connection:
            known = await connection.execute(
                "SELECT service, state, failures, opened_at, next_probe_at, error_class, answered, failed, refused"
                " FROM umt.breakers(%s)",
                (list(services),),
            )
            breakers = await known.fetchall()
            changes = await connection.execute(
                "SELECT service, at, was, became, reason FROM umt.breaker_changes(%s)", (list(services),)
            )
            return statuses(services, breakers, await changes.fetchall())

    async def agent_activity(self, workspace: UUID, now: datetime) -> AgentActivity:
        bound = self._bound(workspace)
        # Open runs are read from their read model, so its own lag counts as events unread.
        cursor = await bound.execute(
            "SELECT head, head - least(coalesce((SELECT min(position) FROM umt.agent_checkpoint), 0),"
            "   (SELECT position FROM umt.projection_checkpoint WHERE (name, state) = (%(runs)s, 'live'))),"
            " (SELECT count(*) FROM read_v1.agent_runs WHERE workspace = %(workspace)s AND status = 'running'),"
            " (SELECT count(*) FROM umt.timer WHERE workspace = %(workspace)s AND NOT fired AND due_at <= %(now)s)"
            " FROM umt.head() AS head",
            {
                "runs": agent_runs.name,
                "workspace": workspace,
                "now": now,
            },
        )
        row = await cursor.fetchone()
        assert row
        return AgentActivity(*row)

    async def agent_places(self, workspace: UUID) -> dict[str, AgentPlace]:
        bound = self._bound(workspace)
        cursor = await bound.execute(
            "SELECT agent, position, head, shadow_until FROM umt.agent_checkpoint, umt.head() AS head"
        )
        return {agent: AgentPlace(*place) for agent, *place in await cursor.fetchall()}

    async def event_count(self, workspace: UUID) -> int:
        bound = self._bound(workspace)
        row = await (await bound.execute("SELECT count(*) FROM umt.event")).fetchone()
        assert row
        return int(row[0])

    async def model_spending(self, workspace: UUID, month: date) -> ModelSpending:
        query = "SELECT month, amount, calls, unpriced FROM umt.model_spending WHERE (workspace, month) = (%s, %s)"
        row = await (await self._bound(workspace).execute(query, (workspace, month))).fetchone()
        return ModelSpending(*row) if row else ModelSpending(month)

    # People

    async def subject(self, workspace: UUID, person: UUID) -> Subject | None:
        user, _ = await self.state(workspace, User, person, None)
        home, _ = await self.state(workspace, Workspace, workspace, None)
        if user is None or home is None:
            return None
        bound = self._bound(workspace)
        sessions = await sessions_of(bound, workspace, person)
        keys = await keys_of(bound, workspace, person)
        held = await self.states(workspace, ApiKey, keys)
        member = home.member(person)
        return Subject(
            user=person,
            workspace=workspace,
            workspace_name=home.name,
            name=user.name.text,
            email=user.email.text,
            erased=user.erased,
            role=member.role if member else None,
            sessions=tuple(sessions),
            api_keys=tuple(
                HeldKey(key, k.name, k.scopes, k.expires_at, k.last_used_at, k.revoked) for key, (k, _) in held.items()
            ),
        )

    async def subject_events(self, workspace: UUID, person: UUID, stretch: Stretch) -> Page[SubjectEvent]:
        bound = self._bound(workspace)
        keys = await keys_of(bound, workspace, person)
        names = actors(person, keys)
        listing = events_of(workspace, person, keys, _COLUMNS)
        return await listing.page(bound.rows, stretch, lambda row: subject_event(self._recorded(row), person, names))

    async def count_subject_events(self, workspace: UUID, person: UUID) -> int:
        bound = self._bound(workspace)
        keys = await keys_of(bound, workspace, person)
        row = await (await bound.execute(*events_of(workspace, person, keys).count())).fetchone()
        return int(row[0]) if row else 0

    async def erasures(self, workspace: UUID, stretch: Stretch) -> Page[Erasure]:
        bound = self._bound(workspace)
        return await erasures_in(workspace).page(bound.rows, stretch, erasure_of)

    async def count_erasures(self, workspace: UUID) -> int:
        return await self._counted(workspace, erasures_in(workspace))

    async def security_events(self, workspace: UUID, wanted: Wanted, stretch: Stretch) -> Page[NotedEvent]:
        bound = self._bound(workspace)
        return await noted_events(wanted, workspace).page(bound.rows, stretch, noted_event)

    async def count_security_events(self, workspace: UUID, wanted: Wanted) -> int:
        return await self._counted(workspace, noted_events(wanted, workspace))


def _up_to(workspace: UUID, position: int | None) -> dict[str, Any]:
    """The events of a workspace, up to a position if there is one."""
    return {"workspace": workspace, **({} if position is None else {"position": Between(until=position)})}


def _letters(workspace: UUID, where: Mapping[str, Any]) -> Listing:
    order = Order(("position", "projection"), descending=True)
    return Listing.of(_LETTERS, {"workspace": workspace, **where}, order, shown=_LETTER)


def _asks_for(condition: Any, part: str) -> bool:
    """Whether a condition on a column of the key lets this value through; None is no condition."""
    if condition is None:
        return True
    return part in map(str, condition) if isinstance(condition, list) else part == str(condition)


def _with_counts(row: Row) -> Row:
    for name in COUNTS & row.keys():
        row[name] = int(row[name])
    return row
