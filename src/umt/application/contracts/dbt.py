"""The sources of a dbt project: every view with its columns and data tests, for dbt 1.10 and newer.

Only dbt's own generic tests are used, so that the file needs no package: `unique` over the row of the key's columns,
and `accepted_values` of a condition, whose only accepted value is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from umt.application.contracts.odcs import DAYS_OF_FRESHNESS, HEADING, MINUTES_OF_HEARTBEAT
from umt.application.contracts.promises import promise, rules
from umt.application.contracts.published import PublishedColumn, PublishedView
from umt.application.contracts.yaml import dump


def dbt_sources(views: Iterable[PublishedView]) -> bytes:
    """``dbt/sources.yml``, to be put among a project's models."""
    source = {
        "name": "umt",
        "schema": "read_v1",
        "description": "Marketing read models: brands, content, campaigns, their performance, and what agents decided.",
        "tables": [_table(view) for view in views],
    }
    return dump({"version": 2, "sources": [source]}, HEADING)


def _table(view: PublishedView) -> dict[str, Any]:
    return {
        "name": view.name,
        "description": view.comment,
        **({"config": _freshness(view)} if _freshness(view) else {}),
        "data_tests": list(_tests(view)),
        "columns": [_column(view, column) for column in view.columns],
    }


def _freshness(view: PublishedView) -> dict[str, Any]:
    """Where the age of the newest row says something: in views by day, and of the projections' own heartbeat."""
    names = {column.name for column in view.columns}
    if "beat_at" in names:
        return _aged("beat_at", ("minute", 1), ("minute", MINUTES_OF_HEARTBEAT))
    if view.by_day and "updated_at" in names:
        return _aged("updated_at", ("hour", 36), ("day", DAYS_OF_FRESHNESS))
    return {}


def _aged(column: str, warn: tuple[str, int], error: tuple[str, int]) -> dict[str, Any]:
    return {
        "loaded_at_field": column,
        "freshness": {
            "warn_after": {"count": warn[1], "period": warn[0]},
            "error_after": {"count": error[1], "period": error[0]},
        },
    }


def _tests(view: PublishedView) -> Iterator[dict[str, Any]]:
    """The key is unique; each row's conditions hold."""
    key = f"({', '.join(view.key)})" if len(view.key) > 1 else view.key[0]
    yield {"unique": {"name": f"umt_{view.name}_key_is_unique", "arguments": {"column_name": key}}}
    for name, condition in _conditions(view):
        yield {
            "accepted_values": {
                "name": f"umt_{view.name}_{name}",
                "arguments": {"column_name": f"({condition})", "values": [True], "quote": False},
            }
        }


def _conditions(view: PublishedView) -> Iterator[tuple[str, str]]:
    for column in view.columns:
        promised = promise(view, column)
        if promised.minimum is not None:
            yield f"{column.name}_at_least_{promised.minimum}", f"{column.name} >= {promised.minimum}"
        if promised.maximum is not None:
            yield f"{column.name}_at_most_{promised.maximum}", f"{column.name} <= {promised.maximum}"
        if promised.pattern is not None:
            yield f"{column.name}_form", f"{column.name} ~ '{promised.pattern}'"
    for rule in rules(view):
        yield rule.name, rule.condition


def _column(view: PublishedView, column: PublishedColumn) -> dict[str, Any]:
    promised = promise(view, column)
    tests: list[Any] = ["not_null"] if promised.required else []
    if promised.values:
        tests.append({"accepted_values": {"arguments": {"values": list(promised.values)}}})
    return {
        "name": column.name,
        "description": column.comment,
        "data_type": column.sql_type,
        **({"data_tests": tests} if tests else {}),
    }
