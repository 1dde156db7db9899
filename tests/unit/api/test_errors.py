"""What callers are told: every error has a code, and a fault of ours says nothing but a reference."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import BaseModel, ValidationError

from umt.api import errors
from umt.api.app import create_app
from umt.api.services import Services
from umt.application import errors as refusals
from umt.application import queries
from umt.application.permissions import Permission
from umt.application.transaction import Context
from umt.domain import errors as domain
from umt.domain.money import Money
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role

NOBODY = UUID(int=0)
SECRET = "postgresql://umt:hunter2@db/umt"


class _Shape(BaseModel):
    total_budget: int


def _invalid() -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        _Shape.model_validate({"total_budget": "x"})
    return raised.value


TOLD: list[tuple[Exception, dict[str, Any]]] = [
    (refusals.Unauthenticated("no"), {"code": "UNAUTHENTICATED"}),
    (refusals.CsrfRefused("no"), {"code": "FORBIDDEN"}),
    (refusals.Forbidden(Permission.BRAND_WRITE), {"code": "FORBIDDEN"}),
    (refusals.IdempotencyConflict("k"), {"code": "CONFLICT"}),
    (refusals.Unavailable("no"), {"code": "UNAVAILABLE"}),
    (refusals.Throttled("no", 30.2), {"code": "THROTTLED", "retryAfter": 31}),
    (
        queries.StaleRead(9, 4),
        {"code": "STALE_READ", "wanted": "dW10OjE6OQ", "reached": "dW10OjE6NA", "reason": "LAGGING"},
    ),
    (_invalid(), {"code": "BAD_USER_INPUT", "field": "totalBudget"}),
    (domain.InvalidValue("name", "no"), {"code": "BAD_USER_INPUT", "domainCode": "INVALID_VALUE", "field": "name"}),
    (domain.NotFound("brand", NOBODY), {"code": "NOT_FOUND", "domainCode": "NOT_FOUND"}),
    (domain.NameTaken("brand", "A"), {"code": "CONFLICT", "domainCode": "NAME_TAKEN", "field": "name"}),
    (domain.AlreadyExists("brand", "A"), {"code": "CONFLICT", "domainCode": "ALREADY_EXISTS"}),
    (domain.WrongStatus("brand", "a", "b"), {"code": "CONFLICT", "domainCode": "WRONG_STATUS"}),
    (domain.NotReady("no"), {"code": "CONFLICT", "domainCode": "NOT_READY"}),
    (
        domain.InsufficientBudget("reserve", wanted=Money.zero("EUR"), available=Money.zero("EUR")),
        {"code": "CONFLICT", "domainCode": "INSUFFICIENT_BUDGET", "field": "amount"},
    ),
    (
        domain.VersionConflict(NOBODY, expected=1, actual=2),
        {"code": "CONFLICT", "domainCode": "CONFLICT", "currentVersion": 2},
    ),
]


@pytest.mark.parametrize(("error", "extensions"), TOLD, ids=lambda value: type(value).__name__)
def test_each_exception_has_its_code_and_details(error: Exception, extensions: dict[str, Any]) -> None:
    assert errors.problem(error)["extensions"] == extensions


def test_every_code_has_a_status() -> None:
    assert set(errors.CODES.values()) | {errors.INTERNAL} == set(errors.STATUS)


class Broken:
    """Raises what it was given, whatever is asked of it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def submit(self, *_: Any) -> Future[Any]:
        failed: Future[Any] = Future()
        failed.set_exception(self._error)
        return failed

    async def context_of(self, token: str, address: str | None) -> Context:
        return Context(workspace=NOBODY, actor=Actor(ActorKind.USER, str(NOBODY)), role=Role.OWNER)

    def __getattr__(self, _: str) -> Any:
        async def fail(*_: Any, **__: Any) -> Any:
            raise self._error

        return fail


def client(error: Exception) -> httpx.AsyncClient:
    """A caller of an application all of whose services fail with the error."""
    broken: Any = Broken(error)
    app = create_app(
        Services(
            dispatcher=broken,
            queries=broken,
            live=broken,
            identity=broken,
            joining=broken,
            erasing=broken,
            signing_keys=broken,
            clock=broken,
        )
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://umt", headers={"authorization": "Bearer x"})


QUERY = {"query": "{ brands(first: 20) { nodes { id } } }"}
MUTATION = {"query": 'mutation { archiveBrand(input: {brand: "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"}) { position } }'}
LOGIN = {"email": "a@example.com", "password": "x"}


@pytest.mark.parametrize(("path", "body"), [("/graphql", QUERY), ("/graphql", MUTATION), ("/api/v1/auth/login", LOGIN)])
async def test_a_fault_of_ours_says_nothing_but_a_reference(
    path: str, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "umt.api.errors"):
        answer = await client(RuntimeError(SECRET)).post(path, json=body)
    told = answer.json()["errors"][0]["extensions"] if path == "/graphql" else answer.json()
    reference = told["reference"]
    assert told["code"] == "INTERNAL"
    assert told.keys() - {"type", "title", "status", "detail"} == {"code", "reference"}
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert reference in caplog.text
    assert SECRET in caplog.text


async def test_a_fault_of_health_is_masked_too() -> None:
    answer = await client(RuntimeError(SECRET)).get("/health")
    assert answer.status_code == 500
    assert (answer.headers["content-type"], answer.json()["code"]) == ("application/problem+json", "INTERNAL")
    assert SECRET not in answer.text


@pytest.mark.parametrize("body", [QUERY, MUTATION])
async def test_a_database_that_is_away_is_told_as_such(body: dict[str, Any]) -> None:
    answer = await client(refusals.Unavailable("The database cannot be reached; try again in a moment.")).post(
        "/graphql", json=body
    )
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}


ASKING = {"query": """mutation { createBrand(input: {name: "A", industry: {name: "B"}}) { errors { code } } }"""}


async def test_a_refusal_that_no_mutations_code_stands_for_is_told_outside_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "umt.api.graphql.mutation"):
        answer = await client(domain.NotReady("not yet")).post("/graphql", json=ASKING)
    assert answer.json()["data"] == {"createBrand": None}
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "CONFLICT", "domainCode": "NOT_READY"}
    assert "CreateBrandPayload has no code" in caplog.text


async def test_a_fault_of_ours_is_never_told_in_a_payload() -> None:
    answer = await client(RuntimeError(SECRET)).post("/graphql", json=ASKING)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert answer.json()["data"] == {"createBrand": None}
