"""Logins for data teams: each reads its workspaces' rows of read_v1 and nothing else.

A login is a member of `umt_data` and bound by its name, through `umt.data_login`, which no setting of its own widens.
What it starts with (read-only transactions, limits of time and connections) it could change; what it may read it cannot.
Locks and large objects, which PostgreSQL leaves to everybody, are closed to it (`shared_functions`).

Errors: DataLoginError.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from umt.adapters.postgres.database import OWNER
from umt.adapters.postgres.roles import SAFE
from umt.adapters.postgres.shared_functions import close, closing

GROUP: Final = "umt_data"
CONNECTIONS: Final = 20
"""Most connections of one login at a time."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LOGINS: Final = """
    SELECT r.oid, r.rolname, ARRAY(SELECT l.workspace FROM umt.data_login l WHERE l.login = r.rolname ORDER BY 1)
    FROM pg_roles r
    WHERE r.rolcanlogin AND EXISTS (
        SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
        WHERE m.member = r.oid AND g.rolname = 'umt_data')
    ORDER BY r.rolname COLLATE "C"
"""
_STARTS_WITH: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": "15min",
    "idle_in_transaction_session_timeout": "5min",
    "search_path": "read_v1",
    "TimeZone": "UTC",
}


class DataLoginError(Exception):
    """A login cannot be made or removed, and why."""


@dataclass(frozen=True)
class DataLogin:
    """A login and the workspaces that it reads."""

    name: str
    workspaces: tuple[UUID, ...]


class DataLogins:
    """The logins of one database, made by whom ``url`` connects as: a superuser, or a member of umt_owner with
    CREATEROLE and the right to admit to umt_data."""

    def __init__(self, url: str) -> None:
        self._url = url

    def add(self, name: str, workspaces: Sequence[UUID], password: str) -> DataLogin:
        """Make a login for these workspaces. The password is hashed here (SCRAM-SHA-256) and never sent."""
        if not _NAME.fullmatch(name) or name.startswith(("pg_", "umt")):
            raise DataLoginError(
                f"{name!r} cannot be a login: take 1 to 63 of a–z, 0–9 and _, beginning with a letter, not pg_ or umt."
            )
        if not password or "\0" in password:
            raise DataLoginError("The password is empty, or has a zero byte in it.")
        wanted = tuple(dict.fromkeys(workspaces))
        if not wanted:
            raise DataLoginError("Name at least one workspace.")
        with self._administration(f"make the login {name}") as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is not None:
                raise DataLoginError(f"There is a role {name} already. Take another name, or remove that login first.")
            close(connection)
            hashed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
            me = sql.Identifier(name)
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN {} CONNECTION LIMIT {} PASSWORD {} IN ROLE {}").format(
                    me, sql.SQL(SAFE), sql.Literal(CONNECTIONS), sql.Literal(hashed), sql.Identifier(GROUP)
                )
            )
            for setting, value in _STARTS_WITH.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} SET {} = {}").format(me, sql.Identifier(setting), sql.Literal(value))
                )
            _as_owner(connection)
            for workspace in wanted:
                if connection.execute("SELECT FROM umt.event WHERE workspace = %s LIMIT 1", (workspace,)).rowcount == 0:
                    raise DataLoginError(f"There is no workspace {workspace} in this database.")
            # A row that an administrator left behind when dropping a role by hand must not widen this one.
            connection.execute("DELETE FROM umt.data_login WHERE login = %s", (name,))
            connection.cursor().executemany(
                "INSERT INTO umt.data_login (login, workspace) VALUES (%s, %s)", [(name, w) for w in wanted]
            )
        return DataLogin(name, wanted)

    def still_open(self) -> Sequence[str]:
        """The SQL by which a superuser takes locks and large objects from every login but UMT's; none when none has them.

        Making a login does it, where the database lets it.
        """
        with self._administration("look at the functions of all") as connection:
            return closing(connection)

    def list(self) -> list[DataLogin]:
        """Every login by name."""
        with self._administration("list the logins") as connection:
            _as_owner(connection)
            rows = connection.execute(_LOGINS).fetchall()
        return [DataLogin(name, tuple(workspaces)) for _, name, workspaces in rows]

    def remove(self, name: str) -> None:
        """Drop a login and what it owns in this database; what it reads is gone at once, in open sessions too."""
        with self._administration(f"remove the login {name}") as connection:
            _as_owner(connection)
            found = {login: oid for oid, login, _ in connection.execute(_LOGINS)}
            if name not in found:
                raise DataLoginError(f"There is no login {name} of a data team; umt db data-login list shows them.")
            connection.execute("DELETE FROM umt.data_login WHERE login = %s", (name,))
            connection.execute("RESET ROLE")
            _drop_owned(connection, name)
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
        self._end_sessions(found[name])

    def _end_sessions(self, of: int) -> None:
        """Where we may; a session that stays sees no rows any more."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = %s"
        with contextlib.suppress(psycopg.Error), psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(query, (of,))

    @contextlib.contextmanager
    def _administration(self, verb: str) -> Iterator[psycopg.Connection[Any]]:
        try:
            with psycopg.connect(self._url, connect_timeout=10) as connection:
                yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise DataLoginError(
                f"This database's login may not {verb} ({error.diag.message_primary}). Its administrator can let it: "
                f"ALTER ROLE {self._me()} CREATEROLE; GRANT {GROUP} TO {self._me()} WITH ADMIN OPTION;"
            ) from error
        except psycopg.errors.DependentObjectsStillExist as error:
            raise DataLoginError(
                f"The database's server could not {verb} ({error.diag.message_primary}: {error.diag.message_detail}). "
                "Drop these, or give them to another role, then run it again."
            ) from error

    def _me(self) -> str:
        with psycopg.connect(self._url, connect_timeout=10) as connection:
            return sql.Identifier(connection.info.user).as_string()


def _as_owner(connection: psycopg.Connection[Any]) -> None:
    """For the rest of the transaction the role whose tables these are; row security shows it everything."""
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(OWNER)))


def _drop_owned(connection: psycopg.Connection[Any], name: str) -> None:
    """A superuser may for everybody; another becomes the login for it, as who made the login can."""
    me = sql.Identifier(name)
    superuser = connection.info.parameter_status("is_superuser") == "on"
    if not superuser:
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(me))
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(me))
    connection.execute(sql.SQL("DROP OWNED BY {}").format(me))
    if not superuser:
        connection.execute("RESET ROLE")
