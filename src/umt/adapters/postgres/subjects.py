"""What is asked of the database about one person. Each is asked of a connection that is bound to the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import sql

from umt.adapters.postgres.bound import Bound
from umt.adapters.postgres.erasure import ERASURE, erasure
from umt.adapters.postgres.listing import ALL, Listing
from umt.application.lists import Order
from umt.application.privacy.register import Erasure
from umt.application.privacy.subject import SignedIn

_SESSIONS: Final = (
    "SELECT client, created_at, used_at, expires_at, ended_at, ended_by FROM umt.session"
    " WHERE workspace = %s AND user_id = %s ORDER BY created_at, id"
)
_KEYS: Final = (
    "SELECT id FROM umt.api_key WHERE workspace = %(workspace)s AND %(person)s IN (holder, made_by)"
    " UNION SELECT substring(actor FROM '^api_key:(.*)')::uuid FROM umt.erasure, unnest(actors) AS actor"
    " WHERE workspace = %(workspace)s AND subject = %(person)s AND actor LIKE 'api_key:%%' ORDER BY 1"
)
_EVENT: Final = sql.Identifier("umt", "event")
_OF_PERSON: Final = sql.SQL(
    "(stream = %s OR position(%s::bytea IN body) > 0"
    " OR EXISTS (SELECT FROM unnest(%s::bytea[]) a WHERE substring(metadata FROM 1 FOR length(a)) = a))"
)
"""Events of a person's stream, that name them, or by them: canonical metadata begins with the actor."""
_ERASURE: Final = sql.Identifier("umt", "erasure")


async def sessions_of(bound: Bound, workspace: UUID, person: UUID) -> list[SignedIn]:
    found = await bound.execute(_SESSIONS, (workspace, person))
    return [SignedIn(*row) for row in await found.fetchall()]


async def keys_of(bound: Bound, workspace: UUID, person: UUID) -> list[UUID]:
    """The API keys that a person ever held or made, those of who was erased, too."""
    found = await bound.execute(_KEYS, {"workspace": workspace, "person": person})
    return [row[0] for row in await found.fetchall()]


def events_of(workspace: UUID, person: UUID, keys: Sequence[UUID], shown: sql.Composable = ALL) -> Listing:
    """The events that a person or one of these keys caused or that say something of the person, in the log's order."""
    listing = Listing.of(_EVENT, {"workspace": workspace}, Order(("position",)), shown=shown)
    acting = [_actor("user", person), *(_actor("api_key", key) for key in keys)]
    return listing.also(_OF_PERSON, person, str(person).encode(), acting)


def erasures_in(workspace: UUID) -> Listing:
    """The workspace's erasures in their order."""
    return Listing.of(_ERASURE, {"workspace": workspace}, Order(("sequence",)), shown=sql.SQL(ERASURE))


def erasure_of(row: Mapping[str, Any]) -> Erasure:
    return erasure(tuple(row.values()))


def _actor(kind: str, identifier: UUID) -> bytes:
    """How the metadata of what an actor did begins."""
    return f'{{"actor":{{"id":"{identifier}","kind":"{kind}"}}'.encode()
