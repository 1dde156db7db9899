"""The embedded server's data directory. It holds everything that belongs to the server, and whatever else UMT keeps:

- `postgres/`: the cluster; of one major version
- `runtime/`: a copy of the binaries, so that the server outlives a rebuilt or unreachable .venv
- `socket/`: the directory of its Unix socket (elsewhere when the path is too long for one)
- `postgres.log`: what the server says; kept small
- `postgres.lock`: held while a process starts or stops it
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg

from umt.adapters.postgres.server_account import ServerAccount, no_follow, server_account
from umt.adapters.postgres.server_error import PATIENCE, EmbeddedPostgresError, wait

LONGEST_SOCKET_PATH: Final = 107  # bytes of sockaddr_un.sun_path, less the closing zero
LARGEST_LOG: Final = 1_000_000  # bytes


class DataDirectory:
    """One data directory, which need not be there yet. Only `prepare` makes it, and folders that exist keep their
    mode and owner, whoever made them."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.cluster = self.path / "postgres"
        self.runtimes = self.path / "runtime"
        self.log = self.path / "postgres.log"

    def prepare(self) -> ServerAccount:
        """Make the data directory where it is missing, and see that the server's account can enter it."""
        if wrong := set(str(self.path)) & set("\"'`$\\\n\r"):
            raise EmbeddedPostgresError(
                f"The data directory {self.path} has {' '.join(map(repr, sorted(wrong)))} in its name, which "
                "PostgreSQL's programs do not take. Name another with --data-dir or UMT_DATA_DIR."
            )
        try:
            _make_directories(self.path)
            if not self.path.is_dir():
                raise NotADirectoryError("it is not a folder")
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise PermissionError("it belongs to another user")
            account = server_account(self.cluster)
            barrier = account.barrier_to(self.path)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The data directory {self.path} cannot be used: {error.strerror or error}. "
                "Name a folder of yours with --data-dir or UMT_DATA_DIR."
            ) from error
        if barrier is not None:
            raise EmbeddedPostgresError(
                f"The data directory {self.path} is out of reach for the system account {account.name}, which "
                f"PostgreSQL runs as because it refuses to run as root: {barrier} is closed to it. Choose a folder "
                "elsewhere with --data-dir or UMT_DATA_DIR, or name none, for one in /var/lib/umt."
            )
        return account

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[int]:
        """Only one process at a time starts or stops the server; the kernel frees the lock of one that dies.

        Gives the lock's descriptor: a program that inherits it keeps others waiting even when we die before it.
        """
        path = self.path / "postgres.lock"

        def locked() -> bool:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            return False

        try:
            with open(path, "ab", opener=no_follow) as lock:
                wait(locked, PATIENCE, lambda: EmbeddedPostgresError(f"A process holds {path}; see: fuser {path}"))
                yield lock.fileno()
        except (OSError, psycopg.Error) as error:
            raise EmbeddedPostgresError(f"The database in {self.path} cannot be used: {error}") from error

    def trim_log(self) -> None:
        """Keep the end of a log that has grown large. The server appends, so it goes on from there."""
        with contextlib.suppress(FileNotFoundError), open(self.log, "r+b", opener=no_follow) as log:
            if log.seek(0, os.SEEK_END) > LARGEST_LOG:
                log.seek(-LARGEST_LOG // 10, os.SEEK_END)
                kept = log.read()
                log.truncate(0)
                log.seek(0)
                log.write(kept)

    def failure(self, what: str) -> EmbeddedPostgresError:
        """The error that the server `what`, as in "did not start", with the end of its log."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-10:]
            return EmbeddedPostgresError(
                "\n  ".join([f"PostgreSQL in {self.path} {what}. {self.log} ends with:", *lines])
            )
        return EmbeddedPostgresError(f"PostgreSQL in {self.path} {what}.")

    def sockets(self, port: int) -> Path:
        """The directory of the server's socket: in /tmp where the data directory's path is too long for a socket."""
        directory = self.path / "socket"
        path = os.fsencode(directory / f".s.PGSQL.{port}")
        if len(path) <= LONGEST_SOCKET_PATH and b"," not in path:  # a comma separates paths, here and in libpq
            return directory
        return Path(f"/tmp/umt-{os.geteuid()}-{hashlib.sha256(path).hexdigest()[:16]}")  # noqa: S108 - made privately

    def make_private(self, directory: Path, account: ServerAccount) -> None:
        """Make a directory that only the server's account may enter, or see that it is one."""
        with contextlib.suppress(FileExistsError):
            directory.mkdir(0o700)
        if directory.lstat().st_uid == os.geteuid():
            account.own(directory)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
            raise EmbeddedPostgresError(
                f"{directory}, where the server's socket belongs, is not a private folder of {account.name}. Remove it."
            )


def _make_directories(directory: Path) -> None:
    """Make a directory and what lacks above it, passable for the server's account; what exists stays as it is."""
    for folder in (*reversed(directory.parents), directory):
        with contextlib.suppress(FileExistsError):
            if not folder.exists():
                mode = 0o700 if os.geteuid() else 0o711 if folder == directory else 0o755
                folder.mkdir(mode)
                folder.chmod(mode)  # whatever the umask took away
