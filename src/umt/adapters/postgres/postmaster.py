"""The embedded server as a process: whether it lives, whether it answers, and waiting until it does.

A server is known by the file `postmaster.pid` in its cluster, which it writes itself. One that was killed leaves the
file behind, and its number may be another process's by now.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo

from umt.adapters.postgres.server_error import PATIENCE, EmbeddedPostgresError, Failure, wait


@dataclass(frozen=True)
class Postmaster:
    """What a server has written of itself in its cluster, in the file `postmaster.pid`."""

    cluster: Path
    pid: int
    port: int
    socket_directory: Path
    listen: str

    @classmethod
    def read(cls, cluster: Path) -> Postmaster | None:
        try:
            lines = os.fsdecode((cluster / "postmaster.pid").read_bytes()).splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise EmbeddedPostgresError(
                f"{cluster} cannot be read: {error.strerror}. Run this as its owner, or name a folder of yours "
                "with --data-dir or UMT_DATA_DIR."
            ) from error
        pid, written_in, _, port, directory, listen = (*lines, *[""] * 6)[:6]
        if not (pid.isdigit() and port.isdigit()):
            return None
        # Seen from another container, or since moved, it lies at another path, and its socket with it.
        here = written_in == str(cluster) and directory
        socket_directory = Path(directory) if here else cluster.parent / "socket"
        return cls(cluster, int(pid), int(port), socket_directory, listen)

    @property
    def answers(self) -> pq.Ping:
        """OK where the server takes connections, REJECT while it starts, recovers or stops, else NO_RESPONSE."""
        where = make_conninfo(host=str(self.socket_directory), port=self.port, user="postgres", connect_timeout=5)
        return pq.Ping(pq.PGconn.ping(os.fsencode(where)))

    @property
    def is_alive(self) -> bool:
        """Whether the process is there and is this server, which its arguments tell to anyone."""
        try:
            return b"\0-D\0%s\0" % os.fsencode(self.cluster) in Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return not Path("/proc/self").exists() and _is_running(self.pid) and self.answers != pq.Ping.NO_RESPONSE


def running(cluster: Path) -> Postmaster | None:
    """The cluster's server, whether or not it takes connections yet."""
    server = Postmaster.read(cluster)
    runs = server is not None and (server.is_alive or server.answers != pq.Ping.NO_RESPONSE)
    return server if runs else None


def adoptable(cluster: Path, failure: Failure) -> Postmaster | None:
    """The server that runs, once it is done with starting, recovering or stopping; None if there is none then."""

    def silent() -> bool:
        server = running(cluster)
        return server is not None and server.answers == pq.Ping.NO_RESPONSE

    def settled() -> tuple[Postmaster | None] | None:
        server = running(cluster)
        return (server,) if server is None or server.answers == pq.Ping.OK else None

    mute = "does not answer. Stop it with umt db stop, and start again"
    wait(lambda: not silent(), 10, lambda: failure(mute))
    slow = f"neither became ready nor stopped within {PATIENCE:.0f} s; it may be recovering from a crash"
    return wait(settled, PATIENCE, lambda: failure(slow))[0]


def end_servers_of_deleted_folders(cluster: Path, failure: Failure) -> None:
    """Stop a server whose folder was deleted under it: it would soon go by itself, and take our socket with it."""

    def left() -> list[int]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(process / "cwd") == f"{cluster} (deleted)":
                    found.append(int(process.name))
        return found

    for pid in left():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
    wait(lambda: not left(), 10, lambda: failure("was deleted, but its server does not stop"))


def until_ready(cluster: Path, pid: int, failure: Failure) -> Postmaster:
    """Wait until the server just started takes connections: at once, or after it has recovered from a crash."""

    def ready() -> Postmaster | None:
        if not _is_running(pid):
            raise failure("did not start")
        server = Postmaster.read(cluster)
        return server if server and server.pid == pid and server.answers == pq.Ping.OK else None

    slow = f"was not ready after {PATIENCE:.0f} s; it may be recovering from a crash"
    return wait(ready, PATIENCE, lambda: failure(slow))


def _is_running(pid: int) -> bool:
    """Whether there is such a process of ours, and not only its remains that nobody has collected."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return True
