"""Connections of an asynchronous pool, lent for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from umt.adapters.postgres.source import AWAY
from umt.application.errors import Unavailable


@asynccontextmanager
async def borrowed(pool: AsyncConnectionPool[Any]) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection, or Unavailable while the database is away.

    One whose borrower was cancelled is closed: the server may still be about to cancel what runs on it, which would
    then be somebody else's statement. A cancellation that meets the very moment at which the pool hands a connection
    over is lost there, so it is looked for.
    """
    try:
        async with pool.connection() as connection:
            try:
                if (task := asyncio.current_task()) and task.cancelling():
                    raise asyncio.CancelledError
                yield connection
            except asyncio.CancelledError:
                await connection.close()
                raise
    except AWAY as error:
        raise Unavailable("The database cannot be reached; try again in a moment.") from error
