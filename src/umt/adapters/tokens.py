"""Access tokens as JWTs: RFC 7519 by the profile of RFC 9068, signed with Ed25519 (RFC 8037, RFC 9864)."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple
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
_MOST_READ: Final = 10_000
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: UUID
    ws: UUID
    sid: UUID
    iat: int
    exp: int
    jti: str


class _Read(NamedTuple):
    """A token whose signature holds, and the key that it was verified with."""

    claims: _Claims
    kid: str
    key: OKPKey


class _UnknownKey(JoseError):
    error = "unknown_key"


class SignedTokens:
    """Implements `umt.application.identity.AccessTokens`. ``lifetime`` is in seconds, ``now`` the time since the epoch."""

    def __init__(self, keys: SigningKeys, issuer: str, lifetime: float, now: Callable[[], float] = time.time) -> None:
        self._keys, self._issuer, self._lifetime, self._now = keys, issuer, lifetime, now
        self._read: dict[bytes, _Read] = {}
        """What was verified already, by the token's SHA-256: a client sends the same one for minutes."""

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
        if len(token) > _LONGEST or not _SHAPE.fullmatch(token):
            return None
        proof = hashlib.sha256(token.encode()).digest()
        read = self._read.get(proof)
        if read is None or self._keys.verifying(read.kid) is not read.key:
            read = self._verified(token)
            if read is None:
                return None
            if len(self._read) >= _MOST_READ:
                self._read.clear()
            self._read[proof] = read
        claims, now = read.claims, self._now()
        if not claims.iat - _SKEW_SECONDS <= now < claims.exp + _SKEW_SECONDS:
            return None
        return AccessClaims(claims.sub, claims.ws, claims.sid)

    def _verified(self, token: str) -> _Read | None:
        """What a token says that we signed; whether it is still valid is asked each time."""
        if not all(map(_canonical, token.split("."))):
            return None
        try:
            decoded = jwt.decode(token, self._key, algorithms=[_ALGORITHM])
            claims = msgspec.convert(decoded.claims, _Claims)
        except (JoseError, msgspec.ValidationError, ValueError, TypeError, RecursionError):
            return None
        kid = str(decoded.header.get("kid"))
        key = self._keys.verifying(kid)
        if key is None or decoded.header != {"alg": _ALGORITHM, "typ": _TYPE, "kid": kid} or claims.iss != self._issuer:
            return None
        return _Read(claims, kid, key)

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
