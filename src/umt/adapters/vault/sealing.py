"""The sealed form: 12 random bytes of nonce, then ciphertext and tag (AES-256-GCM, NIST SP 800-38D).

What a sealed text belongs to is authenticated with it, so that one that was moved elsewhere does not open.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class VaultError(Exception):
    """A master key is unusable or not at hand, or a sealed text does not open."""


def fresh_key() -> bytes:
    """32 random bytes."""
    return AESGCM.generate_key(256)


def seal(cipher: AESGCM, plain: bytes, belongs_to: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + cipher.encrypt(nonce, plain, belongs_to.encode())


def unseal(cipher: AESGCM, sealed: bytes, belongs_to: str) -> bytes | None:
    """The plain bytes; None if they were sealed under another key, for something else, or altered."""
    try:
        return cipher.decrypt(sealed[:12], sealed[12:], belongs_to.encode())
    except (InvalidTag, ValueError):
        return None
