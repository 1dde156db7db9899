"""Wrapped keys in the database, and the vault that opens them.

The database says which master key it is under (`umt.master_key`). Whoever writes something that the master key wraps
holds that key first (`held`), so that nothing is written under a key that was changed meanwhile.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from umt.adapters.vault import MasterKeys, Vault, VaultError
from umt.adapters.vault.keys import derived_index_key, fingerprint_of, wrapping
from umt.adapters.vault.sealing import fresh_key, seal, unseal

Connection = psycopg.Connection[tuple[Any, ...]]

INDEX: Final = "index"
"""The data key of keyed hashes."""

_ROTATION: Final = (7311, 6)
"""The advisory lock of who changes the master key or settles a change."""


def open_vault(connection: Connection, masters: MasterKeys) -> Vault:
    """The vault under the master key that this database was first used with or was brought under; no other one will do.

    At the first use of a database the key is made, if need be, and noted. Raises VaultError.
    """
    with connection.transaction():
        if (fingerprint := held(connection)) is None:
            _use_first(connection, masters.first())
            fingerprint = held(connection)
            assert fingerprint is not None
        keys = {fingerprint_of(key): key for key in masters.known()}
        if not keys:
            raise VaultError(
                "This database was first used with a master key that is not here: set UMT_MASTER_KEY, or bring back "
                f"{masters.place}."
            )
        if fingerprint not in keys:
            raise VaultError(
                f"This database is under another master key than {masters.place} holds; give that one. (A key that "
                "is being changed is given by UMT_MASTER_KEY and, the one before, UMT_MASTER_KEY_PREVIOUS.)"
            )
        vault = Vault(masters, fingerprint, _index_key(connection, keys[fingerprint]))
    settle(connection, masters)
    return vault


def held(connection: Connection) -> bytes | None:
    """The fingerprint of the master key that the database is under, which stays so until the transaction ends; None
    before its first use."""
    row = connection.execute("SELECT umt.hold_master_key()").fetchone()
    return row[0] if row else None


def sealed_now(connection: Connection, vault: Vault, sealed: bytes, belongs_to: str) -> bytes:
    """What was sealed a moment ago, under the master key that stays the database's until the transaction ends."""
    fingerprint = held(connection)
    assert fingerprint is not None
    vault.follow(fingerprint)
    return vault.renewed(sealed, belongs_to)


def workspace_key(connection: Connection, vault: Vault, workspace: UUID) -> AESGCM:
    """The workspace's cipher; its key is made at the first need. On a connection that is bound to the workspace, or
    the owner's."""
    query = "SELECT sealed FROM umt.workspace_key WHERE workspace = %s"
    row = connection.execute(query, (workspace,)).fetchone()
    if row is None:
        name = workspace_name(workspace)
        sealed = sealed_now(connection, vault, vault.seal(fresh_key(), name), name)
        connection.execute(
            "INSERT INTO umt.workspace_key (workspace, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (workspace, sealed),
        )
        row = connection.execute(query, (workspace,)).fetchone()
        assert row
    return workspace_cipher(vault, workspace, row[0])


def workspace_cipher(vault: Vault, workspace: UUID, sealed: bytes) -> AESGCM:
    """A workspace's key as it lies wrapped, ready for use."""
    return AESGCM(vault.open(sealed, workspace_name(workspace)))


def workspace_name(workspace: UUID) -> str:
    """What a workspace's wrapped key belongs to."""
    return f"workspace/{workspace}"


def settle(connection: Connection, masters: MasterKeys) -> None:
    """After a change that was committed and then interrupted: the new master key takes the old one's place. Does
    nothing while somebody else changes it."""
    if len(masters.known()) > 1 and rotating(connection):
        try:
            settle_now(connection, masters)
        finally:
            done_rotating(connection)


def settle_now(connection: Connection, masters: MasterKeys) -> None:
    """The same, for who holds the lock."""
    fingerprint = held(connection)
    for key in masters.known():
        if fingerprint_of(key) == fingerprint:
            masters.settle(key)


def rotating(connection: Connection) -> bool:
    """Whether nobody else changes the master key; then nobody else does until `done_rotating`."""
    return connection.execute("SELECT pg_try_advisory_lock(%s, %s)", _ROTATION).fetchone() == (True,)


def done_rotating(connection: Connection) -> None:
    connection.execute("SELECT pg_advisory_unlock(%s, %s)", _ROTATION)


def _use_first(connection: Connection, key: bytes) -> None:
    """Note the first master key, and make the data key of keyed hashes. Somebody else may be first."""
    noted = connection.execute(
        "INSERT INTO umt.master_key (fingerprint) VALUES (%s) ON CONFLICT DO NOTHING", (fingerprint_of(key),)
    )
    if noted.rowcount:
        _keep_index_key(connection, key, fresh_key())


def _index_key(connection: Connection, master_key: bytes) -> bytes:
    query = "SELECT sealed FROM umt.wrapped_key WHERE purpose = %s"
    row = connection.execute(query, (INDEX,)).fetchone()
    if row is None:  # a database from before it had such a key
        _keep_index_key(connection, master_key, derived_index_key(master_key))
        row = connection.execute(query, (INDEX,)).fetchone()
        assert row
    opened = unseal(wrapping(master_key), row[0], INDEX)
    if opened is None:
        raise VaultError(f"The key of keyed hashes (umt.wrapped_key, {INDEX}) was altered; bring the row back.")
    return opened


def _keep_index_key(connection: Connection, master_key: bytes, key: bytes) -> None:
    connection.execute(
        "INSERT INTO umt.wrapped_key (purpose, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (INDEX, seal(wrapping(master_key), key, INDEX)),
    )
