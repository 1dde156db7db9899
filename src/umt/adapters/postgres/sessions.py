"""Accounts and sessions in PostgreSQL, by functions that the application's role may call, most before a workspace is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from umt.adapters.postgres.borrowing import borrowed
from umt.adapters.postgres.database import bind, function_call
from umt.adapters.postgres.round_trips import round_trip
from umt.adapters.postgres.together import Together
from umt.application.identity.session import Membership, OpenSession
from umt.application.identity.store import OwnAccount, Refresh, Refreshed, SignIn
from umt.domain.workspace import Role

Asked = tuple[UUID, UUID, UUID]
"""A session, its workspace and its user."""


_ROLE: Final = "SELECT umt.session_role(…)"
"""What a span tells of the look-up of roles."""


class PostgresSessions:
    """Implements `umt.application.identity.SessionStore`; each call but one is one statement, and so one round trip."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._roles: Together[Asked, Role | None] = Together(self._roles_now)

    async def sign_in(self, address_index: bytes) -> SignIn | None:
        rows = await self._rows("sign_in", address_index)
        if not rows:
            return None
        account, password_hash = rows[0][:2]
        memberships = [Membership(workspace, user, Role(role)) for _, _, workspace, user, role in rows]
        memberships.sort(key=lambda m: (m.user != account, m.workspace))
        return SignIn(account, password_hash, tuple(memberships))

    async def own_account(self, workspace: UUID, user: UUID) -> OwnAccount | None:
        async with borrowed(self._pool) as connection, connection.transaction():
            await bind(connection, workspace)
            cursor = await connection.execute(function_call("own_account", 1), (user,))
            rows = await cursor.fetchall()
        return OwnAccount(rows[0][0], bytes(rows[0][1]), rows[0][2]) if rows else None

    async def rehash(self, account: UUID, old: str, new: str) -> None:
        await self._value("rehash_password", account, old, new)

    async def open(
        self,
        session: UUID,
        membership: tuple[UUID, UUID],
        proven: str,
        client: str,
        lifetime: timedelta,
        refresh_hash: bytes,
        place: bytes,
    ) -> datetime | None:
        until: datetime | None = await self._value(
            "open_session",
            session,
            *membership,
            proven,
            client,
            lifetime,
            refresh_hash,
            place,
        )
        return until

    async def role(self, session: UUID, workspace: UUID, user: UUID) -> Role | None:
        return await self._roles.of((session, workspace, user))

    async def _roles_now(self, asked: Sequence[Asked]) -> list[Role | None]:
        with round_trip("session_role", lambda: [_ROLE]):
            async with borrowed(self._pool) as connection:
                cursor = await connection.execute(
                    "SELECT umt.session_role(session, workspace, person)"
                    " FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) WITH ORDINALITY"
                    " AS asked (session, workspace, person, number) ORDER BY number",
                    tuple(list(column) for column in zip(*asked, strict=True)),
                )
                return [Role(role) if role else None for (role,) in await cursor.fetchall()]

    async def refresh(self, presented: bytes, fresh: bytes, waited: Callable[[], float]) -> Refreshed:
        async with borrowed(self._pool) as connection:
            cursor = await connection.execute(
                "SELECT * FROM umt.refresh_session(%s, %s, %s)", (presented, fresh, timedelta(seconds=waited()))
            )
            row = await cursor.fetchone()
        assert row
        outcome, session, workspace, user, role, expires_at = row
        return Refreshed(Refresh(outcome), session, workspace, user, Role(role) if role else None, expires_at)

    async def session_of(self, refresh_hash: bytes) -> UUID | None:
        session: UUID | None = await self._value("session_of", refresh_hash)
        return session

    async def memberships(self, session: UUID) -> list[Membership]:
        rows = await self._rows("memberships_of_account", session)
        return [Membership(workspace, user, Role(role)) for workspace, user, role in rows]

    async def of_account(self, session: UUID) -> list[OpenSession]:
        return [OpenSession(*row) for row in await self._rows("sessions_of_account", session)]

    async def end(self, by: UUID, which: UUID | None, why: str) -> list[tuple[UUID, UUID]]:
        return [(workspace, user) for workspace, user in await self._rows("end_sessions", by, which, why)]

    async def count_attempt(self, pair: bytes, place: bytes, address: bytes, address_index: bytes) -> float:
        return float(await self._value("count_attempt", pair, place, address, address_index))

    async def attempt_succeeded(self, pair: bytes, place: bytes, address: bytes) -> None:
        await self._value("attempt_succeeded", pair, place, address)

    async def _rows(self, function: str, *values: Any) -> list[tuple[Any, ...]]:
        async with borrowed(self._pool) as connection:
            cursor = await connection.execute(function_call(function, len(values)), values)
            return await cursor.fetchall()

    async def _value(self, function: str, *values: Any) -> Any:
        (row,) = await self._rows(function, *values)
        return row[0]
