"""The tables of read models in PostgreSQL: generations under row security, published as views of read_v1.

Everything here is done as the owner. A view stands for ever; which generation it shows is changed in one transaction,
and its grants, its policies and its comments stay with it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import psycopg
from psycopg import sql

from umt.projections.generations import Generation, State, generations
from umt.projections.table import INCOMPLETE, NOTED, Column, Projection, Table
from umt.projections.views import View

log = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]

_LOCK: Final = 7311_3
_READERS: Final = ("umt_app", "umt_worker", "umt_data")


def prepare(connection: Connection, projections: Sequence[Projection], views: Sequence[View]) -> None:
    """Make what is missing, in one transaction; safe when several processes start at once.

    A projection's first tables are live at once. Those of a newer version are made beside the live ones, for a worker
    to fill and switch to; a view that needs one of their columns is made by a call after that.
    """
    fingerprint = _fingerprint(projections, views)
    if _is_prepared(connection, projections, fingerprint):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if _is_prepared(connection, projections, fingerprint):
            return
        complete = True
        for projection in projections:
            found = [g for g in generations(connection, projection.name) if g.state != "retired"]
            shown = next((g for g in found if g.state == "live"), None)
            if shown is None:
                shown = make(connection, projection, "live")
            elif shown.version < projection.version and not any(g.version == projection.version for g in found):
                make(connection, projection, "building")
            if shown.version == projection.version:
                publish(connection, projection, shown)
            elif shown.version > projection.version:
                return  # An older program beside a newer one leaves what that one published.
            complete = complete and shown.version == projection.version
        for view in views:
            try:
                with connection.transaction():
                    _create_view(connection, view)
            except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable) as error:
                if complete:
                    raise
                log.info("read_v1.%s waits for a version that is being built: %s", view.name, error)
        if not complete:
            return
        connection.execute(
            "INSERT INTO umt.published (name, fingerprint) VALUES ('read_v1', %s)"
            " ON CONFLICT (name) DO UPDATE SET fingerprint = EXCLUDED.fingerprint",
            (fingerprint,),
        )


def make(connection: Connection, projection: Projection, state: State) -> Generation:
    """A new generation with empty tables."""
    row = connection.execute(
        "INSERT INTO umt.projection_checkpoint (name, generation, version, state)"
        " SELECT %s, coalesce(max(generation), 0) + 1, %s, %s FROM umt.projection_checkpoint WHERE name = %s"
        " RETURNING generation",
        (projection.name, projection.version, state, projection.name),
    ).fetchone()
    assert row
    generation = Generation(projection.name, row[0], projection.version, state, 0, 0)
    for table in projection.tables:
        for statement in _table(generation, table):
            connection.execute(statement)
    return generation


def publish(connection: Connection, projection: Projection, generation: Generation) -> None:
    """Let the views of read_v1 show this generation. Waits for those who read them: set a lock timeout."""
    for table in projection.tables:
        view = sql.Identifier("read_v1", table.name)
        connection.execute(_view_of(table, generation))
        _describe(connection, view, table.comment, table.published)


def drop(connection: Connection, projection: Projection, generation: Generation) -> None:
    """Drop the tables of a retired generation and forget it, dead letters and all. Waits for those who read them."""
    with connection.transaction():
        connection.execute(
            "DELETE FROM umt.projection_checkpoint WHERE (name, generation, state) = (%s, %s, 'retired')",
            (projection.name, generation.number),
        )
        for table in projection.tables:
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(generation.relation(table)))


def _is_prepared(connection: Connection, projections: Sequence[Projection], fingerprint: bytes) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM umt.published WHERE (name, fingerprint) = ('read_v1', %s)) AND NOT EXISTS ("
        " SELECT FROM unnest(%s::text[], %s::integer[]) AS n (name, version) WHERE NOT EXISTS ("
        "  SELECT FROM umt.projection_checkpoint c WHERE c.name = n.name AND c.state = 'live')"
        " OR NOT EXISTS (SELECT FROM umt.projection_checkpoint c"
        "  WHERE c.name = n.name AND c.version >= n.version AND c.state <> 'retired'))",
        (fingerprint, [p.name for p in projections], [p.version for p in projections]),
    ).fetchone()
    return bool(row and row[0])


def _fingerprint(projections: Iterable[Projection], views: Iterable[View]) -> bytes:
    """A digest of all that read_v1 publishes, so that a start with nothing new looks once and is done."""
    anyone = Generation("", 0, 0, "live", 0, 0)
    declared = [
        [
            (p.name, p.version, [(_view_of(t, anyone).as_string(), t.comment, t.published) for t in p.tables])
            for p in projections
        ],
        [(v.name, v.comment, v.published, v.select) for v in views],
    ]
    return hashlib.sha256(msgspec.json.encode(declared)).digest()


def _table(generation: Generation, table: Table) -> Iterable[sql.Composed]:
    name = generation.relation(table)
    yield sql.SQL("DROP TABLE IF EXISTS {}").format(name)  # of a generation whose row an older program forgot
    yield sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))").format(
        name,
        sql.SQL(", ").join(sql.SQL(_definition(c)) for c in table.all_columns),
        sql.SQL(", ").join(sql.Identifier(c.name) for c in table.all_key),
    )
    for number, index in enumerate(table.all_indexes):
        yield sql.SQL("CREATE INDEX {} ON {} ({})").format(
            sql.Identifier(f"{table.name}_{generation.number}_{number}"), name, sql.SQL(index)
        )
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY").format(name)
    for role, condition in (
        ("umt_app", "workspace = (SELECT umt.current_workspace())"),
        ("umt_data", "workspace IN (SELECT l.workspace FROM umt.data_login l WHERE l.login = current_user)"),
    ):
        yield sql.SQL("CREATE POLICY {} ON {} FOR SELECT TO {} USING ({})").format(
            sql.Identifier(role), name, sql.Identifier(role), sql.SQL(condition)
        )
    for role in ("umt_worker", "umt_owner"):
        yield sql.SQL("CREATE POLICY {} ON {} TO {} USING (true) WITH CHECK (true)").format(
            sql.Identifier(role), name, sql.Identifier(role)
        )
    yield sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO umt_worker").format(name)
    yield sql.SQL("GRANT SELECT ON {} TO umt_app, umt_data").format(name)
    yield sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(table.comment))
    for column in table.all_columns:
        yield _comment(name, column)


def _view_of(table: Table, generation: Generation) -> sql.Composed:
    return sql.SQL("CREATE OR REPLACE VIEW {} WITH (security_invoker = true) AS SELECT {} FROM {} AS t").format(
        sql.Identifier("read_v1", table.name),
        sql.SQL(", ").join(_shown(column, generation, table) for column in table.published),
        generation.relation(table),
    )


def key_text(column: Column) -> sql.Composed:
    """A column of ``t`` as marks of incomplete rows write it, whatever style of dates the reader has set."""
    text = "to_char(t.{}, 'YYYY-MM-DD')" if column.type == "date" else "t.{}::text"
    return sql.SQL(text).format(sql.Identifier(column.name))


def _shown(column: Column, generation: Generation, table: Table) -> sql.Composable:
    if column is not INCOMPLETE:
        return sql.SQL("t.{}").format(sql.Identifier(column.name))
    key = [key_text(c) for c in table.key]
    leading = [sql.SQL("ARRAY[{}]::text[]").format(sql.SQL(", ").join(key[:length])) for length in range(len(key) + 1)]
    return sql.SQL(
        "EXISTS (SELECT FROM umt.incomplete_row i WHERE i.projection = {} AND i.generation = {} AND i.view = {}"
        " AND i.workspace = t.workspace AND i.row_key IN ({})) AS incomplete"
    ).format(
        sql.Literal(generation.projection),
        sql.Literal(generation.number),
        sql.Literal(table.name),
        sql.SQL(", ").join(leading),
    )


def _create_view(connection: Connection, view: View) -> None:
    name = sql.Identifier("read_v1", view.name)
    connection.execute(
        sql.SQL("CREATE OR REPLACE VIEW {} WITH (security_invoker = true) AS {}").format(name, sql.SQL(view.select))
    )
    _describe(connection, name, view.comment, view.published)


def _describe(connection: Connection, view: sql.Identifier, comment: str, columns: Iterable[Column]) -> None:
    connection.execute(
        sql.SQL("GRANT SELECT ON {} TO {}").format(view, sql.SQL(", ").join(map(sql.Identifier, _READERS)))
    )
    connection.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(view, sql.Literal(comment)))
    for column in columns:
        connection.execute(_comment(view, column))


def _comment(relation: sql.Identifier, column: Column) -> sql.Composed:
    return sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(
        relation, sql.Identifier(column.name), sql.Literal(column.comment)
    )


def _definition(column: Column) -> str:
    """Sums start at zero; texts sort by their bytes, so that keyset pages are stable everywhere."""
    if column in NOTED:
        return f"{column.name} {column.type} NOT NULL"
    if column.summed:
        return f"{column.name} {column.sql_type} NOT NULL DEFAULT 0"
    return f'{column.name} {column.type} COLLATE "C"' if column.type == "text" else f"{column.name} {column.type}"
