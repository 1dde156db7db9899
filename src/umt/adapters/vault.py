"""The vault: AES-256-GCM under keys that one master key wraps.

Sealed form: 12 random bytes of nonce, then ciphertext and tag; what it belongs to is authenticated with it, so that
a sealed text moved elsewhere does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class VaultError(Exception):
    """The master key is unusable, or a sealed text does not open with it."""


class Vault:
    """Seals and opens under the master key, and makes keyed hashes for look-ups."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != 32:
            raise VaultError("The master key must be 32 bytes; give UMT_MASTER_KEY as base64 of 32 random bytes.")
        self._cipher = AESGCM(_derived(master_key, b"wrap"))
        self._index_key = _derived(master_key, b"index")

    def seal(self, plain: bytes, belongs_to: str) -> bytes:
        return _seal(self._cipher, plain, belongs_to)

    def open(self, sealed: bytes, belongs_to: str) -> bytes:
        try:
            return _open(self._cipher, sealed, belongs_to)
        except InvalidTag as error:
            raise VaultError(f"{belongs_to} was sealed under another master key, or was altered.") from error

    def index(self, text: str) -> bytes:
        """A keyed hash (HMAC-SHA-256): equal texts give equal hashes, which say nothing without the key."""
        return hmac.digest(self._index_key, text.encode(), hashlib.sha256)


class SubjectKeys(Protocol):
    """Where each person's data key lies."""

    def wrapped(self, subject: UUID) -> bytes | None: ...

    def store(self, subject: UUID, sealed: bytes) -> None: ...


class PersonalCipher:
    """Seals personal texts under their subject's key; a subject whose key is gone reads as None."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys: dict[UUID, AESGCM] = {}

    def seal(self, text: str, subject: UUID, keys: SubjectKeys) -> str:
        cipher = self._key(subject, keys)
        if cipher is None:
            fresh = AESGCM.generate_key(256)
            keys.store(subject, self._vault.seal(fresh, f"subject/{subject}"))
            cipher = AESGCM(fresh)
        return base64.b64encode(_seal(cipher, text.encode(), str(subject))).decode()

    def open(self, sealed: str, subject: UUID, keys: SubjectKeys) -> str | None:
        cipher = self._key(subject, keys)
        if cipher is None:
            return None
        try:
            return _open(cipher, base64.b64decode(sealed), str(subject)).decode()
        except InvalidTag as error:
            raise VaultError(f"A text about {subject} was altered, or belongs to somebody else.") from error

    def forget(self, subject: UUID) -> None:
        """Use a key no longer: it was not stored after all, or was destroyed."""
        self._keys.pop(subject, None)

    def _key(self, subject: UUID, keys: SubjectKeys) -> AESGCM | None:
        if (known := self._keys.get(subject)) is not None:
            return known
        wrapped = keys.wrapped(subject)
        if wrapped is None:
            return None
        cipher = AESGCM(self._vault.open(wrapped, f"subject/{subject}"))
        if len(self._keys) > 10_000:
            self._keys.clear()
        self._keys[subject] = cipher
        return cipher


def master_key_from(text: str | None, file: Path) -> bytes:
    """The key from the setting (base64), else from the file, which is made at the first start with mode 0600."""
    if text:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise VaultError("UMT_MASTER_KEY is not base64 of 32 random bytes.") from error
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as fresh:
            fresh.write(base64.b64encode(AESGCM.generate_key(256)))
            fresh.flush()
            os.fsync(fresh.fileno())
    except FileExistsError:
        pass
    return base64.b64decode(file.read_bytes())


def _derived(master_key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(master_key, b"umt/" + purpose, hashlib.sha256)


def _seal(cipher: AESGCM, plain: bytes, belongs_to: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + cipher.encrypt(nonce, plain, belongs_to.encode())


def _open(cipher: AESGCM, sealed: bytes, belongs_to: str) -> bytes:
    return cipher.decrypt(sealed[:12], sealed[12:], belongs_to.encode())
