"""The operator's view of the keys, and how they are changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import sql

from umt.adapters.postgres.key_rotation import WRAPPED, MasterKeyRotation, Rotated
from umt.adapters.signing import KeyState, key_states, make_first, make_next
from umt.adapters.vault import MasterKeys, Vault

_SHOWN = 16
"""Hexadecimal digits of a fingerprint that are shown."""


class KeysStatus(Struct, frozen=True):
    """Where the master key lies and the beginning of its fingerprint, how many rows each table has that it wraps, how
    many credentials are still under it, and the signing keys. No key material."""

    source: str
    fingerprint: str
    wrapped: dict[str, int]
    under_master: int
    signing_keys: list[KeyState]


class KeyKeeping:
    """On a connection of the tables' owner."""

    def __init__(
        self, connection: psycopg.Connection[Any], vault: Vault, masters: MasterKeys, tokens_live: timedelta
    ) -> None:
        self._connection, self._vault, self._masters = connection, vault, masters
        self._tokens_live = tokens_live

    def status(self) -> KeysStatus:
        return KeysStatus(
            self._vault.source,
            self._vault.fingerprint.hex()[:_SHOWN],
            {wrapped.table: self._count(wrapped.table) for wrapped in WRAPPED},
            self._count("secret", under_master=True),
            key_states(self._connection),
        )

    def rotate_master(self, progress: Callable[[str, int], None]) -> Rotated:
        """Bring everything under the next master key. Raises VaultError."""
        return MasterKeyRotation(self._connection, self._vault, self._masters, progress).run()

    def rotate_signing(self) -> KeyState:
        """A new signing key, which signs in a moment; the present one retires then."""
        make_first(self._connection, self._vault, self._tokens_live)
        kid = make_next(self._connection, self._vault, self._tokens_live)
        return next(state for state in key_states(self._connection) if state.kid == kid)

    def _count(self, table: str, *, under_master: bool = False) -> int:
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
            sql.Identifier("umt", table), sql.SQL("sealed_by = 'master'" if under_master else "true")
        )
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0
