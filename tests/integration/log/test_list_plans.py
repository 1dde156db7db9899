"""Lists of any length are read by indexes: no page of one is sorted, and none is reached by passing all that lies before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from umt.adapters.postgres.database import APP, OWNER, connect
from umt.adapters.postgres.listing import Listing, Statement, belonging_to
from umt.application.lists import Key, Order, Stretch
from umt.bootstrap import System
from umt.projections.catalogue import PROJECTIONS
from umt.projections.generations import live
from umt.projections.table import Table

ROWS: Final = 5_000
"""In this workspace and in others."""

LISTED: Final = [table for projection in PROJECTIONS.values() for table in projection.tables if table.sorted_by]
OTHER_ORDERS: Final = [
    ("campaigns", {"brand": None}, Order(("created_at", "campaign"), descending=True)),
    ("campaigns", {"status": "live"}, Order(("created_at", "campaign"), descending=True)),
    ("contents", {"brand": None}, Order(("created_at", "content"), descending=True)),
    ("contents", {"status": "live"}, Order(("created_at", "content"), descending=True)),
    ("agent_runs", {"subject": None}, Order(("started_at", "run"), descending=True)),
    ("agent_decisions", {"subject": None}, Order(("position",))),
    ("api_keys", {"holder": None}, Order(("created_at", "api_key"), descending=True)),
]
"""Lists that a condition narrows to a part which may be long; the value None is any that there is."""

MADE_UP: Final = {
    "uuid": "gen_random_uuid()",
    "text": "'Name ' || md5(n::text)",
    "date": "date '2026-01-01' + mod(n, 365)",
    "timestamptz": "now() - n * interval '1 minute'",
    "jsonb": "'[]'::jsonb",
    "boolean": "mod(n, 2) = 0",
}


@pytest.fixture(scope="module")
def workspace(wired: System) -> Iterator[UUID]:
    """A workspace with many rows in every list, among others with as many."""
    ours = uuid4()
    with connect(wired.url, OWNER) as owner:
        for projection in PROJECTIONS.values():
            generation = live(owner, projection.name)
            assert generation
            for table in projection.tables:
                if table in LISTED:
                    fill(owner, table, generation.relation(table), ours)
    yield ours
    with connect(wired.url, OWNER) as owner:
        for projection in PROJECTIONS.values():
            generation = live(owner, projection.name)
            for table in projection.tables:
                if generation and table in LISTED:
                    owner.execute(sql.SQL("DELETE FROM {} WHERE position < 0").format(generation.relation(table)))


def fill(owner: psycopg.Connection[Any], table: Table, relation: sql.Identifier, workspace: UUID) -> None:
    values = {column.name: MADE_UP.get(column.sql_type, "n") for column in table.all_columns}
    values |= {
        column.name: f"CASE WHEN mod(n, 10) > 0 THEN {values[column.name]} END"
        for column in table.columns
        if column.lowest
    }
    values |= {"workspace": "CASE mod(n, 2) WHEN 0 THEN %s ELSE gen_random_uuid() END", "position": "-n"}
    for name in {"brand", "subject", "holder"} & {column.name for column in table.columns}:
        values[name] = "md5(mod(n, 10)::text)::uuid"
    if "status" in values:
        values["status"] = "(ARRAY['draft', 'live', 'paused'])[1 + mod(n, 3)]"
    if "action" in values:
        values["action"] = "(ARRAY['pause', 'alert', 'hold'])[1 + mod(n, 3)]"
    owner.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, %s) n").format(
            relation,
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.SQL, values.values())),
        ),
        (workspace, 2 * ROWS),
    )
    owner.execute(sql.SQL("ANALYZE {}").format(relation))


@pytest.fixture
def reader(wired: System, workspace: UUID) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the API has it: in the application's role, bound to the workspace."""
    with connect(wired.url, APP) as connection, connection.transaction():
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(workspace),))
        yield connection


def steps(connection: psycopg.Connection[Any], statement: Statement) -> list[dict[str, Any]]:
    """The plan's steps that read or sort."""
    query, values = statement
    ((plan,),) = connection.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(query), values).fetchall()
    return list(below(plan[0]["Plan"]))


def below(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if plan.get("Parent Relationship") in ("InitPlan", "SubPlan"):
        return
    if plan["Node Type"] not in ("Limit", "Result"):
        yield plan
    for each in plan.get("Plans", ()):
        yield from below(each)


def middle(connection: psycopg.Connection[Any], table: Table, order: Order) -> Key:
    """The key of a row in the midst of the list."""
    (row,) = connection.execute(
        sql.SQL("SELECT {} FROM read_v1.{} ORDER BY 1 OFFSET %s LIMIT 1").format(
            sql.SQL(", ").join(map(sql.Identifier, order.columns)), sql.Identifier(table.name)
        ),
        (ROWS // 2,),
    ).fetchall()
    return tuple(row)


def by_index(connection: psycopg.Connection[Any], listing: Listing, key: Key) -> None:
    """Every page from either end and from the midst either way is one scan of an index that begins at its place."""
    for from_end in (False, True):
        (scan,) = steps(connection, listing.stretch(Stretch(limit=101, from_end=from_end)))
        assert scan["Node Type"] == "Index Scan", scan
        for place in ({"after": key}, {"before": key}):
            (scan,) = steps(connection, listing.stretch(Stretch(limit=101, from_end=from_end, **place)))
            assert scan["Node Type"] == "Index Scan", scan
            comparison = "position" if len(key) == 1 else "ROW("
            assert comparison in scan["Index Cond"], scan


@pytest.mark.parametrize("table", LISTED, ids=lambda table: table.name)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_in_every_order_are_read_by_an_index(
    wired: System, workspace: UUID, reader: psycopg.Connection[Any], table: Table, descending: bool
) -> None:
    for column in table.sorted_by:
        order = Order((column, *(key.name for key in table.key)), descending)
        listing = wired.reader._listing(workspace, table.name, {}, order)
        by_index(reader, listing, middle(reader, table, order))


@pytest.mark.parametrize(("view", "where", "order"), OTHER_ORDERS)
def test_pages_of_a_part_are_read_by_an_index(
    wired: System, workspace: UUID, reader: psycopg.Connection[Any], view: str, where: dict[str, Any], order: Order
) -> None:
    (table,) = (table for table in LISTED if table.name == view)
    ((any_of,),) = reader.execute("SELECT md5('0')::uuid").fetchall()
    listing = wired.reader._listing(workspace, view, {n: v or any_of for n, v in where.items()}, order)
    by_index(reader, listing, middle(reader, table, order))


def test_the_pages_of_many_things_are_each_read_by_an_index(
    wired: System, workspace: UUID, reader: psycopg.Connection[Any]
) -> None:
    listing = wired.reader._listing(workspace, "campaigns", {}, Order(("created_at", "campaign"), descending=True))
    brands = [brand for (brand,) in reader.execute("SELECT md5(n::text)::uuid FROM generate_series(0, 9) n").fetchall()]
    found = steps(reader, listing.stretches(belonging_to("brand", workspace), brands, Stretch(limit=11)))
    # What is sorted is only what the pages have, ten by eleven rows, so that they come in order.
    assert [step["Node Type"] for step in found if "Index Name" in step] == ["Index Scan"]
    assert [step["Node Type"] for step in found if "Sort" in step["Node Type"]] == ["Incremental Sort"]


def test_recommendations_are_not_sorted(wired: System, workspace: UUID, reader: psycopg.Connection[Any]) -> None:
    order = Order(("decided_at", "run", "sequence"), descending=True)
    listing = wired.reader._listing(workspace, "recommendations", {}, order)
    for stretch in (Stretch(limit=101), Stretch(limit=101, from_end=True)):
        found = steps(reader, listing.stretch(stretch))
        assert not [step for step in found if "Sort" in step["Node Type"]]
