"""Tokens that say nothing by themselves: 256 random bits, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from umt.domain.secret import Secret

INVITATION_PREFIX: Final = "umti_"


def fresh(prefix: str) -> Secret:
    """A new token: the prefix says what it is for, and 43 characters of base64url follow."""
    return Secret(prefix + secrets.token_urlsafe(32))


def digest(token: str) -> bytes:
    """What is kept of a token: its SHA-256. The token holds more than can be guessed, so that needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
