"""The published contracts say of every view in read_v1 what the database says of it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.integration.export.conftest import PUBLISHED

from umt.adapters.postgres.database import WORKER, connect
from umt.application.contracts import PublishedView
from umt.application.contracts.promises import promise, rules
from umt.bootstrap import System


@pytest.fixture
def connection(wired: System) -> psycopg.Connection[Any]:
    return connect(wired.url, WORKER)


def test_every_view_has_a_contract(connection: psycopg.Connection[Any]) -> None:
    views = connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'read_v1'").fetchall()
    assert {name for (name,) in views} == {view.name for view in PUBLISHED}


@pytest.mark.parametrize("view", PUBLISHED, ids=lambda view: view.name)
def test_a_contract_describes_its_view(connection: psycopg.Connection[Any], view: PublishedView) -> None:
    relation = f"read_v1.{view.name}"
    comment = connection.execute("SELECT obj_description(%s::regclass, 'pg_class')", (relation,)).fetchone()
    assert comment == (view.comment,)
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, NULL), col_description(attrelid, attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
        (relation,),
    ).fetchall()
    names = {"timestamptz": "timestamp with time zone"}
    assert columns == [(c.name, names.get(c.sql_type, c.sql_type), c.comment) for c in view.columns]


@pytest.mark.parametrize("view", PUBLISHED, ids=lambda view: view.name)
def test_what_is_promised_can_be_asked(connection: psycopg.Connection[Any], view: PublishedView) -> None:
    """The conditions are SQL that the view understands."""
    conditions = [rule.condition for rule in rules(view)]
    for column in view.columns:
        if (promised := promise(view, column)).minimum is not None:
            conditions.append(f"{column.name} >= {promised.minimum}")
    query = f"SELECT count(*) FROM read_v1.{view.name} WHERE NOT ({' AND '.join(conditions) or 'true'})"
    assert connection.execute(query.encode()).fetchone() == (0,)
