"""Access tokens: what one says, and the port that makes and reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from umt.domain.secret import Secret


class AccessClaims(msgspec.Struct, frozen=True):
    """Whose token it is: a user of a workspace, in a session."""

    user: UUID
    workspace: UUID
    session: UUID


class AccessTokens(Protocol):
    """Short-lived tokens that are checked without being kept."""

    def issue(self, claims: AccessClaims) -> tuple[Secret, datetime]:
        """A token, and until when it is valid."""
        ...

    def read(self, token: str) -> AccessClaims | None:
        """What a token says; None if it is not one of ours, not valid yet or not any more."""
        ...
