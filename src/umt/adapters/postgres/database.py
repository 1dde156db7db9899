"""Connections: one URL, and the role that each part of the program works in."""

from __future__ import annotations

import time
from functools import cache
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

OWNER: Final = "umt_owner"
APP: Final = "umt_app"
WORKER: Final = "umt_worker"
_IDLE_SECONDS: Final = 0.5
"""After so long in the pool a connection is asked whether it lives."""


def conninfo(url: str, role: str, application: str = "umt", **settings: Any) -> str:
    """The URL with the role as the session's own default, so that a RESET does not leave it; and with other settings."""
    given = conninfo_to_dict(url)
    wanted = {"role": role, "search_path": "umt,jobs", "TimeZone": "UTC", **settings}
    options = [str(given.get("options") or ""), *(f"-c {name}={value}" for name, value in wanted.items())]
    return make_conninfo(
        url,
        options=" ".join(options).strip(),
        application_name=given.get("application_name") or application,
        connect_timeout=given.get("connect_timeout") or 10,
    )


def connect(
    url: str, role: str, *, autocommit: bool = True, application: str = "umt", **settings: Any
) -> psycopg.Connection[TupleRow]:
    """A connection that works in the role, with other settings of its session."""
    return psycopg.connect(conninfo(url, role, application, **settings), autocommit=autocommit)


class _Alive:
    """Asks the server whether a connection lives only if that is not known from a moment ago: a round trip less."""

    def __init__(self) -> None:
        self._used: WeakKeyDictionary[psycopg.AsyncConnection[TupleRow], float] = WeakKeyDictionary()

    async def used(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        """It came back to the pool."""
        self._used[connection] = time.monotonic()

    async def check(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        """Raises psycopg's OperationalError for one that is dead."""
        if time.monotonic() - self._used.get(connection, 0.0) > _IDLE_SECONDS:
            await AsyncConnectionPool.check_connection(connection)


def reading_pool(url: str, role: str, *, size: int) -> AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]:
    """At most ``size`` asynchronous connections, on which each statement is a transaction of its own; opened by its user."""
    alive = _Alive()

    async def quick(connection: psycopg.AsyncConnection[TupleRow]) -> None:
        set_json_loads(msgspec.json.decode, connection)

    return AsyncConnectionPool(
        # Many ask at once, so that one who takes several processors takes them from the others.
        conninfo(url, role, max_parallel_workers_per_gather=0),
        kwargs={"autocommit": True},
        min_size=1,
        max_size=size,
        open=False,
        timeout=10,
        configure=quick,
        check=alive.check,
        reset=alive.used,
    )


@cache
def function_call(name: str, arguments: int) -> bytes:
    """The call of a function of the schema umt, with so many arguments: all that may be asked before a workspace is
    known."""
    places = sql.SQL(", ").join([sql.Placeholder()] * arguments)
    return sql.SQL("SELECT * FROM {}({})").format(sql.Identifier("umt", name), places).as_bytes()


async def bind(connection: psycopg.AsyncConnection[Any], workspace: UUID) -> None:
    """Bind the open transaction, or the open pipeline, to a workspace; row security shows nothing of any other."""
    await connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(workspace),))
