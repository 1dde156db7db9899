"""Where accounts and sessions are kept: the port."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from umt.application.identity.session import Membership, OpenSession
from umt.domain.workspace import Role


class SignIn(msgspec.Struct, frozen=True):
    """An account and the workspaces that it is a member of; at least one, the one it was made in first."""

    account: UUID
    password_hash: str
    memberships: tuple[Membership, ...]

    def __repr__(self) -> str:
        return f"SignIn({self.account})"


class OwnAccount(msgspec.Struct, frozen=True):
    """A member's own account."""

    account: UUID
    address_index: bytes
    password_hash: str

    def __repr__(self) -> str:
        return f"OwnAccount({self.account})"


class Refresh(StrEnum):
    """What became of a refresh token that was presented."""

    REFRESHED = "refreshed"
    RACED = "raced"
    """It was used up by a request at the same time."""
    REUSED = "reused"
    """It had been used before; its session has now ended."""
    REFUSED = "refused"
    """There is no such token, or its session has ended or expired."""


class Refreshed(msgspec.Struct, frozen=True):
    """The outcome, and the session unless it was refused; its ``role`` and ``expires_at`` once refreshed."""

    outcome: Refresh
    session: UUID | None = None
    workspace: UUID | None = None
    user: UUID | None = None
    role: Role | None = None
    expires_at: datetime | None = None


class SessionStore(Protocol):
    """Accounts, sessions, refresh tokens and wrong passwords; each call is one statement, done wholly or not at all."""

    async def sign_in(self, address_index: bytes) -> SignIn | None:
        """The account of an address; None if there is none, or it is a member of nothing."""
        ...

    async def own_account(self, workspace: UUID, user: UUID) -> OwnAccount | None:
        """The account of a member."""
        ...

    async def rehash(self, account: UUID, old: str, new: str) -> None:
        """Replace the hash of a password by another hash of the same one."""
        ...

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
        """Open a session of a member (workspace, user) who proved to know the password of the hash ``proven``.

        The answer is when it expires; None if the membership or that password is gone by now.
        """
        ...

    async def role(self, session: UUID, workspace: UUID, user: UUID) -> Role | None:
        """The member's role now; None if the session has ended or expired, or they are a member no more."""
        ...

    async def refresh(self, presented: bytes, fresh: bytes, waited: Callable[[], float]) -> Refreshed:
        """Use up a refresh token (by hash) for a fresh one. It arrived here ``waited()`` seconds ago, asked last."""
        ...

    async def session_of(self, refresh_hash: bytes) -> UUID | None:
        """The session that a refresh token belongs or belonged to."""
        ...

    async def memberships(self, session: UUID) -> list[Membership]:
        """The memberships of a session's account, the one it was made in first."""
        ...

    async def of_account(self, session: UUID) -> list[OpenSession]:
        """The open sessions of a session's account, newest first."""
        ...

    async def end(self, by: UUID, which: UUID | None, why: str) -> list[tuple[UUID, UUID]]:
        """End a session of the account that the open session ``by`` is of, or all of them; of each, workspace and user."""
        ...

    async def count_attempt(self, pair: bytes, place: bytes, address: bytes, address_index: bytes) -> float:
        """Count an attempt as failed in advance; seconds to wait if it may not even be made, 0 if it may."""
        ...

    async def attempt_succeeded(self, pair: bytes, place: bytes, address: bytes) -> None:
        """The attempt counted before was none of a stranger."""
        ...
