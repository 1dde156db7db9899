"""Texts about people, each under the key of whom it is about."""

from __future__ import annotations

import base64
import threading
import time
from math import inf
from typing import Final, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from umt.adapters.vault.keys import Vault
from umt.adapters.vault.sealing import VaultError, fresh_key, seal, unseal

LEASE_SECONDS: Final = 10.0
"""How long after it last looked for erasures a process may use keys that it has in memory."""

_MOST_KEYS: Final = 10_000


def lease_clock() -> float:
    """Seconds by a clock that never stands still: not for a stopped process, nor while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class SubjectKeys(Protocol):
    """Where each person's data key lies."""

    def wrapped(self, subject: UUID) -> bytes | None: ...

    def store(self, subject: UUID, sealed: bytes) -> None: ...


class Lease(Protocol):
    """Until when keys in memory may be used, by `lease_clock`: whoever holds them looks for erasures again and again."""

    @property
    def until(self) -> float: ...


class Unlimited:
    """The lease of a cipher whose subjects nobody erases."""

    until: float = inf


class PersonalCipher:
    """Seals personal texts under their subject's key; a subject whose key is gone reads as None.

    Keys are kept in memory as long as the lease holds. After it they are looked up anew each time, so that a process
    that was stopped or cut off does not open what was erased meanwhile.
    """

    def __init__(self, vault: Vault, lease: Lease | None = None) -> None:
        self._vault, self._lease = vault, lease or Unlimited()
        self._keys: dict[UUID, AESGCM] = {}
        self._lock = threading.Lock()
        self._forgotten = 0
        """Counts what was forgotten, so that a key which was looked up meanwhile is not used."""

    def seal(self, text: str, subject: UUID, keys: SubjectKeys) -> str:
        cipher, _, _ = self._key(subject, keys)
        if cipher is None:
            fresh = fresh_key()
            keys.store(subject, self._vault.seal(fresh, subject_name(subject)))
            cipher = AESGCM(fresh)
        return base64.b64encode(seal(cipher, text.encode(), str(subject))).decode()

    def open(self, sealed: str, subject: UUID, keys: SubjectKeys) -> str | None:
        stored = base64.b64decode(sealed)
        while True:
            cipher, until, forgotten = self._key(subject, keys)
            if cipher is None:
                return None
            with self._lock:
                if forgotten != self._forgotten or lease_clock() > until:
                    continue
                plain = unseal(cipher, stored, str(subject))
            if plain is None:
                raise VaultError(f"A text about {subject} was altered, or belongs to somebody else.")
            return plain.decode()

    def forget(self, subject: UUID | None = None) -> None:
        """Use a key no longer, or none of them: it was not stored after all, or was destroyed."""
        with self._lock:
            self._forgotten += 1
            if subject is None:
                self._keys.clear()
            else:
                self._keys.pop(subject, None)

    def _key(self, subject: UUID, keys: SubjectKeys) -> tuple[AESGCM | None, float, int]:
        """The subject's key, until when it may be used, and what was forgotten when it was looked for."""
        until = self._lease.until
        with self._lock:
            forgotten = self._forgotten
            now = lease_clock()
            if now > until:
                self._keys.clear()
            elif (known := self._keys.get(subject)) is not None:
                return known, until, forgotten
        wrapped = keys.wrapped(subject)
        if wrapped is None:
            return None, until, forgotten
        cipher = AESGCM(self._vault.open(wrapped, subject_name(subject)))
        with self._lock:
            if forgotten == self._forgotten and lease_clock() <= until:
                if len(self._keys) >= _MOST_KEYS:
                    self._keys.clear()
                self._keys[subject] = cipher
        return cipher, now + LEASE_SECONDS, forgotten


def subject_name(subject: UUID) -> str:
    """What a subject's wrapped key belongs to."""
    return f"subject/{subject}"
