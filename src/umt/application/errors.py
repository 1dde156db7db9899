"""Why a request is refused before anything is decided.

::

    ApplicationError
    ├── Unauthenticated      there is no valid credential
    ├── Forbidden            the actor may not do this
    ├── CsrfRefused          a foreign page may have made a browser send it
    ├── Throttled            too many requests or attempts; ``retry_after`` seconds say when to come back
    ├── IdempotencyConflict  the key was used for another request
    ├── StaleRead            the read models do not show what was asked for (application/queries.py)
    └── Unavailable          the database cannot be reached now
"""

from __future__ import annotations

from typing import ClassVar

from umt.application.permissions import Permission


class ApplicationError(Exception):
    """A request was refused before anything was decided."""

    code: ClassVar[str] = "UNAVAILABLE"


class Unauthenticated(ApplicationError):
    """There is no valid credential, or address and password do not fit."""

    code = "UNAUTHENTICATED"


class Forbidden(ApplicationError):
    """The actor may not do this."""

    code = "FORBIDDEN"

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        super().__init__(f"This needs the permission {permission}, which you do not have in this workspace.")


class CsrfRefused(ApplicationError):
    """A request that is authenticated by cookies may have been sent by a foreign page."""

    code = "FORBIDDEN"


class Throttled(ApplicationError):
    """Too many requests or attempts: come back after ``retry_after`` seconds."""

    code = "THROTTLED"

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class IdempotencyConflict(ApplicationError):
    """The key was used for another request."""

    code = "CONFLICT"

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key {key!r} was used for another request; use a fresh key.")


class Unavailable(ApplicationError):
    """The database cannot be reached now."""
