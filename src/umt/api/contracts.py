"""The API's published contracts for `umt schema`: GraphQL's schema and the REST side's OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from graphql import GraphQLSyntaxError, build_schema
from graphql.utilities import find_breaking_changes

from umt.api.app import graphql_schema, openapi_schema
from umt.application.schemas import Contract, Difference


def _graphql_file(folder: Path) -> Path:
    return folder / "graphql" / "schema.graphql"


def _broken(folder: Path) -> Iterable[Difference]:
    """What in the committed schema a query may rely on that the published one no longer keeps."""
    path = _graphql_file(folder)
    if not path.exists():
        return
    try:
        committed = build_schema(path.read_text())
    except (GraphQLSyntaxError, TypeError) as error:
        yield Difference(str(path), f"is damaged: {error}", breaking=True)
        return
    for change in find_breaking_changes(committed, build_schema(graphql_schema())):
        yield Difference(str(path), f"{change.description}; deprecate it and add another beside it.", breaking=True)


GRAPHQL: Final = Contract(lambda folder: {_graphql_file(folder): graphql_schema().encode()}, _broken)
"""``graphql/schema.graphql``; a change that breaks a query is refused."""

REST: Final = Contract(
    lambda folder: {folder / "openapi.json": f"{json.dumps(openapi_schema(), indent=2, sort_keys=True)}\n".encode()}
)
"""``openapi.json``."""
