"""Access tokens as JWTs: RFC 7519 by the profile of RFC 9068, signed with Ed25519 (RFC 8037, RFC 9864)."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey

from umt.application.identity.access import AccessClaims
from umt.application.signing import SigningKeys
from umt.domain.secret import Secret

_ALGORITHM: Final = "Ed25519"
_TYPE: Final = "at+jwt"
_LONGEST: Final = 2048
_SKEW_SECONDS: Final = 5
"""How far the clocks of our own processes may be apart."""
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: UUID
    ws: UUID
    sid: UUID
    iat: int
    exp: int
    jti: str


class _UnknownKey(JoseError):
    error = "unknown_key"


class SignedTokens:
    """Implements `umt.application.identity.AccessTokens`. ``lifetime`` is in seconds, ``now`` the time since the epoch."""

    def __init__(self, keys: SigningKeys, issuer: str, lifetime: float, now: Callable[[], float] = time.time) -> None:
        self._keys, self._issuer, self._lifetime, self._now = keys, issuer, lifetime, now

    def issue(self, claims: AccessClaims) -> tuple[Secret, datetime]:
        key, now = self._keys.signing(), int(self._now())
        expires_at = now + max(int(self._lifetime), 1)
        token = jwt.encode(
            {"alg": _ALGORITHM, "typ": _TYPE, "kid": key.kid},
            {
                "iss": self._issuer,
                "sub": str(claims.user),
                "ws": str(claims.workspace),
                "sid": str(claims.session),
                "iat": now,
                "exp": expires_at,
                "jti": uuid4().hex,
            },
            key,
            algorithms=[_ALGORITHM],
        )
        return Secret(token), datetime.fromtimestamp(expires_at, UTC)

    def read(self, token: str) -> AccessClaims | None:
        if len(token) > _LONGEST or not _SHAPE.fullmatch(token) or not all(map(_canonical, token.split("."))):
            return None
        try:
            decoded = jwt.decode(token, self._key, algorithms=[_ALGORITHM])
            claims = msgspec.convert(decoded.claims, _Claims)
        except (JoseError, msgspec.ValidationError, ValueError, TypeError, RecursionError):
            return None
        header = decoded.header
        if header != {"alg": _ALGORITHM, "typ": _TYPE, "kid": header.get("kid")} or claims.iss != self._issuer:
            return None
        now = self._now()
        if not claims.iat - _SKEW_SECONDS <= now < claims.exp + _SKEW_SECONDS:
            return None
        return AccessClaims(claims.sub, claims.ws, claims.sid)

    def _key(self, token: GuestProtocol) -> OKPKey:
        kid = token.headers().get("kid")
        key = self._keys.verifying(kid) if isinstance(kid, str) and len(kid) <= 200 else None
        if key is None:
            raise _UnknownKey("There is no such key.")
        return key


def _canonical(part: str) -> bool:
    """Whether this is the one spelling of its bytes: unused bits of the last letter could be anything else."""
    try:
        return (
            base64.urlsafe_b64encode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))).rstrip(b"=")
            == part.encode()
        )
    except ValueError:
        return False
