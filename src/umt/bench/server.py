"""The server that is measured: an embedded one of its own, or one that is named; durable, or nothing is measured."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.adapters.postgres.roles import dedicated_statements, ensure
from umt.settings import Settings


class BenchError(Exception):
    """Nothing can be measured; the message says what, where and what to do."""


class Server(msgspec.Struct, frozen=True):
    """A running server. ``login`` is where UMT connects, ``administration`` where databases are made."""

    login: str
    administration: str
    folder: Path
    own: bool

    @contextmanager
    def database(self) -> Iterator[Settings]:
        """The settings of a fresh database, which is dropped afterwards."""
        name = f"umt_bench_{secrets.token_hex(4)}"
        with psycopg.connect(self.administration, autocommit=True) as administrator:
            try:
                administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except psycopg.errors.InsufficientPrivilege as error:
                raise BenchError(
                    f"{administrator.info.user} may make no database on this server: give it CREATEDB, "
                    "or leave out --database-url to measure on an embedded server."
                ) from error
        try:
            if self.own:
                with psycopg.connect(make_conninfo(self.administration, dbname=name), autocommit=True) as administrator:
                    ensure(administrator, dedicated_statements(name, "umt"))
            yield Settings(
                data_dir=self.folder / "keys",
                database_url=SecretStr(make_conninfo(self.login, dbname=name)),
                clock_url=None,
                openai_api_key=None,
            )
        finally:
            with psycopg.connect(self.administration, autocommit=True) as administrator:
                administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def described(self) -> str:
        """Server, machine and language in a line. BenchError when a commit would not wait for the disk."""
        with psycopg.connect(self.administration, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit"):
                value = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(setting))).fetchone()
                if value != ("on",):
                    raise BenchError(
                        f"{setting} is {value and value[0]} on this server, so its figures would mean nothing: "
                        f"set it to on, or measure on an embedded server."
                    )
            version = connection.info.parameter_status("server_version")
        return (
            f"PostgreSQL {version}, fsync and synchronous_commit on; {os.cpu_count()} cores, "
            f"{platform.system()} {platform.machine()}; Python {platform.python_version()}"
        )


@contextmanager
def server(database_url: str | None, beside: Path | None) -> Iterator[Server]:
    """The named server, or an embedded one on the disk of ``beside`` (without it of /var/tmp) that leaves nothing."""
    folder = Path(tempfile.mkdtemp(prefix="umt-bench-", dir=_disk_of(beside)))
    # The database's own account must come in, where we are root.
    folder.chmod(0o755)
    embedded = None if database_url else EmbeddedPostgres(folder / "data")
    try:
        if embedded:
            login = embedded.start()
            yield Server(login, embedded.administration_url, folder, own=True)
        elif database_url:
            yield Server(database_url, database_url, folder, own=False)
    finally:
        if embedded:
            embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _disk_of(beside: Path | None) -> Path:
    if beside:
        beside.parent.mkdir(parents=True, exist_ok=True)
        return beside.parent
    return Path("/var/tmp") if Path("/var/tmp").is_dir() else Path(tempfile.gettempdir())  # noqa: S108
