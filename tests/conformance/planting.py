"""Wrong values as they could come into a read model, and by which check each tool is to find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql


@dataclass(frozen=True)
class Wrong:
    """A wrong value: the statements that plant it in a view's table, and the checks that fail because of it.

    ``check`` is the type and the field of a check of datacontract, ``test`` a part of the name of a test of dbt.
    """

    name: str
    view: str
    statements: tuple[str, ...]
    check: tuple[str, str | None]
    test: str

    def plant(self, connection: psycopg.Connection[Any]) -> None:
        """As the superuser, into the table that the view shows."""
        for statement in self.statements:
            connection.execute(sql.SQL(statement).format(t=_table(connection, self.view)))


WRONGS: Final = (
    Wrong(
        "negative clicks",
        "campaign_performance",
        ("UPDATE {t} SET clicks = -1",),
        ("field_minimum", "clicks"),
        "umt_campaign_performance_clicks_at_least_0",
    ),
    Wrong(
        "a currency in words",
        "dashboard",
        ("UPDATE {t} SET currency = 'euros'",),
        ("field_regex", "currency"),
        "umt_dashboard_currency_form",
    ),
    Wrong(
        "a campaign without a name",
        "campaigns",
        ("UPDATE {t} SET name = NULL",),
        ("field_required", "name"),
        "source_not_null_umt_campaigns_name",
    ),
    Wrong(
        "an unknown status",
        "campaigns",
        ("UPDATE {t} SET status = 'asleep'",),
        ("field_invalid_values", "status"),
        "source_accepted_values_umt_campaigns_status",
    ),
    Wrong(
        "an end before the start",
        "campaigns",
        ("UPDATE {t} SET ends_on = starts_on - 1",),
        ("model_quality_sql", None),
        "umt_campaigns_ends_after_start",
    ),
    Wrong(
        "a key twice",
        "brands",
        (
            "ALTER TABLE {t} DROP CONSTRAINT IF EXISTS brands_1_pkey",
            "INSERT INTO {t} SELECT * FROM {t}",
        ),
        ("primary_key_unique", None),
        "umt_brands_key_is_unique",
    ),
    Wrong(
        "a position outside the log",
        "brands",
        ("UPDATE {t} SET position = 0",),
        ("field_minimum", "position"),
        "umt_brands_position_at_least_1",
    ),
)

STALE: Final = Wrong(
    "nothing collected for a month",
    "platform_daily_totals",
    ("UPDATE {t} SET updated_at = updated_at - interval '30 days'",),
    ("servicelevel_freshness", "updated_at"),
    "platform_daily_totals",
)
"""Found by the age of a view by day, which dbt asks for by a command of its own."""


def _table(connection: psycopg.Connection[Any], view: str) -> sql.Identifier:
    row = connection.execute(
        "SELECT c.relname FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
        " JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE r.ev_class = ('read_v1.' || quote_ident(%s))::regclass AND n.nspname = 'projection' LIMIT 1",
        (view,),
    ).fetchone()
    assert row
    return sql.Identifier("projection", row[0])
