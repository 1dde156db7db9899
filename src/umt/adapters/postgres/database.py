"""Connections: one URL, and the role that each part of the program works in."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

OWNER: Final = "umt_owner"
APP: Final = "umt_app"
WORKER: Final = "umt_worker"


def conninfo(url: str, role: str, application: str = "umt") -> str:
    """The URL with the role as the session's own default, so that a RESET does not leave it."""
    given = conninfo_to_dict(url)
    options = f"{given.get('options') or ''} -c role={role} -c search_path=umt,jobs -c TimeZone=UTC".strip()
    return make_conninfo(
        url,
        options=options,
        application_name=given.get("application_name") or application,
        connect_timeout=given.get("connect_timeout") or 10,
    )


def connect(url: str, role: str, *, autocommit: bool = True, application: str = "umt") -> psycopg.Connection[TupleRow]:
    """A connection that works in the role."""
    return psycopg.connect(conninfo(url, role, application), autocommit=autocommit)


def reading_pool(url: str, role: str, *, size: int) -> AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]:
    """At most ``size`` asynchronous connections; opened by its user."""
    return AsyncConnectionPool(
        conninfo(url, role),
        min_size=1,
        max_size=size,
        open=False,
        timeout=10,
        check=AsyncConnectionPool.check_connection,
    )


async def bind(connection: psycopg.AsyncConnection[Any], workspace: UUID) -> None:
    """Bind the open transaction to a workspace; row security shows nothing of any other."""
    await connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(workspace),))
