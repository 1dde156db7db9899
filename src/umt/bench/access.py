"""``umt bench access``: what it costs to know who asks, whether they may, and to show them their own rows only.

A list of 100 campaigns, as the API reads it: the access token is verified, session and membership are looked up, the
permission is asked, and the rows are read in the application's role under row security. Beside it the same statement
in a role that row security does not bind, with nobody asked. Both are asked in turns, among the campaigns of other tenants,
and have the same plan, or nothing is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from statistics import median
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from umt.adapters.postgres.database import APP, OWNER, connect, reading_pool
from umt.application.identity import Session
from umt.application.queries import Queries
from umt.application.transaction import Context
from umt.bench.figure import Goal, Measure
from umt.bench.server import BenchError, Server
from umt.bench.trial import Section, Trial, Values
from umt.bootstrap import System, system

VIEW: Final = "campaigns"
PAGE: Final = 100
ORDER: Final = ("-created_at", "-campaign")
TENANTS: Final = 100
CAMPAIGNS: Final = 1_000
"""Campaigns of each tenant."""
LISTS: Final = 400
QUICK_LISTS: Final = 40

Side = Callable[[], Awaitable[Any]]

LIST: Final = Measure(f"list of {PAGE} campaigns, p50", "ms", less_is_better=True)
ADDED: Final = Measure("added by token, permission and row security, p50", "ms", less_is_better=True)
TOKEN: Final = Measure("of it the token, the session and the membership, p50", "ms", less_is_better=True)
ROWS: Final = Measure("of it the permission and row security, p50", "ms", Goal(below=0.5), less_is_better=True)


class Stage(msgspec.Struct, frozen=True):
    """Where it takes place, and how many lists are asked for."""

    server: Server
    lists: int


def stage(server: Server, *, quick: bool) -> Stage:
    return Stage(server, QUICK_LISTS if quick else LISTS)


def sections(_: Stage) -> list[Section[Stage]]:
    return [Section("list", lists)]


@contextmanager
def lists(stage: Stage) -> Iterator[Iterable[Trial]]:
    if not stage.server.own:
        raise BenchError("umt bench access needs a server of its own, where it may read past row security.")
    with stage.server.database() as settings, system(settings) as wired:
        database = conninfo_to_dict(wired.url)["dbname"]
        past = make_conninfo(stage.server.administration, dbname=database)
        unguarded = Unguarded(past, str(conninfo_to_dict(past)["user"]))

        with asyncio.Runner() as loop:
            asked = AsyncExitStack()
            sides = loop.run(_sides(asked, wired, unguarded))
            try:
                yield [
                    Trial(
                        "list",
                        lambda: loop.run(_measured(sides, stage.lists)),
                        lambda: loop.run(_past(sides, stage.lists)),
                    )
                ]
            finally:
                loop.run(asked.aclose())


class Unguarded(msgspec.Struct, frozen=True):
    """A login that row security does not bind."""

    url: str
    role: str


class Sides(msgspec.Struct, frozen=True):
    """A list as the API reads it, the same past all guards, and the two parts of the former."""

    whole: Side
    past: Side
    who: Side
    rows: Side


async def _sides(stack: AsyncExitStack, wired: System, unguarded: Unguarded) -> Sides:
    guarded = await stack.enter_async_context(reading_pool(wired.url, APP, size=1))
    open_door = await stack.enter_async_context(reading_pool(unguarded.url, unguarded.role, size=1))
    await stack.enter_async_context(wired.reading())
    session = await _signed_in(wired)
    token, workspace = session.token.reveal(), session.workspace
    _fill(wired.url, workspace)
    _require_same_plan(wired.url, unguarded, workspace)
    queries, reader = Queries(wired.reader.on(guarded)), wired.reader.on(open_door)

    async def rows(context: Context) -> None:
        assert len(await queries.many(context, VIEW, where={}, order=ORDER, limit=PAGE)) == PAGE

    async def who() -> Context:
        return await wired.identity.context_of(token, None)

    async def whole() -> None:
        await rows(await who())

    known = await who()
    return Sides(whole, lambda: reader.rows(workspace, VIEW, {}, ORDER, PAGE), who, lambda: rows(known))


async def _measured(sides: Sides, count: int) -> Values:
    spent = await _in_turns(count, sides.whole, sides.past, sides.who, sides.rows)
    ours, base, asked, read = (1000 * median(each) for each in spent)
    return {LIST: ours, ADDED: ours - base, TOKEN: asked, ROWS: read - base}


async def _signed_in(wired: System) -> Session:
    return await wired.identity.register(
        email=f"{uuid4()}@example.com",
        password=uuid4().hex,
        name="Pat",
        company="Bench",
        time_zone="UTC",
        idempotency_key=None,
    )


def _fill(url: str, workspace: UUID) -> None:
    """As many campaigns in this workspace as in each of the others."""
    with connect(url, OWNER) as connection:
        (live,) = connection.execute(
            "SELECT name || '_' || generation FROM umt.projection_checkpoint WHERE name = %s AND state = 'live'",
            (VIEW,),
        ).fetchall()
        table = sql.Identifier("projection", live[0])
        connection.execute(
            sql.SQL(
                "INSERT INTO {} (workspace, campaign, position, updated_at, name, status, currency, total_budget,"
                " created_at, version, platforms, allocation, ad_sets)"
                " SELECT CASE tenant WHEN 1 THEN %s ELSE gen_random_uuid() END, gen_random_uuid(), n, now(), 'Spring ' || n,"
                " 'live', 'EUR', 6000, now() - n * interval '1 minute', 9, '[\"google\", \"facebook\"]', '{{}}', '[]'"
                " FROM generate_series(1, %s) tenant, generate_series(1, %s) n"
            ).format(table),
            (workspace, TENANTS, CAMPAIGNS),
        )
        connection.execute(sql.SQL("ANALYZE {}").format(table))


def _require_same_plan(url: str, unguarded: Unguarded, workspace: UUID) -> None:
    """BenchError unless row security leaves the plan its index."""
    statement = sql.SQL(
        "EXPLAIN (FORMAT JSON) SELECT * FROM read_v1.campaigns WHERE workspace = {} ORDER BY created_at DESC, campaign DESC"
        " LIMIT 100"
    ).format(workspace)
    plans = []
    for connection in (connect(url, APP), connect(unguarded.url, unguarded.role)):
        with connection, connection.transaction():
            connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(workspace),))
            (row,) = connection.execute(statement).fetchall()
            plans.append(list(_steps(row[0][0]["Plan"])))
    if plans[0] != plans[1]:
        raise BenchError(f"row security changes the plan: {plans[0]} instead of {plans[1]}")


def _steps(plan: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Each step of a plan with the index that it uses. What only compares the bound tenant, once, is none."""
    if plan.get("Parent Relationship") == "InitPlan":
        return
    if plan["Node Type"] != "Result":
        yield plan["Node Type"], plan.get("Index Name")
    for below in plan.get("Plans", ()):
        yield from _steps(below)


async def _past(sides: Sides, count: int) -> Values:
    (spent,) = await _in_turns(count, sides.past)
    return {LIST: 1000 * median(spent)}


async def _in_turns(count: int, *sides: Side) -> list[list[float]]:
    """The seconds that each took, each time one after the other."""
    spent: list[list[float]] = [[] for _ in sides]
    for number in range(count + count // 10):
        for side, times in zip(sides, spent, strict=True):
            started = time.perf_counter()
            await side()
            if number >= count // 10:  # the first ones warm up
                times.append(time.perf_counter() - started)
    return spent
