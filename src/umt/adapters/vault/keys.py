"""What the master key wraps, and keyed hashes."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from umt.adapters.vault.master import MasterKeys
from umt.adapters.vault.sealing import VaultError, seal, unseal


class Vault:
    """Seals under the master key that the database is under, and opens under every one at hand.

    A master key that was used once stays usable until the process ends, so that what was read just before a change
    opens just after it. Keys that a change brought are looked for when something does not open.
    """

    def __init__(self, masters: MasterKeys, fingerprint: bytes, index_key: bytes) -> None:
        """``fingerprint`` is that of the master key that the database is under. Raises VaultError without that key."""
        self._masters, self._index_key = masters, index_key
        self._ciphers: dict[bytes, AESGCM] = {}
        self._fingerprint = b""
        self.follow(fingerprint)

    @property
    def source(self) -> str:
        """Where the master key lies: ``environment`` or ``file``."""
        return self._masters.source

    @property
    def fingerprint(self) -> bytes:
        """Of the master key that is sealed under."""
        return self._fingerprint

    def follow(self, fingerprint: bytes) -> None:
        """Seal under the master key with this fingerprint from now on. Raises VaultError if this process does not have
        it."""
        if fingerprint not in self._ciphers:
            self._look_again()
        if fingerprint not in self._ciphers:
            raise VaultError(
                f"This database is under another master key than {self._masters.place} holds; give that one. If it was "
                "changed by UMT_MASTER_KEY and UMT_MASTER_KEY_PREVIOUS, start this process again with both."
            )
        self._fingerprint = fingerprint

    def seal(self, plain: bytes, belongs_to: str) -> bytes:
        return seal(self._ciphers[self._fingerprint], plain, belongs_to)

    def open(self, sealed: bytes, belongs_to: str) -> bytes:
        plain = self._opened(sealed, belongs_to)
        if plain is None:
            self._look_again()
            plain = self._opened(sealed, belongs_to)
        if plain is None:
            raise VaultError(f"{belongs_to} was sealed under another master key, or was altered.")
        return plain

    def renewed(self, sealed: bytes, belongs_to: str) -> bytes:
        """What is sealed, under the master key that is sealed under now."""
        if unseal(self._ciphers[self._fingerprint], sealed, belongs_to) is not None:
            return sealed
        return self.seal(self.open(sealed, belongs_to), belongs_to)

    def index(self, text: str) -> bytes:
        """A keyed hash (HMAC-SHA-256): equal texts give equal hashes, which say nothing without the key. It survives
        a change of the master key."""
        return hmac.digest(self._index_key, text.encode(), hashlib.sha256)

    def _opened(self, sealed: bytes, belongs_to: str) -> bytes | None:
        ciphers = dict(self._ciphers)
        for cipher in (ciphers.pop(self._fingerprint), *ciphers.values()):
            if (plain := unseal(cipher, sealed, belongs_to)) is not None:
                return plain
        return None

    def _look_again(self) -> None:
        found = {fingerprint_of(key): wrapping(key) for key in self._masters.known()}
        self._ciphers = {**found, **self._ciphers}


def fingerprint_of(master_key: bytes) -> bytes:
    """A keyed hash that only this master key gives."""
    return hmac.digest(derived_index_key(master_key), b"umt/master-key", hashlib.sha256)


def derived_index_key(master_key: bytes) -> bytes:
    """The key of keyed hashes in a database from before it had one of its own."""
    return _derived(master_key, b"index")


def wrapping(master_key: bytes) -> AESGCM:
    """The cipher that data keys are wrapped with."""
    return AESGCM(_derived(master_key, b"wrap"))


def _derived(master_key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(master_key, b"umt/" + purpose, hashlib.sha256)
