"""ApiKey: lets a program do what its holder may, cut to its scopes, until it expires or is revoked.

The key itself is nowhere in the log; outside it, only its hash is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, InvalidValue
from umt.domain.event import Aggregate, Event, decides
from umt.domain.values import Instant, text


class ApiKey(Aggregate, frozen=True, kw_only=True):
    """A key as it stands. ``holder`` is a member, a person or a service account; ``made_by`` is the member who made it
    and answers for what it does; ``prefix`` is how the key begins."""

    kind: ClassVar[str] = "api_key"
    holder: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    expires_at: Instant
    made_by: UUID | None = None
    revoked: bool = False
    last_used_at: Instant | None = None


class ApiKeyCreated(Event, frozen=True):
    """A key was made by a member and shown, once."""

    holder: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    expires_at: Instant
    by: UUID | None = None

    def evolve(self, _: None) -> ApiKey:
        return ApiKey(
            holder=self.holder,
            name=self.name,
            prefix=self.prefix,
            scopes=self.scopes,
            expires_at=self.expires_at,
            made_by=self.by,
        )


class ApiKeyUsed(Event, frozen=True):
    """The key was used in the hour that began then; noted once an hour."""

    hour: Instant

    def evolve(self, key: ApiKey) -> ApiKey:
        return replace(key, last_used_at=self.hour)


class ApiKeyRevoked(Event, frozen=True):
    """The key opens nothing any more."""

    reason: str

    def evolve(self, key: ApiKey) -> ApiKey:
        return replace(key, revoked=True)


@decides
def create(
    key: ApiKey | None,
    holder: UUID,
    name: str,
    prefix: str,
    scopes: Iterable[str],
    expires_at: datetime,
    by: UUID | None = None,
) -> ApiKeyCreated:
    if key:
        raise AlreadyExists("api_key", key.name)
    scopes = tuple(sorted(set(scopes)))
    if not scopes:
        raise InvalidValue("scopes", "name at least one permission")
    return ApiKeyCreated(holder, text(name, "name", longest=100), prefix, scopes, expires_at, by)


@decides
def use(key: ApiKey, at: datetime) -> ApiKeyUsed | None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    if key.revoked or (key.last_used_at is not None and hour <= key.last_used_at):
        return None
    return ApiKeyUsed(hour)


@decides
def revoke(key: ApiKey, reason: str) -> ApiKeyRevoked | None:
    return None if key.revoked else ApiKeyRevoked(text(reason, "reason", longest=500, empty=True))
