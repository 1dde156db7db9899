"""Reading a stream's state: its newest snapshot of this program, and the events after it.

A snapshot is a cache: keyed by stream, version and a fingerprint of everything that made the state, it is never
converted, only passed over, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.session import Session
from umt.adapters.postgres.stream_cache import Known
from umt.adapters.vault import VaultError
from umt.domain.errors import DomainError
from umt.domain.event import UPCASTERS, Aggregate

EVERY: Final = 200
"""Events of a stream after which its state is kept."""

KEPT: Final = 20
"""Snapshots of one stream that are kept for reading past states; older ones are tidied away."""

_SNAPSHOT = 0
"""Stands where an event's schema version does, in the row of a snapshot."""

READ_STREAM: Final = f"""
WITH newest AS MATERIALIZED (
    SELECT version, state FROM umt.snapshot
    WHERE workspace = %(workspace)s AND stream = %(stream)s AND fingerprint = %(fingerprint)s AND kind = %(kind)s
        AND version BETWEEN %(least)s AND %(most)s ORDER BY version DESC LIMIT 1
)
SELECT 0::bigint, version, {_SNAPSHOT}::smallint, '', state FROM newest
UNION ALL
SELECT position, version, schema_version, type, body FROM umt.event
WHERE workspace = %(workspace)s AND stream = %(stream)s
    AND version > (SELECT coalesce(max(version), 0) FROM newest) AND version <= %(most)s
"""  # noqa: S608
"""A stream up to a version, as `folded` takes it. Run it in binary format, bound to the workspace or as the worker.

The coalesce stands inside the subquery: outside it, row security would keep the condition out of the index.
"""

_LAST = 2**31 - 1


def reading(
    workspace: UUID, kind: type[Aggregate], stream: UUID, version: int | None = None, *, whole: bool = False
) -> dict[str, Any]:
    """The values for `READ_STREAM`: up to a version or to the end; ``whole`` passes snapshots over."""
    return {
        "workspace": workspace,
        "stream": stream,
        "kind": kind.kind,
        "fingerprint": fingerprint(),
        "least": _LAST if whole else 1,
        "most": _LAST if version is None else version,
    }


class BrokenSnapshot(Exception):
    """A snapshot of this very program does not open: read the stream whole."""


def folded(mapper: EventMapper, kind: type[Aggregate], rows: Iterable[tuple[Any, ...]]) -> Known:
    """The state that rows of `READ_STREAM` lead to. Raises Unreadable or BrokenSnapshot."""
    ordered = sorted(rows, key=_version)
    state, weight, snapshot = None, 0, 0
    if ordered and ordered[0][2] == _SNAPSHOT:
        _, snapshot, _, _, stored = ordered.pop(0)
        weight = len(stored)
        try:
            state = mapper.decode_state(kind, stored)
        except (msgspec.DecodeError, ValueError, VaultError, DomainError) as error:
            raise BrokenSnapshot(f"the snapshot of {kind.kind} at version {snapshot}: {error}") from error
    decode = mapper.decode
    for position, _, schema_version, type_name, body in ordered:
        state = decode(position, type_name, schema_version, body).evolve(state)
        weight += len(body)
    return Known(state, _version(ordered[-1]) if ordered else snapshot, weight, snapshot)


def snapshot_at(
    connection: psycopg.Connection[Any],
    mapper: EventMapper,
    workspace: UUID,
    kind: type[Aggregate],
    stream: UUID,
    version: int | None = None,
) -> Known:
    """A stream's state at a version (or the newest), from the newest snapshot at or below it. On a connection that is
    bound to the workspace, or a worker's; an asynchronous reader runs `READ_STREAM` with `reading` and `folded`."""
    for whole in (False, True):
        values = reading(workspace, kind, stream, version, whole=whole)
        rows = connection.execute(READ_STREAM, values, prepare=True, binary=True).fetchall()
        try:
            return folded(mapper, kind, rows)
        except BrokenSnapshot:
            if whole:
                raise
    raise AssertionError("unreachable")


class BoundKeys:
    """Subject keys on a connection that is bound to their workspace; none is made for a snapshot."""

    connection: psycopg.Connection[Any] | None = None

    def wrapped(self, subject: UUID) -> bytes | None:
        assert self.connection
        row = self.connection.execute("SELECT sealed FROM umt.subject_key WHERE subject = %s", (subject,)).fetchone()
        return row[0] if row else None

    def store(self, subject: UUID, sealed: bytes) -> None:
        raise PermissionError(f"{subject} has no key any more")


def keep(connection: psycopg.Connection[Any], mapper: EventMapper, workspace: UUID, stream: UUID, known: Known) -> None:
    """Store a state, in a transaction that does not wait for the disk. Somebody else may have stored it already. The
    mapper's keys are asked on the connection, bound to the workspace."""
    session = Session(connection)
    try:
        bound = session.bound(workspace)
        state = mapper.encode_state(known.state)
        bound.execute("SET LOCAL synchronous_commit = off")
        bound.execute(
            "INSERT INTO umt.snapshot (workspace, stream, fingerprint, version, kind, state)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (workspace, stream, fingerprint(), known.version, known.state.kind, state),
        )
        session.commit()
    finally:
        session.rollback()


def fingerprint() -> bytes:
    """A hash of what makes states: the domain's sources and the registered upcasters."""
    return _fingerprint(tuple(sorted(UPCASTERS.items())))


@cache
def _fingerprint(upcasters: tuple[tuple[tuple[str, int], Callable[..., Any]], ...]) -> bytes:
    digest = hashlib.sha256(_domain_sources())
    for key, upcaster in upcasters:
        digest.update(f"{key}{inspect.getsource(upcaster)}".encode())
    return digest.digest()[:16]


@cache
def _domain_sources() -> bytes:
    digest = hashlib.sha256()
    for name, source in sorted(_sources(files("umt.domain"))):
        digest.update(name.encode() + b"\0" + source)
    return digest.digest()


def _sources(folder: Traversable) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from ((f"{entry.name}/{name}", source) for name, source in _sources(entry))
        elif entry.name.endswith(".py"):
            yield entry.name, entry.read_bytes()


def _version(row: tuple[Any, ...]) -> int:
    version: int = row[1]
    return version
