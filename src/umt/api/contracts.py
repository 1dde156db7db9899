"""The API's published contracts for `umt schema`: GraphQL's schema and the REST side's OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from umt.api.app import graphql_schema, openapi_schema
from umt.api.graphql_changes import graphql_changes
from umt.api.openapi_changes import openapi_changes
from umt.application.compatibility import Compare, Gate, LastCommitted, in_folder
from umt.application.schemas import Contract


def graphql(last_committed: LastCommitted = in_folder) -> Contract:
    """``graphql/schema.graphql``; a change that breaks a query is refused."""
    return _contract("graphql/schema.graphql", lambda: graphql_schema().encode(), graphql_changes, last_committed)


def rest(last_committed: LastCommitted = in_folder) -> Contract:
    """``openapi.json``; a change that breaks a client is refused."""
    return _contract("openapi.json", _openapi, openapi_changes, last_committed)


def _openapi() -> bytes:
    return f"{json.dumps(openapi_schema(), indent=2, sort_keys=True)}\n".encode()


def _contract(file: str, published: Callable[[], bytes], compare: Compare, last_committed: LastCommitted) -> Contract:
    def gate(folder: Path) -> Gate:
        return Gate(folder / file, published(), compare, last_committed)

    return Contract(
        files=lambda folder: {folder / file: published()},
        breaks=lambda folder: gate(folder).broken(),
        surprises=lambda folder: gate(folder).surprising(),
    )
