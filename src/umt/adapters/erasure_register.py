"""The register of erasures: a file beside the database, so that a restored backup does not bring anybody back.

One line of JSON for each: ``{"subject", "workspace", "erased_at"}``, ids and a time, nothing about the person. Lines are
only ever added, each on the disk before anybody is told that it is there.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from umt.application.privacy.register import Registered, RegisterError


class ErasureRegister:
    """Implements `umt.application.privacy.register.Register` in a file that any number of processes share."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def add(self, erasures: Iterable[Registered]) -> None:
        """Add those that are not in it yet; they are on the disk when this returns. Raises RegisterError."""
        wanted = {each.subject: each for each in erasures}
        if not wanted:
            return
        with self._opened() as descriptor:
            for known in self._read(descriptor):
                wanted.pop(known.subject, None)
            if wanted:
                self._append(descriptor, wanted.values())

    def entries(self) -> list[Registered]:
        """All that are in it, oldest first. Raises RegisterError for a line that cannot be read."""
        with self._opened() as descriptor:
            return list(self._read(descriptor))

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, which is made at the first need, while no other process uses it."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        except OSError as error:
            raise self._unusable(error) from error
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> Iterator[Registered]:
        """Its lines. One that was torn by a crash is the last one and was reported to nobody: it is cut off."""
        with os.fdopen(os.dup(descriptor), "rb") as lines:
            lines.seek(0)
            whole = 0
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    os.ftruncate(descriptor, whole)
                    return
                whole += len(line)
                try:
                    yield msgspec.json.decode(line, type=Registered)
                except msgspec.DecodeError as error:
                    raise RegisterError(
                        f"Line {number} of the register of erasures {self.file} cannot be read ({error}). Mend the line, "
                        "or bring the file back from where it is copied to: without it erased people could come back."
                    ) from error

    def _append(self, descriptor: int, erasures: Iterable[Registered]) -> None:
        new = os.fstat(descriptor).st_size == 0
        lines = memoryview(b"".join(msgspec.json.encode(each) + b"\n" for each in erasures))
        while lines:
            lines = lines[os.write(descriptor, lines) :]
        os.fsync(descriptor)
        if new:
            folder = os.open(self.file.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _unusable(self, error: OSError) -> RegisterError:
        return RegisterError(
            f"The register of erasures {self.file} cannot be used: {error.strerror or error}. "
            "Mend that, or name another file by UMT_ERASURE_REGISTER."
        )
