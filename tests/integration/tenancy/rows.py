"""Rows of made-up tenants in any table, and what a reader sees of them."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]
_NUMBERS = count(1_000_000)


def relations(connection: Connection, schema: str) -> list[sql.Identifier]:
    """All of a schema that has rows of workspaces: everything but the status of projections."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'v', 'm', 'p')"
        " AND relname <> 'projection_status'",
        (schema,),
    ).fetchall()
    return [sql.Identifier(schema, name) for (name,) in rows]


def plant(connection: Connection, table: sql.Identifier, workspace: UUID) -> None:
    """A row of the workspace, made up of values of the columns' types."""
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull AND NOT atthasdef AND attidentity = ''",
        (table.as_string(),),
    ).fetchall()
    made_up: dict[str, Any] = {
        "bigint": next(_NUMBERS),
        "text[]": [],
        "bytea": uuid4().bytes,
        "uuid": uuid4(),
        "date": "2026-01-01",
        "timestamp with time zone": "2026-01-01",
        "jsonb": "{}",
        "boolean": "false",
    }
    values = [workspace if name == "workspace" else made_up.get(kind, "1") for name, kind in columns]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            table,
            sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
            sql.SQL(", ").join(sql.Placeholder() for _ in columns),
        ),
        values,
    )


def seen(connection: Connection, relation: sql.Identifier) -> set[UUID]:
    rows = connection.execute(sql.SQL("SELECT DISTINCT workspace FROM {}").format(relation)).fetchall()
    return {workspace for (workspace,) in rows}
