"""The manifest of graphql-codegen is one of trusted documents as it stands: a server that takes no others takes each by its
id, from a client of either habit, and refuses the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from graphql import OperationType, parse
from graphql.utilities import separate_operations
from tests.conformance.graphql.conftest import Served
from tests.conformance.graphql.test_documents import DOCUMENTS, kind, variables
from tests.integration.api.serving import serving

from umt.settings import Settings

Named = dict[str, str]
MANIFEST: Final = "persisted-documents.json"


@pytest.fixture(scope="module")
def named(client: Path) -> Named:
    """The ids of the documents, by the names of their operations."""
    found: dict[str, str] = json.loads((client / MANIFEST).read_text())
    return {name: identifier for identifier, text in found.items() for name in separate_operations(parse(text))}


@pytest.fixture(scope="module")
def strict(served: Served, settings: Settings, client: Path) -> Iterator[httpx.Client]:
    """The owner of the workspace at a server that takes these documents only."""
    wanted = {"trusted_documents": client / MANIFEST, "only_trusted_documents": True}
    with serving(settings.model_copy(update=wanted)) as (url, _):
        yield httpx.Client(base_url=url, headers={"Authorization": f"Bearer {served.token}"}, timeout=30)


def answer(strict: httpx.Client, **asked: Any) -> dict[str, Any]:
    answered: dict[str, Any] = strict.post("/graphql", json=asked).json()
    return answered


def test_each_is_executed_by_its_id(served: Served, strict: httpx.Client, named: Named) -> None:
    assert set(named) == set(DOCUMENTS)
    for name in (name for name in DOCUMENTS if kind(name) is OperationType.QUERY):
        given = variables(name, served.ids, served.position)
        by_id = answer(strict, documentId=f"sha256:{named[name]}", variables=given)
        assert "errors" not in by_id, (name, by_id)
        assert by_id["data"]
        apollo = {"persistedQuery": {"version": 1, "sha256Hash": named[name]}}
        assert "errors" not in answer(strict, extensions=apollo, variables=given)


def test_nothing_else_is(strict: httpx.Client) -> None:
    (error,) = answer(strict, query="{ me { role } }")["errors"]
    assert error["message"].startswith("Only trusted documents are executed here")
    (error,) = answer(strict, documentId=f"sha256:{'0' * 64}")["errors"]
    assert error["message"] == "PersistedQueryNotFound"
