"""Sessions: where a person is signed in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from umt.domain.recorded import Actor, ActorKind
from umt.domain.secret import Secret
from umt.domain.workspace import Role


class Membership(msgspec.Struct, frozen=True):
    """One workspace of an account: who the person is there, and as what."""

    workspace: UUID
    user: UUID
    role: Role

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.USER, str(self.user))


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as signing in answers it: its tokens, shown once, and for whom they speak."""

    id: UUID
    token: Secret
    expires_at: datetime
    refresh_token: Secret
    refresh_expires_at: datetime
    user: UUID
    workspace: UUID
    role: Role
    position: int = 0


class OpenSession(msgspec.Struct, frozen=True):
    """A session that has not ended. ``client`` is what the program calls itself, ``used_at`` when it last got a token."""

    id: UUID
    workspace: UUID
    client: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
