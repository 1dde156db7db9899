"""Bring a database to the newest schema; safe when many processes start at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import psycopg

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.roles import are_ready, ensure, role_statements

_LOCK = 7311_2
_VERSIONS = Path(__file__).parent / "migrations" / "versions"


class MigrationError(Exception):
    """The database cannot be brought to the newest schema; the message says why and what to do."""


@cache
def newest_version() -> str:
    """The revision that this program needs: the highest numbered file."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def current_version(connection: psycopg.Connection[object]) -> str | None:
    """The database's revision; None before the first one."""
    if connection.execute("SELECT to_regclass('umt.schema_version')::text").fetchone() == (None,):
        return None
    row = connection.execute("SELECT version_num FROM umt.schema_version").fetchone()
    return str(row[0]) if isinstance(row, tuple) else None


def migrate(url: str) -> str:
    """Upgrade under a lock and return the revision. Roles that are missing are created if the login may do so."""
    _ensure_roles(url)
    with connect(url, OWNER) as connection:
        version = current_version(connection)
        if version is not None and version > newest_version():
            raise MigrationError(
                f"The database is at schema {version}, newer than this program's {newest_version()}: "
                "update the program, or use another --data-dir or --database-url."
            )
        if version == newest_version():
            return version
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        connection.execute("CREATE SCHEMA IF NOT EXISTS umt")
        if current_version(connection) != newest_version():
            _upgrade(url)
    return newest_version()


def _upgrade(url: str) -> None:
    # Imported here: Alembic and SQLAlchemy take longer to load than a start with nothing to do.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, pool

    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: connect(url, OWNER, autocommit=False), poolclass=pool.NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(_VERSIONS.parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _ensure_roles(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        if are_ready(connection):
            return
        statements = role_statements(connection.info.dbname, connection.info.user)
        try:
            ensure(connection, statements)
        except psycopg.errors.InsufficientPrivilege as error:
            raise MigrationError(
                f"The roles of UMT are missing and {connection.info.user} may not create them. "
                "Ask an administrator of the database to run:\n  " + ";\n  ".join(statements) + ";"
            ) from error
