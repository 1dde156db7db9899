"""The tables of read models in PostgreSQL: versioned, commented, under row security, published as views of read_v1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from umt.projections.table import Column, Projection, Table

_LOCK = 7311_3


def table_name(projection: Projection, table: Table) -> sql.Identifier:
    """Where a version of a read model lies."""
    return sql.Identifier("projection", f"{table.name}_{projection.version}")


def prepare(connection: psycopg.Connection[Any], projections: Iterable[Projection]) -> None:
    """Make what is missing, as the owner, in one transaction; safe when several processes start at once."""
    wanted = tuple(projections)
    ready = "SELECT count(*) FROM umt.projection_checkpoint WHERE (name, version) IN (SELECT * FROM unnest(%s::text[], %s::int[]))"
    values = ([p.name for p in wanted], [p.version for p in wanted])
    row = connection.execute(ready, values).fetchone()
    if row and row[0] == len(wanted):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        for projection in wanted:
            _prepare(connection, projection)


def _prepare(connection: psycopg.Connection[Any], projection: Projection) -> None:
    fresh = connection.execute(
        "INSERT INTO umt.projection_checkpoint (name, version) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1",
        (projection.name, projection.version),
    ).fetchone()
    if fresh is None:
        return
    for table in projection.tables:
        for statement in _statements(projection, table):
            connection.execute(statement)


def _statements(projection: Projection, table: Table) -> Iterable[sql.Composed]:
    name, view = table_name(projection, table), sql.Identifier("read_v1", table.name)
    key, columns = table.all_key, table.columns
    yield sql.SQL("CREATE TABLE {} ({}, position bigint NOT NULL, PRIMARY KEY ({}))").format(
        name,
        sql.SQL(", ").join(sql.SQL(_definition(c)) for c in (*key, *columns)),
        sql.SQL(", ").join(sql.Identifier(c.name) for c in key),
    )
    for number, index in enumerate(table.indexes):
        yield sql.SQL("CREATE INDEX {} ON {} ({})").format(
            sql.Identifier(f"{table.name}_{projection.version}_{number}"),
            name,
            sql.SQL(index),
        )
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY").format(name)
    for role, condition in (
        ("umt_app", "workspace = (SELECT umt.current_workspace())"),
        ("umt_data", "workspace IN (SELECT l.workspace FROM umt.data_login l WHERE l.login = current_user)"),
    ):
        yield sql.SQL("CREATE POLICY {} ON {} FOR SELECT TO {} USING ({})").format(
            sql.Identifier(role),
            name,
            sql.Identifier(role),
            sql.SQL(condition),
        )
    for role in ("umt_worker", "umt_owner"):
        yield sql.SQL("CREATE POLICY {} ON {} TO {} USING (true) WITH CHECK (true)").format(
            sql.Identifier(role), name, sql.Identifier(role)
        )
    yield sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO umt_worker").format(name)
    yield sql.SQL("GRANT SELECT ON {} TO umt_app, umt_data").format(name)
    # The position stands before the columns, since a view takes new ones only at its end.
    yield sql.SQL("CREATE OR REPLACE VIEW {} WITH (security_invoker = true) AS SELECT {} FROM {}").format(
        view,
        sql.SQL(", ").join(map(sql.Identifier, [*(c.name for c in key), "position", *(c.name for c in columns)])),
        name,
    )
    yield sql.SQL("GRANT SELECT ON {} TO umt_app, umt_worker, umt_data").format(view)
    for kind, target in (("TABLE", name), ("VIEW", view)):
        yield sql.SQL("COMMENT ON {} {} IS {}").format(sql.SQL(kind), target, sql.Literal(table.comment))
        for column in (*key, *columns):
            yield sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(
                target, sql.Identifier(column.name), sql.Literal(column.comment)
            )
        yield sql.SQL("COMMENT ON COLUMN {}.position IS 'The event that last changed this row.'").format(target)


def _definition(column: Column) -> str:
    """Sums start at zero; texts sort by their bytes, so that keyset pages are stable everywhere."""
    if column.summed:
        return f"{column.name} {column.sql_type} NOT NULL DEFAULT 0"
    return f'{column.name} {column.type} COLLATE "C"' if column.type == "text" else f"{column.name} {column.type}"
