"""What is asked of workspaces at the same moment shares a round trip, and nobody sees or spoils another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from umt.adapters.postgres.bound import MOST_AT_ONCE, Bindings
from umt.adapters.postgres.database import APP, reading_pool
from umt.application.errors import Unavailable
from umt.bootstrap import prepared_database
from umt.settings import Settings

WHERE = "SELECT pg_backend_pid() AS connection, now() AS begun, current_setting('umt.workspace') AS workspace"


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with reading_pool(prepared_database(settings), APP, size=4) as opened:
        yield opened


@pytest.fixture
def bindings(pool: AsyncConnectionPool[Any]) -> Bindings:
    return Bindings(pool)


@pytest.fixture
def workspace() -> UUID:
    return uuid4()


async def test_what_is_asked_at_once_is_one_transaction(bindings: Bindings, workspace: UUID) -> None:
    bound = bindings.of(workspace)
    rows = [row for (row,) in await asyncio.gather(*(bound.rows(WHERE) for _ in range(5)))]
    assert {row["workspace"] for row in rows} == {str(workspace)}
    assert len({(row["connection"], row["begun"]) for row in rows}) == 1


async def test_more_than_that_are_several(bindings: Bindings, workspace: UUID) -> None:
    bound = bindings.of(workspace)
    rows = [row for (row,) in await asyncio.gather(*(bound.rows(WHERE) for _ in range(2 * MOST_AT_ONCE + 1)))]
    assert len({row["begun"] for row in rows}) == 3


async def test_workspaces_are_apart(bindings: Bindings) -> None:
    several = [uuid4() for _ in range(6)]
    rows = await asyncio.gather(*(bindings.of(each).rows(WHERE) for each in [*several, *several]))
    assert [row["workspace"] for (row,) in rows] == [*map(str, several), *map(str, several)]
    assert len({row["begun"] for (row,) in rows}) == len(several)


async def test_nothing_stays_bound(pool: AsyncConnectionPool[Any], bindings: Bindings, workspace: UUID) -> None:
    await asyncio.gather(*(bindings.of(workspace).rows(WHERE) for _ in range(3)))
    async with pool.connection() as connection:
        found = await (await connection.execute("SELECT current_setting('umt.workspace', true)")).fetchone()
    assert found in [(None,), ("",)]


async def test_a_statement_that_fails_is_its_own(bindings: Bindings, workspace: UUID) -> None:
    bound = bindings.of(workspace)
    answers = await asyncio.gather(
        bound.rows("SELECT 1 AS n"),
        bound.rows("SELECT 1 / %s AS n", (0,)),
        bound.rows("SELECT %s::int AS n", (2,)),
        bound.rows("no SQL"),
        return_exceptions=True,
    )
    assert (answers[0], answers[2]) == ([{"n": 1}], [{"n": 2}])
    assert isinstance(answers[1], psycopg.errors.DivisionByZero)
    assert isinstance(answers[3], psycopg.errors.SyntaxError)
    assert await bound.rows("SELECT 3 AS n") == [{"n": 3}]


async def test_who_gives_up_takes_nobody_along(bindings: Bindings, workspace: UUID) -> None:
    bound = bindings.of(workspace)
    slow = asyncio.create_task(bound.rows("SELECT 1 AS n FROM pg_sleep(0.2)"))
    other = asyncio.create_task(bound.rows("SELECT 2 AS n"))
    await asyncio.sleep(0.05)
    slow.cancel()
    assert await other == [{"n": 2}]
    with pytest.raises(asyncio.CancelledError):
        await slow


async def test_what_nobody_waits_for_is_ended(
    pool: AsyncConnectionPool[Any], bindings: Bindings, workspace: UUID
) -> None:
    mark = f"SELECT pg_sleep(30) AS {'n' + uuid4().hex}"
    both = [asyncio.create_task(bindings.of(workspace).rows(mark)) for _ in range(2)]
    await asyncio.sleep(0.1)
    for each in both:
        each.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    async with asyncio.timeout(5), pool.connection() as connection:
        left = 1
        while left:
            cursor = await connection.execute("SELECT count(*) FROM pg_stat_activity WHERE query = %s", (mark,))
            ((left,),) = await cursor.fetchall()


async def test_columns_are_what_the_rows_are(bindings: Bindings, workspace: UUID) -> None:
    bound = bindings.of(workspace)
    query = """SELECT n, (CASE WHEN n = 2 THEN NULL ELSE '{"a": [1.5, "ü", null]}'::jsonb END)::text FROM generate_series(1, %s) n"""
    found = await bound.columns(("n", "document"), ("document",), query, (3,))
    document = {"a": [1.5, "ü", None]}
    assert list(found) == [{"n": 1, "document": document}, {"n": 2, "document": None}, {"n": 3, "document": document}]
    assert (len(found), found[-1], list(found[::-1])) == (3, list(found)[2], list(found)[::-1])
    none = await bound.columns(("n", "document"), ("document",), query, (0,))
    assert (len(none), list(none), none.columns["document"]) == (0, [], [])
    with pytest.raises(IndexError):
        none[0]


async def test_a_statement_that_takes_too_long_is_not_the_others_fault(settings: Settings, workspace: UUID) -> None:
    async with reading_pool(prepared_database(settings), APP, size=1) as pool:
        async with pool.connection() as connection:
            await connection.execute("SET statement_timeout = '200ms'")
        bound = Bindings(pool).of(workspace)
        asked = ["SELECT 1 AS n", "SELECT pg_sleep(5)", "SELECT 2 AS n"]
        one, slow, two = await asyncio.gather(*(bound.rows(each) for each in asked), return_exceptions=True)
        assert (one, two) == ([{"n": 1}], [{"n": 2}])
        assert isinstance(slow, Unavailable)
