"""Connections of a pool: one whose borrower was cancelled harms nobody after it."""

from __future__ import annotations

import asyncio

import pytest

from umt.adapters.postgres.borrowing import borrowed
from umt.adapters.postgres.database import APP, reading_pool
from umt.bootstrap import prepared_database
from umt.settings import Settings


async def test_what_is_cancelled_is_not_the_next_ones_statement(settings: Settings) -> None:
    async with reading_pool(prepared_database(settings), APP, size=1) as pool:

        async def backend(statement: str) -> int:
            async with borrowed(pool) as connection:
                row = await (await connection.execute(statement)).fetchone()
                assert row
                return int(row[0])

        for pause in (0.0, 0.001, 0.002, 0.005, 0.02):
            before = await backend("SELECT pg_backend_pid()")
            slow = asyncio.create_task(backend("SELECT 1 FROM pg_sleep(30)"))
            await asyncio.sleep(pause)
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            after = [await backend("SELECT pg_backend_pid()") for _ in range(5)]
            if pause > 0.004:  # it had begun
                assert before not in after
