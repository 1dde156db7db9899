"""Where the master key lies: in the environment, or in a file of the data directory.

While the master key is changed there are two. Which of them the database is under, its fingerprint there tells.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from umt.adapters.vault.sealing import VaultError, fresh_key


class MasterKeys(Protocol):
    """The port: every master key at hand, each of 32 bytes. All of it raises VaultError for an unusable key."""

    @property
    def source(self) -> str:
        """Where they lie: ``environment`` or ``file``."""
        ...

    @property
    def place(self) -> str:
        """What messages call the place."""
        ...

    def known(self) -> Sequence[bytes]:
        """The keys as they are at hand now; none if there are none."""
        ...

    def first(self) -> bytes:
        """The key for a database that has none yet."""
        ...

    def next(self, present: bytes) -> bytes:
        """The key to change to; the present one if that has been done already. VaultError says what is missing."""
        ...

    def settle(self, key: bytes) -> None:
        """The database is under this key for good."""
        ...


class EnvironmentMasterKeys:
    """``UMT_MASTER_KEY`` and, while it is changed, ``UMT_MASTER_KEY_PREVIOUS``."""

    source = "environment"
    place = "UMT_MASTER_KEY"

    def __init__(self, key: str, previous: str | None = None) -> None:
        self._key = _decoded(key, "UMT_MASTER_KEY")
        self._previous = _decoded(previous, "UMT_MASTER_KEY_PREVIOUS") if previous else None

    def known(self) -> Sequence[bytes]:
        return (self._key,) if self._previous is None else (self._key, self._previous)

    def first(self) -> bytes:
        return self._key

    def next(self, present: bytes) -> bytes:
        if present == self._key and self._previous is None:
            raise VaultError(
                "The master key comes from the environment, so a new one has to be given there: set UMT_MASTER_KEY to the "
                "output of `openssl rand -base64 32` and UMT_MASTER_KEY_PREVIOUS to the present key, for every process; "
                "then run `umt keys rotate` again. `--no-master` makes only a new signing key."
            )
        return self._key

    def settle(self, key: bytes) -> None:
        """The environment is the operator's."""


class FileMasterKeys:
    """A file that only its owner reads, made at the first start; ``<file>.next`` beside it while the key is changed."""

    source = "file"

    def __init__(self, file: Path) -> None:
        self._file, self._next = file, file.with_name(file.name + ".next")

    @property
    def place(self) -> str:
        return str(self._file)

    def known(self) -> Sequence[bytes]:
        # The next one first: should it take the other's place between the two reads, it is read twice, not never.
        found = [key for key in (_read(self._next), _read(self._file)) if key]
        return tuple(dict.fromkeys(reversed(found)))

    def first(self) -> bytes:
        if not self._file.exists():
            draft = _drafted(self._file, fresh_key())
            with suppress(FileExistsError, FileNotFoundError):  # somebody else was first, and perhaps tidied up
                os.link(draft, self._file)
            draft.unlink(missing_ok=True)
            _sync(self._file.parent)
        key = _read(self._file)
        assert key is not None
        return key

    def next(self, present: bytes) -> bytes:
        self._sweep()
        key, owner = fresh_key(), self._file.stat()
        draft = _drafted(self._next, key)
        os.chown(draft, owner.st_uid, owner.st_gid)  # also when it is root who changes it
        draft.replace(self._next)
        _sync(self._next.parent)
        return key

    def settle(self, key: bytes) -> None:
        if _read(self._file) != key and _read(self._next) == key:
            self._next.replace(self._file)
            self._sweep()
            _sync(self._file.parent)

    def _sweep(self) -> None:
        """Drafts of processes that were killed hold keys, too."""
        for draft in self._file.parent.glob(f".{self._file.name}.*"):
            draft.unlink(missing_ok=True)


def _drafted(file: Path, key: bytes) -> Path:
    """A file with the key beside the place it is for, which only its owner reads, safe on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    with os.fdopen(descriptor, "wb") as draft:
        draft.write(base64.b64encode(key))
        draft.flush()
        os.fsync(draft.fileno())
    return Path(name)


def _sync(folder: Path) -> None:
    """Names in a folder are safe on the disk only once the folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(file: Path) -> bytes | None:
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise VaultError(f"The master key cannot be read from {file}: {error.strerror}.") from None
    return _decoded(text.strip(), str(file))


def _decoded(text: str, place: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        # Raised outside the handler: the error there may hold the text.
        raise VaultError(f"{place} is not base64 of 32 random bytes; `openssl rand -base64 32` makes such a key.")
    return key
