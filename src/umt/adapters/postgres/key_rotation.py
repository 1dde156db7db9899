"""Changing the master key: every key that it wraps is wrapped anew, in one transaction.

Most of it is done while everybody works on. Then, for a moment, nothing can be written that the master key wraps:
what came meanwhile is brought over, and the database is under the new key. Events are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from msgspec import Struct
from psycopg import sql

from umt.adapters.postgres.key_rows import (
    done_rotating,
    held,
    rotating,
    settle_now,
    workspace_key,
    workspace_name,
)
from umt.adapters.signing import signing_name
from umt.adapters.vault import MasterKeys, Vault, VaultError
from umt.adapters.vault.keys import fingerprint_of
from umt.adapters.vault.personal import subject_name
from umt.adapters.vault.sealing import seal

Connection = psycopg.Connection[tuple[Any, ...]]

_PAGE: Final = 1000
_LOCK_SECONDS: Final = 30
_OURS: Final[LiteralString] = "xmin = pg_current_xact_id()::xid"
"""A row that this very transaction has written."""


class Wrapped(Struct, frozen=True):
    """A table whose rows the master key wraps: its key's column and type, and what a row's text belongs to."""

    table: str
    column: str
    type: LiteralString
    name: Callable[[Any], str]


WRAPPED: Final = (
    Wrapped("wrapped_key", "purpose", "text", str),
    Wrapped("workspace_key", "workspace", "uuid", workspace_name),
    Wrapped("subject_key", "subject", "uuid", subject_name),
    Wrapped("signing_key", "kid", "text", signing_name),
)
"""Everything that the master key wraps, beside the credentials of earlier versions."""


class Rotated(Struct, frozen=True):
    """The change as it went: rows wrapped anew by table; ``changed`` is False if the database was under the key."""

    changed: bool
    rewrapped: dict[str, int]
    fingerprint: str


class MasterKeyRotation:
    """Brings a database under the next master key. ``progress`` hears of every page: table and rows of it so far."""

    def __init__(
        self,
        connection: Connection,
        vault: Vault,
        masters: MasterKeys,
        progress: Callable[[str, int], None] = lambda table, rows: None,
    ) -> None:
        """The connection is one of the tables' owner, in autocommit."""
        self._connection, self._vault, self._masters, self._progress = connection, vault, masters, progress
        self._done: dict[str, int] = {}

    def run(self) -> Rotated:
        """Raises VaultError if the next key is not given, or somebody else is at it."""
        if not rotating(self._connection):
            raise VaultError("The master key is being changed by another process; see `umt keys status` in a moment.")
        try:
            settle_now(self._connection, self._masters)
            present = self._present()
            key = self._masters.next(present)
            if key != present:
                self._rewrap(key)
                self._masters.settle(key)
            return Rotated(key != present, self._done, fingerprint_of(key).hex())
        finally:
            if not self._connection.closed:
                done_rotating(self._connection)

    def _present(self) -> bytes:
        fingerprint = held(self._connection)
        for key in self._masters.known():
            if fingerprint_of(key) == fingerprint:
                return key
        raise VaultError(f"The database is under another master key than {self._masters.place} holds; give that one.")

    def _rewrap(self, key: bytes) -> None:
        connection = self._connection
        self._move_old_credentials()
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
            target = Vault(self._masters, fingerprint_of(key), b"")
            for wrapped in WRAPPED:
                self._rewrap_table(wrapped, target)
            # From here on nobody else writes what the master key wraps; then the rest is what came meanwhile.
            connection.execute("SELECT pg_advisory_xact_lock(7311, 5)")
            for wrapped in WRAPPED:
                self._rewrap_table(wrapped, target)
            if connection.execute("SELECT FROM umt.secret WHERE sealed_by = 'master' LIMIT 1").fetchone():
                raise VaultError(
                    "A process of an earlier version has stored a credential meanwhile: end those, then rotate again."
                )
            connection.execute("UPDATE umt.master_key SET fingerprint = %s", (target.fingerprint,))

    def _rewrap_table(self, wrapped: Wrapped, target: Vault) -> None:
        """Page by page, each row once."""
        table, column = sql.Identifier("umt", wrapped.table), sql.Identifier(wrapped.column)
        page = sql.SQL(
            "SELECT {column}, sealed FROM {table} WHERE (%(after)s::{type} IS NULL OR {column} > %(after)s)"
            " AND NOT {ours} ORDER BY {column} LIMIT {most}"
        ).format(column=column, table=table, type=sql.SQL(wrapped.type), ours=sql.SQL(_OURS), most=_PAGE)
        # A row that somebody changed or dropped meanwhile is left to them.
        rewrite = sql.SQL(
            "UPDATE {table} t SET sealed = n.after FROM unnest(%s::{type}[], %s::bytea[], %s::bytea[])"
            " AS n (key, before, after) WHERE t.{column} = n.key AND t.sealed = n.before"
        ).format(column=column, table=table, type=sql.SQL(wrapped.type))
        after: Any = None
        while rows := self._connection.execute(page, {"after": after}).fetchall():
            fresh = [
                target.seal(self._vault.open(sealed, wrapped.name(key)), wrapped.name(key)) for key, sealed in rows
            ]
            keys, before = zip(*rows, strict=True)
            self._count(wrapped.table, self._connection.execute(rewrite, (list(keys), list(before), fresh)).rowcount)
            after = keys[-1]

    def _move_old_credentials(self) -> None:
        """Credentials that earlier versions sealed under the master key come under their workspace's."""
        query = "SELECT workspace, name, sealed FROM umt.secret WHERE sealed_by = 'master' LIMIT %s"
        while rows := self._connection.execute(query, (_PAGE,)).fetchall():
            self._move(rows)

    def _move(self, rows: Iterable[tuple[UUID, str, bytes]]) -> None:
        for workspace, name, before in rows:
            belongs_to = f"{workspace}/{name}"
            plain = self._vault.open(before, belongs_to)
            with self._connection.transaction():
                after = seal(workspace_key(self._connection, self._vault, workspace), plain, belongs_to)
                moved = self._connection.execute(
                    "UPDATE umt.secret SET sealed = %s, sealed_by = 'workspace'"
                    " WHERE workspace = %s AND name = %s AND sealed = %s",
                    (after, workspace, name, before),
                )
            self._count("secret", moved.rowcount)

    def _count(self, table: str, rows: int) -> None:
        self._done[table] = self._done.get(table, 0) + rows
        self._progress(table, self._done[table])
