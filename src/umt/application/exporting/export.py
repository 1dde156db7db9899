"""Bringing a folder of files up to date with the read models and the log.

Everything is read in one snapshot. A file is written under a passing name and renamed when it is whole, and the manifest
comes last: whoever reads by the manifest sees the export of before or the new one. An export that was ended half way is
simply run again; what it left behind is removed.

Errors: ExportRefused.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

import msgspec

from umt.application.contracts import PublishedView
from umt.application.contracts.published import PublishedColumn
from umt.application.exporting.manifest import (
    MANIFEST,
    ColumnEntry,
    FileEntry,
    LogMark,
    Manifest,
    TableEntry,
    digest,
    load,
    save,
    sync,
)

Batch: TypeAlias = Sequence[tuple[Any, ...]]
_LOCK: Final = ".lock"
_PARTIAL: Final = ".partial"


class ExportRefused(Exception):
    """The export cannot be written here, or what it would write is not exact; nothing of the last one was changed."""


class Standing(msgspec.Struct, frozen=True):
    """How far a projection is: events up to the position are applied, but those that are parked."""

    generation: int
    position: int
    parked: bool


class Snapshot(Protocol):
    """One consistent view of the database; implemented by adapters/postgres/exporting.py."""

    head: int
    standings: dict[str, Standing]

    def event_digest(self, position: int) -> str | None:
        """A digest of the event at a position; None if there is none."""
        ...

    def knows(self, workspace: UUID) -> bool:
        """Whether there is such a workspace."""
        ...

    def count(self, view: PublishedView, after: int, workspace: UUID | None) -> int:
        """How many rows `rows` gives."""
        ...

    def rows(self, view: PublishedView, after: int, workspace: UUID | None) -> Iterator[Batch]:
        """The rows that changed after a position, in the order of the key, a bounded number at a time."""
        ...


class FileFormat(Protocol):
    """How rows become a file: the same bytes for the same rows. Implemented by adapters/parquet.py."""

    suffix: str

    def write(self, path: Path, columns: Sequence[PublishedColumn], batches: Iterable[Batch]) -> int:
        """Write a file and say how many rows it has. ValueError, by column, for a value that it cannot hold exactly."""
        ...


class Progress(Protocol):
    """Who wants to see how far it is."""

    def begin(self, table: str, rows: int) -> None: ...
    def advance(self, rows: int) -> None: ...


class Written(msgspec.Struct, frozen=True):
    """What an export did: the manifest as it stands now, and the files that it added."""

    manifest: Manifest
    added: tuple[FileEntry, ...]


class Export:
    """Exports of some views into one folder."""

    def __init__(self, folder: Path, views: Sequence[PublishedView], form: FileFormat) -> None:
        self._folder, self._form = folder, form
        # A view without a workspace tells of this system's work and not of what happened.
        self._views = [view for view in views if any(column.name == "workspace" for column in view.columns)]

    def run(self, snapshot: Snapshot, workspace: UUID | None, progress: Progress) -> Written:
        """Write what changed since the last export into the folder."""
        if workspace is not None and not snapshot.knows(workspace):
            raise ExportRefused(f"There is no workspace {workspace} in this database.")
        with self._alone():
            before = self._manifest(snapshot, workspace)
            tables = {view.name: self._table(view, before, snapshot, progress) for view in self._views}
            after = Manifest(workspace=workspace, log=_mark(snapshot), tables=tables)
            save(self._folder, after)
            self._sweep(after)
        known = {(file.path, file.sha256) for table in before.tables.values() for file in table.files}
        files = (file for table in tables.values() for file in table.files)
        return Written(after, tuple(file for file in files if (file.path, file.sha256) not in known))

    def _table(self, view: PublishedView, before: Manifest, snapshot: Snapshot, progress: Progress) -> TableEntry:
        now = _standing(view, snapshot)
        known = before.tables.get(view.name)
        anew = known is None or now.parked or not _continues(known, now)
        after = 0 if anew or known is None else known.position
        files = () if anew or known is None else known.files
        if anew or now.position > after:
            old = known.files if known else ()
            files = (*files, *self._file(view, after, now, before, snapshot, progress, old))
        return msgspec.structs.replace(now, files=files)

    def _file(
        self,
        view: PublishedView,
        after: int,
        now: TableEntry,
        before: Manifest,
        snapshot: Snapshot,
        progress: Progress,
        old: Sequence[FileEntry],
    ) -> tuple[FileEntry, ...]:
        """The file of what changed; none when nothing did, and the old one where it would be the same."""
        expected = snapshot.count(view, after, before.workspace)
        if expected == 0:
            return ()
        progress.begin(view.name, expected)
        folder = self._folder / view.name
        folder.mkdir(exist_ok=True)
        partial = folder / f"new{_PARTIAL}"
        try:
            batches = _counted(snapshot.rows(view, after, before.workspace), progress)
            rows = self._form.write(partial, view.columns, batches)
        except ValueError as error:
            raise ExportRefused(f"read_v1.{view.name} cannot be exported exactly: {error}") from error
        sha256 = digest(partial)
        if after == 0 and len(old) == 1 and old[0].sha256 == sha256:
            partial.unlink()
            return (msgspec.structs.replace(old[0], last_position=now.position),)
        path = self._free_name(view, after + 1, now.position, before.paths)
        sync(partial)
        partial.replace(self._folder / path)
        sync(folder)
        entry = FileEntry(path=path, rows=rows, sha256=sha256, first_position=after + 1, last_position=now.position)
        return (entry,)

    def _free_name(self, view: PublishedView, first: int, last: int, taken: set[str]) -> str:
        """By position; a file of the last export keeps its name until the manifest no longer names it."""
        stem = f"{view.name}/{first:012}-{last:012}"
        names = (f"{stem}{again}{self._form.suffix}" for again in ("", *(f"-{n}" for n in range(2, 1000))))
        return next(name for name in names if name not in taken)

    def _manifest(self, snapshot: Snapshot, workspace: UUID | None) -> Manifest:
        """What is in the folder: an export of this log and workspace, or nothing yet."""
        try:
            found = load(self._folder)
        except (ValueError, msgspec.ValidationError) as error:
            raise ExportRefused(
                f"{self._folder / MANIFEST} cannot be read: {error}. Export to another folder."
            ) from None
        if found is None:
            strangers = sorted(path.name for path in self._folder.iterdir() if path.name != _LOCK)
            if strangers:
                raise ExportRefused(
                    f"{self._folder} holds {strangers[0]} and no {MANIFEST}. Export to an empty folder, or to one that "
                    "holds an export."
                )
            found = Manifest(workspace=workspace)
            save(self._folder, found)
        if found.workspace != workspace:
            held = f"workspace {found.workspace}" if found.workspace else "all workspaces"
            raise ExportRefused(
                f"{self._folder} holds an export of {held}. Give the same --workspace, or export to another folder."
            )
        self._require_same_log(found.log, snapshot)
        return found

    def _require_same_log(self, mark: LogMark, snapshot: Snapshot) -> None:
        if mark.position == 0:
            return
        here = (snapshot.event_digest(1), snapshot.event_digest(mark.position))
        if here != (mark.first_event, mark.last_event):
            raise ExportRefused(
                f"{self._folder} holds an export of another log: its event {mark.position} is not the one of this "
                "database. Export to another folder."
            )

    def _sweep(self, manifest: Manifest) -> None:
        """Remove files of tables that the manifest does not name."""
        for view in self._views:
            for path in sorted((self._folder / view.name).glob("*")):
                if path.suffix in (self._form.suffix, _PARTIAL) and f"{view.name}/{path.name}" not in manifest.paths:
                    path.unlink()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """With the folder made, and no other export at work in it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / _LOCK).open("w")
        except OSError as error:
            raise ExportRefused(f"{self._folder} cannot be written to: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ExportRefused(f"Another export is at work in {self._folder}. Wait until it is done.") from None
            yield


def _standing(view: PublishedView, snapshot: Snapshot) -> TableEntry:
    """How far a view is: its projections' lowest position; of the log its head."""
    behind = [snapshot.standings[name] for name in view.projections]
    return TableEntry(
        key=view.key,
        columns=tuple(ColumnEntry(name=column.name, type=column.sql_type) for column in view.columns),
        position=min((standing.position for standing in behind), default=snapshot.head),
        generations={name: snapshot.standings[name].generation for name in view.projections},
        parked=any(standing.parked for standing in behind),
    )


def _continues(known: TableEntry, now: TableEntry) -> bool:
    """Whether what was exported still holds, and only newer rows are to be added."""
    same = (known.key, known.columns, known.generations) == (now.key, now.columns, now.generations)
    return same and not known.parked and known.position <= now.position


def _mark(snapshot: Snapshot) -> LogMark:
    return LogMark(
        position=snapshot.head,
        first_event=snapshot.event_digest(1),
        last_event=snapshot.event_digest(snapshot.head),
    )


def _counted(batches: Iterator[Batch], progress: Progress) -> Iterator[Batch]:
    for batch in batches:
        yield batch
        progress.advance(len(batch))
