"""Invitations by their tokens, before any workspace is known."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from umt.adapters.postgres.borrowing import borrowed
from umt.application.joining import FoundInvitation
from umt.application.queries import Reader
from umt.domain.invitation import Invitation


class PostgresInvitations:
    """Implements `umt.application.joining.Invitations`."""

    def __init__(self, pool: AsyncConnectionPool[Any], reader: Reader) -> None:
        self._pool, self._reader = pool, reader

    async def find(self, token_hash: bytes) -> FoundInvitation | None:
        async with borrowed(self._pool) as connection:
            cursor = await connection.execute("SELECT id, workspace FROM umt.invitation_of(%s)", (token_hash,))
            row = await cursor.fetchone()
        if row is None:
            return None
        identifier, workspace = row
        state, _ = await self._reader.state(workspace, Invitation, identifier, None)
        return FoundInvitation(workspace, identifier, state) if state else None
