"""Documents that clients name instead of sending, and a server that executes no others, on whatever transport they come."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import ValidationError
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.following import Socket, parsed
from tests.integration.api.serving import serving

from umt.api.graphql.execution.documents import digest
from umt.settings import Settings

ROLE: Final = "query Role { me { role } }"
FOLLOWING: Final = "subscription Following { dashboardChanged { position dashboard { spend } } }"
TRUSTED: Final = {digest(text): text for text in (ROLE, FOLLOWING)}
OTHER: Final = "{ me { role } }"
"""It asks for the same, in other words."""

Asks = Callable[[Caller, dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("client") / "persisted-documents.json"
    file.write_text(json.dumps(TRUSTED))
    return file


@pytest.fixture(scope="module")
def strict(settings: Settings, manifest: Path) -> Iterator[str]:
    """The address of a server that executes trusted documents only."""
    wanted = {"trusted_documents": manifest, "only_trusted_documents": True, "graphiql": False, "introspection": False}
    with serving(settings.model_copy(update=wanted)) as (url, _):
        yield url


@pytest.fixture(scope="module")
def client(strict: str) -> Caller:
    """Somebody who signed in by the REST side, whose requests no document is needed for."""
    caller = Caller(strict)
    given = {"email": caller.email, "password": PASSWORD, "name": "Pat", "company": "Co"}
    session = caller.http.post("/api/v1/auth/register", json=given).json()
    caller.http.headers["Authorization"] = f"Bearer {session['token']}"
    return caller


def by_post(caller: Caller, asked: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = caller.http.post("/graphql", json=asked).json()
    return answer


def by_get(caller: Caller, asked: dict[str, Any]) -> dict[str, Any]:
    given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}
    answer: dict[str, Any] = caller.http.get("/graphql", params=given).json()
    return answer


def by_websocket(caller: Caller, asked: dict[str, Any]) -> dict[str, Any]:
    with Socket.of(caller) as socket:
        socket.says(type="subscribe", id="1", payload=asked)
        heard = socket.hears()
        return {"errors": heard["payload"]} if heard["type"] == "error" else dict(heard["payload"])


def by_events(caller: Caller, asked: dict[str, Any]) -> dict[str, Any]:
    with caller.http.stream("POST", "/graphql", json=asked, headers={"accept": "text/event-stream"}) as answer:
        return dict(next(parsed(answer)).answer)


EVERYWHERE: Final = pytest.mark.parametrize("asks", [by_post, by_get, by_websocket, by_events])


@EVERYWHERE
@pytest.mark.parametrize(
    "named",
    [
        {"documentId": f"sha256:{digest(ROLE)}"},
        {"documentId": digest(ROLE)},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(ROLE)}}},
        {"query": ROLE},
        {"query": ROLE, "documentId": f"sha256:{digest(ROLE)}"},
    ],
)
def test_a_trusted_document_is_executed(client: Caller, asks: Asks, named: dict[str, Any]) -> None:
    assert asks(client, named)["data"] == {"me": {"role": "OWNER"}}


@EVERYWHERE
@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"query": OTHER}, "Only trusted documents are executed here"),
        ({"query": "{ __schema { queryType { name } } }"}, "Only trusted documents are executed here"),
        ({"query": "{"}, "Only trusted documents are executed here"),
        ({"query": OTHER, "documentId": f"sha256:{digest(ROLE)}"}, "The document is not the one that its id names"),
        ({"documentId": f"sha256:{digest(OTHER)}"}, "PersistedQueryNotFound"),
        (
            {"query": OTHER, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(OTHER)}}},
            "Only trusted",
        ),
    ],
)
def test_no_other_is(client: Caller, asks: Asks, asked: dict[str, Any], why: str) -> None:
    answer = asks(client, asked)
    (error,) = answer["errors"]
    assert "data" not in answer
    assert error["message"].startswith(why)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("asks", [by_websocket, by_events])
def test_a_trusted_subscription_is_followed_and_another_is_not(client: Caller, asks: Asks) -> None:
    assert asks(client, {"documentId": f"sha256:{digest(FOLLOWING)}"})["data"]["dashboardChanged"]["position"]
    refused = asks(client, {"query": FOLLOWING.replace("Following", "Another")})
    assert refused["errors"][0]["message"].startswith("Only trusted documents are executed here")


def test_without_graphiql_a_browser_is_answered_as_anybody(strict: str) -> None:
    answer = httpx.get(f"{strict}/graphql", headers={"accept": "text/html"})
    assert answer.headers["content-type"].startswith("application/json")


def test_without_introspection_the_schema_is_not_told(settings: Settings) -> None:
    with serving(settings.model_copy(update={"introspection": False})) as (url, _):
        answer = Caller(url).posts("{ __schema { queryType { name } } }")
        assert "data" not in answer
        assert all("introspection" in error["message"] for error in answer["errors"])
        assert Caller(url).asks("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("[]", "is no JSON object of documents by their SHA-256"),
        (json.dumps({digest(ROLE): OTHER}), "is not the SHA-256 of its document"),
    ],
)
def test_a_manifest_that_is_none_is_refused_at_the_start(
    settings: Settings, tmp_path: Path, written: str | None, said: str
) -> None:
    file = tmp_path / "manifest.json"
    if written is not None:
        file.write_text(written)
    assert settings.data_dir
    done = subprocess.run(
        [sys.executable, "-m", "umt.cli.main", "serve", "--api-only", "--port", "0", "--data-dir", settings.data_dir],
        env={**os.environ, "UMT_TRUSTED_DOCUMENTS": str(file)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"umt: setting UMT_TRUSTED_DOCUMENTS: \S+manifest\.json.*{re.escape(said)}.*\n", done.stderr)


def test_a_server_that_could_execute_nothing_is_no_setting() -> None:
    with pytest.raises(ValidationError, match="UMT_ONLY_TRUSTED_DOCUMENTS needs UMT_TRUSTED_DOCUMENTS"):
        Settings(only_trusted_documents=True)
