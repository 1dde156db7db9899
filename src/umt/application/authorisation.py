"""Authorisation, asked once for every command and every query where they are dispatched; nowhere else.

What is permitted to whom is the table in permissions.py.
"""

from __future__ import annotations

from umt.application.errors import Forbidden
from umt.application.permissions import Permission, allows
from umt.application.security_events import NoSecurityLog, SecurityEvent, SecurityEventKind, SecurityLog
from umt.application.transaction import Context


class Authorisation:
    """Refuses what the table does not allow, and notes what it refused."""

    def __init__(self, security_log: SecurityLog | None = None) -> None:
        self._log = security_log or NoSecurityLog()

    def require(self, permission: Permission, context: Context) -> None:
        """Nothing if the actor has the permission; Forbidden if not."""
        if allows(permission, context):
            return
        self._log.record(
            SecurityEvent(
                kind=SecurityEventKind.ACCESS_REFUSED,
                workspace=context.workspace,
                actor=str(context.actor),
                address=context.address,
                detail=permission,
            )
        )
        raise Forbidden(permission)
