"""The embedded server's cluster: the databases on disk, of one major version, and how the server is set."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from umt.adapters.postgres.runtime import MAJOR_VERSION
from umt.adapters.postgres.server_account import ServerAccount, no_follow
from umt.adapters.postgres.server_error import EmbeddedPostgresError

_SETTINGS: Final = """\
# Written by UMT at each start. Change settings by ALTER SYSTEM, which overrides this file.
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
listen_addresses = '{listen}'
port = {port}
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 512MB
work_mem = 8MB
# The log is written all the time: fewer checkpoints, since each makes every page that is touched after it be logged whole.
max_wal_size = 4GB
checkpoint_timeout = 15min
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

_AUTHENTICATION: Final = """\
# Written by UMT at each start. Only the server's account and root can reach the socket; the loopback port, where
# UMT_EMBEDDED_PORT opens one, is for the logins of data teams.
local  all          all        trust
local  replication  postgres   trust
host   postgres,template0,template1  all  127.0.0.1/32  reject
host   all          +umt_data  127.0.0.1/32  scram-sha-256
"""


def version_of(cluster: Path) -> str | None:
    """The major version that made the cluster; None where there is none."""
    try:
        return (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EmbeddedPostgresError(f"{cluster} cannot be read: {error.strerror}.") from error


def require_our_version(cluster: Path) -> None:
    """Refuse a cluster that this release's PostgreSQL cannot read."""
    version = version_of(cluster)
    if version is not None and version != str(MAJOR_VERSION):
        raise EmbeddedPostgresError(
            f"{cluster} was made by PostgreSQL {version}, and this is PostgreSQL {MAJOR_VERSION}. Use the "
            f"release of UMT that made it and move by its backup, or name another folder with --data-dir."
        )


def initialise(cluster: Path, runtime: Path, account: ServerAccount, lock: int) -> None:
    """Make the cluster beside its place and move it there when it is whole."""
    partial = cluster.with_name("postgres.partial")
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
            f"PostgreSQL could not set up a database in {cluster.parent}: "
            f"{made.stderr.decode(errors='replace').strip()}\nOr use a server of your own with UMT_DATABASE_URL."
        )
    with open(partial / "postgresql.conf", "ab", opener=no_follow) as conf:
        conf.write(b"\ninclude_if_exists = 'umt.conf'\n")
    partial.rename(cluster)


def configure(cluster: Path, account: ServerAccount, sockets: Path, port: int, listen: str) -> None:
    """Write the settings and who may connect; `listen` is the address that `port` is opened on, or nothing."""
    account.write(cluster / "umt.conf", _SETTINGS.format(sockets=sockets, listen=listen, port=port))
    account.write(cluster / "pg_hba.conf", _AUTHENTICATION)
