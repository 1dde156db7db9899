"""What is asked of the database about one person. Each runs on a connection that is bound to the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from umt.adapters.postgres.erasure import ERASURES, erasure
from umt.adapters.postgres.log import COLUMNS
from umt.adapters.postgres.mapper import EventMapper
from umt.application.privacy.register import Erasure
from umt.application.privacy.subject import SignedIn
from umt.domain.recorded import Recorded

Connection = psycopg.AsyncConnection[Any]

_SESSIONS: Final = (
    "SELECT client, created_at, used_at, expires_at, ended_at, ended_by FROM umt.session"
    " WHERE workspace = %s AND user_id = %s ORDER BY created_at, id"
)
_KEYS: Final = (
    "SELECT id FROM umt.api_key WHERE workspace = %(workspace)s AND %(person)s IN (holder, made_by)"
    " UNION SELECT substring(actor FROM '^api_key:(.*)')::uuid FROM umt.erasure, unnest(actors) AS actor"
    " WHERE workspace = %(workspace)s AND subject = %(person)s AND actor LIKE 'api_key:%%' ORDER BY 1"
)
_EVENTS: Final = (
    f"SELECT {COLUMNS} FROM umt.event"  # noqa: S608 - a constant
    " WHERE workspace = %(workspace)s AND position > %(after)s AND (stream = %(person)s"
    "  OR position(%(mentioned)s::bytea IN body) > 0"
    "  OR EXISTS (SELECT FROM unnest(%(actors)s::bytea[]) a WHERE substring(metadata FROM 1 FOR length(a)) = a))"
    " ORDER BY position LIMIT %(limit)s"
)
"""Events by a person (canonical metadata begins with the actor), of their stream, or that name them."""
_PAGE_OF_ERASURES: Final = f"{ERASURES} WHERE workspace = %s AND sequence > %s ORDER BY sequence LIMIT %s"


async def sessions_of(connection: Connection, workspace: UUID, person: UUID) -> list[SignedIn]:
    found = await connection.execute(_SESSIONS, (workspace, person))
    return [SignedIn(*row) for row in await found.fetchall()]


async def keys_of(connection: Connection, workspace: UUID, person: UUID) -> list[UUID]:
    """The API keys that a person ever held or made, those of who was erased, too."""
    found = await connection.execute(_KEYS, {"workspace": workspace, "person": person})
    return [row[0] for row in await found.fetchall()]


async def events_of(
    connection: Connection,
    mapper: EventMapper,
    workspace: UUID,
    person: UUID,
    keys: Sequence[UUID],
    after: int,
    limit: int,
) -> list[Recorded]:
    values = {
        "workspace": workspace,
        "person": person,
        "after": after,
        "limit": limit,
        "mentioned": str(person).encode(),
        "actors": [_actor("user", person), *(_actor("api_key", key) for key in keys)],
    }
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_EVENTS, values)
        return [mapper.recorded(row) for row in await cursor.fetchall()]


async def erasures_in(connection: Connection, workspace: UUID, after: int, limit: int) -> list[Erasure]:
    found = await connection.execute(_PAGE_OF_ERASURES, (workspace, after, limit))
    return [erasure(row) for row in await found.fetchall()]


def _actor(kind: str, identifier: UUID) -> bytes:
    """How the metadata of what an actor did begins."""
    return f'{{"actor":{{"id":"{identifier}","kind":"{kind}"}}'.encode()
