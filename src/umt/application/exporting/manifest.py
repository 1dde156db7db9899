"""The manifest of an export: which files make it up, and how far each table is. It is written last, in one rename."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
"""Version of the layout; a reader refuses one that it does not know."""


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A file: the rows whose newest change lies in these positions, both included."""

    path: str
    rows: int
    sha256: str
    first_position: int
    last_position: int


class ColumnEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A column, by PostgreSQL's type."""

    name: str
    type: str


class TableEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A table: of the rows of one key, that of the last file in ``files`` holds.

    ``generations`` are those of the projections that it comes from; when they change, it is written anew. ``parked``:
    dead letters were waiting, so its next file holds every row.
    """

    key: tuple[str, ...]
    columns: tuple[ColumnEntry, ...]
    position: int
    generations: dict[str, int] = {}
    parked: bool = False
    files: tuple[FileEntry, ...] = ()


class LogMark(msgspec.Struct, frozen=True, kw_only=True):
    """Which log this is: digests of its first event and of that at ``position``; the empty log has neither."""

    position: int = 0
    first_event: str | None = None
    last_event: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """An export as a whole: one snapshot of one log, of one workspace or of all."""

    format: int = FORMAT
    workspace: UUID | None = None
    log: LogMark = LogMark()
    tables: dict[str, TableEntry] = {}

    @property
    def paths(self) -> set[str]:
        return {file.path for table in self.tables.values() for file in table.files}


def load(folder: Path) -> Manifest | None:
    """The manifest of a folder, or None without one. ValueError when it is damaged or of another format."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None
    known = msgspec.json.decode(text, type=dict)
    if known.get("format") != FORMAT:
        raise ValueError(f"it has format {known.get('format')}, and this release writes format {FORMAT}")
    return msgspec.convert(known, Manifest)


def save(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place, whole or not at all."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    path = folder / MANIFEST
    if path.exists() and path.read_bytes() == text:
        return
    partial = path.with_suffix(".partial")
    partial.write_bytes(text)
    sync(partial)
    partial.replace(path)
    sync(folder)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Let what was written to a file, or renamed in a folder, survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
