"""One Open Data Contract Standard document (v3.1.0, bitol.io) for each view: ``contracts/<view>.yaml``.

`datacontract test` checks them against a database; where it is and who asks come from its own environment variables
(DATACONTRACT_POSTGRES_HOST, …_PORT, …_USERNAME, …_PASSWORD).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from umt.application.contracts.promises import Rule, promise, rules
from umt.application.contracts.published import PublishedColumn, PublishedView
from umt.application.contracts.yaml import dump

HEADING: Final = "Written by `umt schema export` from the declarations in src/umt/projections; do not edit."
DAYS_OF_FRESHNESS: Final = 7
"""A view by day whose newest row is older has not heard of its platforms for too long."""
MINUTES_OF_HEARTBEAT: Final = 5
"""A projection beats every second or two even while nothing happens."""


def data_contracts(views: Iterable[PublishedView]) -> dict[str, bytes]:
    """Each view's document by file name."""
    return {f"{view.name}.yaml": dump(document(view), HEADING) for view in views}


def document(view: PublishedView) -> dict[str, Any]:
    """The contract of one view. Views only ever gain columns, so the number of columns is the minor version."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"urn:umt:read_v1:{view.name}",
        "name": f"read_v1.{view.name}",
        "version": f"1.{len(view.columns)}.0",
        "status": "active",
        "domain": "marketing",
        "dataProduct": "umt",
        "description": {
            "purpose": view.comment,
            "usage": "Read it by SQL with a login of `umt db data-login add`, which shows its workspaces only.",
            "limitations": "Rows are never deleted and hold no personal data. Columns are only ever appended.",
        },
        "servers": [
            {
                "server": "local",
                "type": "postgres",
                "description": "The embedded database on its loopback port (UMT_EMBEDDED_PORT).",
                "host": "127.0.0.1",
                "port": 5433,
                "database": "umt",
                "schema": "read_v1",
            }
        ],
        "schema": [
            {
                "name": view.name,
                "physicalName": view.name,
                "physicalType": "view",
                "description": view.comment,
                "dataGranularityDescription": f"One row for each {', '.join(view.key)}.",
                "properties": [_property(view, column) for column in view.columns],
                **({"quality": [_row_quality(view, rule) for rule in rules(view)]} if rules(view) else {}),
            }
        ],
        "roles": [{"role": "umt_data", "description": "The group of the data teams' logins.", "access": "read"}],
        "slaProperties": list(_service_levels(view)),
    }


_LOGICAL_TYPES: Final = {
    "uuid": "string",
    "text": "string",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamptz": "timestamp",
}
"""Of a jsonb column it is not said: it may hold an object, a list or a text."""


def _property(view: PublishedView, column: PublishedColumn) -> dict[str, Any]:
    promised = promise(view, column)
    options = {
        name: value
        for name, value in (
            ("minimum", promised.minimum),
            ("maximum", promised.maximum),
            ("pattern", promised.pattern),
            ("format", "uuid" if column.sql_type == "uuid" else None),
        )
        if value is not None
    }
    in_key = column.name in view.key
    logical = _LOGICAL_TYPES.get(column.sql_type)
    quality = _accepted(promised.values) if promised.values else None
    return {
        "name": column.name,
        "description": column.comment,
        **({"logicalType": logical} if logical else {}),
        **({"logicalTypeOptions": options} if options else {}),
        "physicalType": _physical(column.sql_type),
        **({"primaryKey": True, "primaryKeyPosition": view.key.index(column.name) + 1} if in_key else {}),
        "required": promised.required,
        **({"quality": [quality]} if quality else {}),
    }


def _physical(sql_type: str) -> str:
    """As the database's own catalogue calls it."""
    return {"timestamptz": "timestamp with time zone"}.get(sql_type, sql_type)


def _accepted(values: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "library",
        "metric": "invalidValues",
        "dimension": "conformity",
        "description": "Only these values occur.",
        "arguments": {"validValues": list(values)},
        "mustBe": 0,
    }


def _row_quality(view: PublishedView, rule: Rule) -> dict[str, Any]:
    return {
        "type": "sql",
        "name": rule.name,
        "dimension": "consistency",
        "description": rule.meaning,
        "query": f"SELECT count(*) FROM {view.name} WHERE NOT ({rule.condition})",  # noqa: S608 - of declarations
        "mustBe": 0,
    }


def _service_levels(view: PublishedView) -> Iterable[dict[str, Any]]:
    names = {column.name for column in view.columns}
    yield {
        "property": "latency",
        "value": 5,
        "unit": "s",
        "driver": "operational",
        "description": "From the append of an event to the rows that it changes, while workers run.",
    }
    if view.by_day and "updated_at" in names:
        yield {
            "property": "freshness",
            "value": DAYS_OF_FRESHNESS,
            "unit": "d",
            "element": f"{view.name}.updated_at",
            "driver": "analytics",
            "description": "Figures are collected every day while a campaign runs.",
        }
    if "beat_at" in names:
        yield {
            "property": "freshness",
            "value": MINUTES_OF_HEARTBEAT,
            "unit": "m",
            "element": f"{view.name}.beat_at",
            "driver": "operational",
            "description": "A projection beats every second or two, even while nothing happens.",
        }
