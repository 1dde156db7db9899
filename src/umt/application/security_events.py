"""What happened at the gates: who signed in, who was refused what. Auditors of a workspace read it; it is no domain event."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec


class SecurityEventKind(StrEnum):
    """What happened."""

    LOGIN_SUCCEEDED = "login_succeeded"
    LOGIN_FAILED = "login_failed"
    LOGIN_BLOCKED = "login_blocked"
    LOGGED_OUT = "logged_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    REFRESH_REUSED = "refresh_reused"
    CREDENTIAL_REFUSED = "credential_refused"
    CSRF_REFUSED = "csrf_refused"
    ACCESS_REFUSED = "access_refused"
    API_KEY_USED = "api_key_used"
    RATE_LIMITED = "rate_limited"
    EVENTS_DROPPED = "events_dropped"


class SecurityEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, or several that are alike and happened soon after each other.

    ``workspace`` is None where no tenant is known, as of a wrong token. ``actor`` as in events (``user:<id>``),
    ``address`` where the request came from, ``detail`` which permission, route or key id; never a name, an e-mail
    address or anything that opens something.
    """

    kind: SecurityEventKind
    workspace: UUID | None = None
    actor: str | None = None
    address: str | None = None
    detail: str = ""


class NotedEvent(msgspec.Struct, frozen=True):
    """Alike events of one minute as they are kept: ``count`` of them, between ``first_at`` and ``last_at``."""

    id: UUID
    workspace: UUID | None
    kind: SecurityEventKind
    actor: str | None
    address: str | None
    detail: str
    count: int
    first_at: datetime
    last_at: datetime


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which of them are asked for; None is no condition. ``actors`` is one of these, ``since`` is within, ``until`` no more."""

    kind: SecurityEventKind | None = None
    actor: str | None = None
    actors: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


class SecurityLog(Protocol):
    """Where they go."""

    def record(self, event: SecurityEvent) -> None:
        """Note it; never waits and never fails."""
        ...


class NoSecurityLog:
    """Keeps nothing; for what runs without a system."""

    def record(self, event: SecurityEvent) -> None:
        pass
