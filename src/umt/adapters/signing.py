"""Ed25519 keys that access tokens are signed with, shared by all processes of a database.

A new key is published at once and signs only `LEAD` later; every process looks for new ones more often than that, so it
is known before its first token comes. A key that has retired stays published until its last token has expired.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey
from msgspec import Struct
from msgspec.structs import replace

from umt.adapters.postgres.key_rows import sealed_now
from umt.adapters.vault import Vault, VaultError

Connection = psycopg.Connection[tuple[Any, ...]]

LEAD: Final = timedelta(seconds=90)
"""From a key's publication to its first signature: longer than anybody may keep the published keys (a minute)."""
LEEWAY: Final = timedelta(minutes=1)
"""How long a retired key stays published after its last token has expired."""
_FRESH_SECONDS: Final = 4.0
"""How old the known keys may be, well below the lead."""
_PATIENCE_SECONDS: Final = 1.0
"""Least time between two looks for a key id that nobody knows."""
_FIRST: Final = 7
"""Of the advisory lock (7311, 7), held while the first key is made."""


class KeyState(Struct, frozen=True):
    """A signing key as the operator sees it."""

    kid: str
    made_at: datetime
    signs_from: datetime
    published_until: datetime | None
    """None while no other key is to follow it."""


class _Key(Struct, frozen=True):
    private: OKPKey
    public: OKPKey
    signs_from: datetime
    published_until: datetime | None


class _Known(Struct, frozen=True):
    """The keys as they were at a look: at the database's time, and at this process's."""

    keys: dict[str, _Key]
    at: datetime
    looked: float

    @property
    def age(self) -> float:
        return time.monotonic() - self.looked

    @property
    def now(self) -> datetime:
        """The database's time, which all processes share."""
        return self.at + timedelta(seconds=self.age)

    def published(self) -> dict[str, _Key]:
        now = self.now
        return {k: key for k, key in self.keys.items() if key.published_until is None or now < key.published_until}


class SigningKeyRing:
    """Implements `umt.application.signing.SigningKeys`. Thread-safe; keeps one connection until it is closed."""

    def __init__(self, connect: Callable[[], Connection], vault: Vault, tokens_live: timedelta) -> None:
        """Makes the first key of a database. ``tokens_live`` is the life of the tokens that this process signs."""
        self._connect, self._vault, self._tokens_live = connect, vault, tokens_live
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._failed = float("-inf")
        self._known = self._look({})

    def signing(self) -> OKPKey:
        known = self._at_most_old(_FRESH_SECONDS)
        ready = [key for key in known.keys.values() if key.signs_from <= known.now]
        if not ready:  # the operator has deleted the others
            return min(known.keys.values(), key=lambda key: key.signs_from).private
        return max(ready, key=lambda key: key.signs_from).private

    def verifying(self, kid: str) -> OKPKey | None:
        known = self._at_most_old(_FRESH_SECONDS)
        if kid not in known.keys:
            known = self._at_most_old(_PATIENCE_SECONDS)
        key = known.published().get(kid)
        return key.public if key else None

    def published(self) -> Sequence[dict[str, Any]]:
        return [
            dict(key.public.as_dict(private=False)) for key in self._at_most_old(_FRESH_SECONDS).published().values()
        ]

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _at_most_old(self, seconds: float) -> _Known:
        """What is known, looked for again if that is longer ago. While the database is away, what is known serves."""
        if self._known.age < seconds:
            return self._known
        with self._lock:
            if self._known.age >= seconds and time.monotonic() - self._failed >= _PATIENCE_SECONDS:
                try:
                    self._known = self._look(self._known.keys)
                except (psycopg.OperationalError, psycopg.InterfaceError):
                    self._failed = time.monotonic()
        return self._known

    def _look(self, before: Mapping[str, _Key]) -> _Known:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        rows = _rows(self._connection)
        if not rows:
            make_first(self._connection, self._vault, self._tokens_live)
        if not rows or any(row[4] < self._tokens_live for row in rows):
            self._connection.execute(
                "UPDATE umt.signing_key SET tokens_live = greatest(tokens_live, %s)", (self._tokens_live,)
            )
            rows = _rows(self._connection)
        looked = time.monotonic()
        keys = {}
        for kid, sealed, signs_from, retires_at, tokens_live, _ in rows:
            until = None if retires_at is None else retires_at + tokens_live + LEEWAY
            if known := before.get(kid):
                keys[kid] = replace(known, published_until=until)
            else:
                private = _opened(self._vault, kid, sealed)
                keys[kid] = _Key(private, _named(private.public_key, kid), signs_from, until)
        found = _Known(keys, rows[0][5], looked)
        if len(found.published()) < len(keys):
            self._connection.execute("SELECT umt.drop_signing_keys()")
        return found


def make_first(connection: Connection, vault: Vault, tokens_live: timedelta) -> None:
    """The first key of a database, which signs at once; nothing if there is one."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7311, %s)", (_FIRST,))
        if connection.execute("SELECT FROM umt.signing_key LIMIT 1").fetchone() is None:
            _insert(connection, vault, timedelta(0), tokens_live)


def make_next(connection: Connection, vault: Vault, tokens_live: timedelta) -> str:
    """A new key, by its key id: it signs after the lead, and the present one retires then. On a connection of the
    tables' owner."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7311, %s)", (_FIRST,))
        connection.execute("SELECT umt.drop_signing_keys()")
        kid = _insert(connection, vault, LEAD, tokens_live)
        connection.execute(
            "UPDATE umt.signing_key SET retires_at = now() + %s WHERE retires_at IS NULL AND kid <> %s", (LEAD, kid)
        )
    return kid


def key_states(connection: Connection) -> list[KeyState]:
    """The keys there are, oldest first."""
    rows = connection.execute(
        "SELECT kid, made_at, signs_from, retires_at + tokens_live + %s FROM umt.signing_key ORDER BY signs_from, made_at",
        (LEEWAY,),
    )
    return [KeyState(*row) for row in rows]


def signing_name(kid: str) -> str:
    """What a sealed signing key belongs to."""
    return f"signing/{kid}"


def _insert(connection: Connection, vault: Vault, lead: timedelta, tokens_live: timedelta) -> str:
    key = OKPKey.generate_key("Ed25519")
    kid = key.thumbprint()
    private = key.private_key
    assert private is not None
    sealed = sealed_now(
        connection, vault, vault.seal(private.private_bytes_raw(), signing_name(kid)), signing_name(kid)
    )
    connection.execute(
        "INSERT INTO umt.signing_key (kid, sealed, signs_from, tokens_live) VALUES (%s, %s, now() + %s, %s)",
        (kid, sealed, lead, tokens_live),
    )
    return kid


def _rows(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT kid, sealed, signs_from, retires_at, tokens_live, clock_timestamp() FROM umt.signing_key"
        " ORDER BY signs_from, made_at"
    ).fetchall()


def _opened(vault: Vault, kid: str, sealed: bytes) -> OKPKey:
    raw = vault.open(sealed, signing_name(kid))
    key = _named(Ed25519PrivateKey.from_private_bytes(raw), kid)
    if key.thumbprint() != kid:
        raise VaultError(f"The signing key {kid} is not the one of that id; delete its row in umt.signing_key.")
    return key


def _named(key: Any, kid: str) -> OKPKey:
    return OKPKey.import_key(key, {"use": "sig", "alg": "Ed25519", "kid": kid})
