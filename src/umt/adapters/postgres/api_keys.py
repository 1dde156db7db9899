"""API keys as requests bring them: whose they are, by one round trip in the application's role."""

from __future__ import annotations

import logging
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from umt.adapters.postgres.borrowing import borrowed
from umt.application.dispatch import Writer
from umt.application.errors import Unauthenticated, Unavailable
from umt.application.opaque_tokens import digest
from umt.application.permissions import Permission
from umt.application.security_events import NoSecurityLog, SecurityEvent, SecurityEventKind, SecurityLog
from umt.application.transaction import Context, Transaction
from umt.domain import api_key
from umt.domain.api_key import ApiKey
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role

log = logging.getLogger(__name__)

MOST_REMEMBERED: Final = 10_000
"""Pairs of a key and an address whose use in this hour is known; with more, the oldest is told of again."""


class PostgresApiKeys:
    """Implements `umt.application.identity.ApiKeys`."""

    def __init__(self, pool: AsyncConnectionPool[Any], writer: Writer, security_log: SecurityLog | None = None) -> None:
        self._pool, self._writer, self._log = pool, writer, security_log or NoSecurityLog()
        self._seen: OrderedDict[tuple[UUID, str | None], datetime] = OrderedDict()

    async def context_of_key(self, key: str, address: str | None) -> Context:
        """Who speaks with this key: the key as actor, its holder as principal, with the holder's role cut to the key's
        scopes. Unauthenticated for one that is unknown, expired or revoked, or whose holder or maker is no member any
        more."""
        async with borrowed(self._pool) as connection:
            cursor = await connection.execute(
                "SELECT id, workspace, holder, made_by, role, scopes, first_in_hour FROM umt.authenticate_key(%s)",
                (digest(key),),
            )
            row = await cursor.fetchone()
        if row is None:
            raise Unauthenticated("The API key is not valid, was revoked or has expired.")
        identifier, workspace, holder, maker, role, scopes, first_in_hour = row
        known = set(Permission)
        context = Context(
            workspace=workspace,
            actor=Actor(ActorKind.API_KEY, str(identifier)),
            role=Role(role),
            principal=holder,
            maker=maker,
            scopes=tuple(Permission(scope) for scope in scopes if scope in known),
            address=address,
        )
        now = datetime.now(UTC)
        if first_in_hour:
            self._note_use(context, identifier, now)
        self._tell(context, identifier, now)
        return context

    def _note_use(self, context: Context, identifier: UUID, now: datetime) -> None:
        """An event for the first use in an hour; nobody waits for it, and one that fails is only late by an hour."""

        def work(tx: Transaction) -> None:
            tx.decide(ApiKey, identifier, api_key.use, now)

        def noted(future: Future[Any]) -> None:
            if error := future.exception():
                log.warning("the use of API key %s was not noted: %s", identifier, type(error).__name__)

        with suppress(Unavailable):
            self._writer.run(Context(workspace=context.workspace, actor=context.actor), work).add_done_callback(noted)

    def _tell(self, context: Context, identifier: UUID, now: datetime) -> None:
        """A security event for the first use in an hour from an address."""
        seen, hour = (identifier, context.address), now.replace(minute=0, second=0, microsecond=0)
        if self._seen.get(seen) == hour:
            return
        self._seen[seen] = hour
        self._seen.move_to_end(seen)
        while len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        self._log.record(
            SecurityEvent(
                kind=SecurityEventKind.API_KEY_USED,
                workspace=context.workspace,
                actor=str(context.actor),
                address=context.address,
                detail=str(identifier),
            )
        )
