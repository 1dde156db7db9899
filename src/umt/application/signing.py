"""The keys that access tokens are signed with: the port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from joserfc.jwk import OKPKey


class SigningKeys(Protocol):
    """Ed25519 keys (RFC 8037), each with a key id (`kid`); lookups answer from memory but for an unknown key id.

    Any process's new key is known by the others before it signs, and stays until what it signed has expired.
    """

    def signing(self) -> OKPKey:
        """The key to sign with now: private, with its `kid`."""
        ...

    def verifying(self, kid: str) -> OKPKey | None:
        """The public key of that id; None if there is none, or it is no longer published."""
        ...

    def published(self) -> Sequence[dict[str, Any]]:
        """The public keys as JWKs (RFC 7517): kty OKP, crv Ed25519, use sig, alg Ed25519, kid and x."""
        ...
