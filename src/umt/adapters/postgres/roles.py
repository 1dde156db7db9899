"""The roles that every connection works in, and what makes them.

`umt_owner` (migrations), `umt_app` (bound to a workspace), `umt_worker` (all workspaces), and `umt_data`, the group of
the data teams' logins. A login is a member of the first three and names one for each connection, as in
`options=-c role=umt_app`.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import sql

SAFE: Final = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
GROUPS: Final = ("umt_owner", "umt_app", "umt_worker", "umt_data")


def role_statements(database: str, login: str) -> list[str]:
    """The SQL that prepares roles and rights in `database` for `login`; for a superuser, or the database's owner with
    CREATEROLE. May be repeated."""
    db, me = sql.Identifier(database).as_string(), sql.Identifier(login).as_string()
    return [
        *(_created(role, f"NOLOGIN {SAFE}") for role in GROUPS),
        f"GRANT umt_owner, umt_app, umt_worker TO {me}",
        f"GRANT CREATE, CONNECT, TEMPORARY ON DATABASE {db} TO umt_owner",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {db} TO umt_app, umt_worker",
        f"GRANT CONNECT ON DATABASE {db} TO umt_data",
    ]


def dedicated_statements(database: str, login: str) -> list[str]:
    """The same for a server of our own: the login is made for it, inherits nothing, and strangers may not connect."""
    db, me = sql.Identifier(database).as_string(), sql.Identifier(login).as_string()
    return [
        _created(login, f"LOGIN NOINHERIT {SAFE}"),
        *role_statements(database, login),
        f"ALTER DATABASE {db} OWNER TO umt_owner",
        f"REVOKE ALL ON DATABASE {db} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {db} TO {me}",
    ]


def are_ready(connection: psycopg.Connection[Any]) -> bool:
    """Whether the roles are there and this login may work in them."""
    row = connection.execute(
        "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)"
        " AND (rolname = 'umt_data' OR pg_has_role(current_user, oid, 'MEMBER'))"
        " AND (rolname <> 'umt_owner' OR has_database_privilege(oid, current_database(), 'CREATE'))",
        (list(GROUPS),),
    ).fetchone()
    return row is not None and row[0] == len(GROUPS)


def ensure(connection: psycopg.Connection[Any], statements: list[str]) -> None:
    """Run the statements in one transaction."""
    with connection.transaction():
        for statement in statements:
            connection.execute(statement.encode())


def _created(role: str, attributes: str) -> str:
    name, text = sql.Identifier(role).as_string(), sql.Literal(role).as_string()
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text})"
        f" THEN CREATE ROLE {name} {attributes}; END IF; END $$"
    )
