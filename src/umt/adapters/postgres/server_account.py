"""The system account that the embedded server runs as, and what it owns.

PostgreSQL refuses to run as root, so root has it run by a system account of its own. Root then writes in folders of
that account, and never through a link that the account may have put there (`no_follow`).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from umt.adapters.postgres.server_error import EmbeddedPostgresError

ACCOUNT: Final = "umt-postgres"


@dataclass(frozen=True)
class ServerAccount:
    """The user's own account, or for root one that is nobody's."""

    name: str
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def run(
        self, command: Sequence[str | Path], stdout: int, stderr: int | IO[bytes], keep: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program as this account, in a session and an environment of its own; `keep` are files it inherits."""
        identity: dict[str, Any] = {} if self.is_ours else {"user": self.uid, "group": self.gid, "extra_groups": []}
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
        return subprocess.run(  # noqa: S603 - our own programs, and no shell reads their arguments
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd="/", env=environment,
            start_new_session=True, umask=0o077, pass_fds=keep, check=False, **identity,
        )  # fmt: skip

    def own(self, path: Path | int) -> None:
        """Give the account what we made."""
        if self.is_ours:
            return
        if isinstance(path, int):
            os.fchown(path, self.uid, self.gid)
        else:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def write(self, path: Path, text: str) -> None:
        """Write a file that the account owns, whole or not at all."""
        partial = path.with_name(f"{path.name}.partial")
        partial.unlink(missing_ok=True)
        with open(partial, "xb", opener=no_follow) as file:
            self.own(file.fileno())
            file.write(os.fsencode(text))
        partial.replace(path)

    def barrier_to(self, directory: Path) -> Path | None:
        """The first folder on the way to `directory` that the account may not enter."""

        def closed(folder: Path) -> bool:
            test: list[str | Path] = ["/bin/sh", "-c", 'test -x "$0"', folder]
            return self.run(test, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0

        if self.is_ours or not closed(directory):
            return None
        return next(filter(closed, reversed(directory.parents)), directory)


def server_account(cluster: Path) -> ServerAccount:
    """The owner of the cluster where there is one; else ourselves, or for root a system account, made when missing."""
    uid = os.geteuid()
    if uid == 0 and cluster.exists():
        uid = cluster.stat().st_uid
    if uid != 0:
        with contextlib.suppress(KeyError):
            found = pwd.getpwuid(uid)
            return ServerAccount(found.pw_name, uid, found.pw_gid if os.geteuid() == 0 else os.getegid())
        return ServerAccount(f"user {uid}", uid, os.getegid())
    for name in (ACCOUNT, "nobody"):
        with contextlib.suppress(KeyError, OSError):
            if name == ACCOUNT and not _exists(name):
                _add_system_account(name)
            found = pwd.getpwnam(name)
            return ServerAccount(found.pw_name, found.pw_uid, found.pw_gid)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and there is no other account for it. Add one: useradd --system {ACCOUNT}"
    )


def _exists(account: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(account))
    return False


def _add_system_account(name: str) -> None:
    """Add the account; failing is no matter here, and somebody else may just have added it."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run(  # noqa: S603 - a fixed command
        [*command, "--shell", "/usr/sbin/nologin", name],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, capture_output=True, check=False,
    )  # fmt: skip


def no_follow(path: str, flags: int) -> int:
    """An `opener` for a file that only its owner may read, which fails where the name is a link."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
