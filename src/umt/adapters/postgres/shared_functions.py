"""Functions that PostgreSQL lets everybody run, closed to all but UMT's own roles before a data team's login is made.

An advisory lock is shared by the whole database: whoever takes that of the log or of a projection stops it. A large object
can be made by whoever may connect, in a transaction that says that it writes.
"""

from __future__ import annotations

import contextlib
from typing import Any, Final

import psycopg
from psycopg import sql

from umt.adapters.postgres.database import APP, OWNER, WORKER

_OURS: Final = [OWNER, APP, WORKER]
_OPEN: Final = r"""
    SELECT format('pg_catalog.%%I(%%s)', f.proname, pg_get_function_identity_arguments(f.oid)), f.advisory
    FROM (SELECT oid, proname, pronamespace, proname ~ '^pg_(try_)?advisory_' AS advisory FROM pg_proc) f
    WHERE f.pronamespace = 'pg_catalog'::regnamespace
      AND (f.advisory OR f.proname IN
           ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_export', 'lo_put', 'lowrite'))
      AND (has_function_privilege('public', f.oid, 'EXECUTE') OR f.advisory AND EXISTS (
           SELECT FROM unnest(%s::text[]) ours (role) WHERE NOT has_function_privilege(role, f.oid, 'EXECUTE')))
    ORDER BY 1
"""


def closing(connection: psycopg.Connection[Any]) -> list[str]:
    """The SQL by which a superuser closes, in this database, what still is open; none when nothing is.

    UMT's roles keep the advisory locks. Nobody is given the large objects: some of their functions read and write the
    server's files.
    """
    found = connection.execute(_OPEN, (_OURS,)).fetchall()
    if not found:
        return []
    ours = ", ".join(sql.Identifier(role).as_string(connection) for role in _OURS)
    every, locks = (", ".join(name for name, advisory in found if advisory or not only) for only in (False, True))
    grants = [f"GRANT EXECUTE ON FUNCTION {locks} TO {ours}"] if locks else []
    return [*grants, f"REVOKE EXECUTE ON FUNCTION {every} FROM PUBLIC"]


def close(connection: psycopg.Connection[Any]) -> None:
    """Close them in the open transaction, as far as this login may; `closing` says what is left."""
    if not closing(connection):
        return
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(OWNER)))
        # Two at once would change the same rows of the catalogue.
        connection.execute("LOCK TABLE umt.data_login IN SHARE ROW EXCLUSIVE MODE")
        connection.execute("RESET ROLE")
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
        # Who may not is often only warned.
        for statement in closing(connection):
            connection.execute(statement.encode())
