"""ApiKey: what a program may do, for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.given import given
from tests.unit.domain.stories import ANNA

from umt.domain import api_key as decide
from umt.domain.api_key import ApiKeyCreated, ApiKeyRevoked, ApiKeyUsed
from umt.domain.errors import AlreadyExists, InvalidValue

ROBOT = UUID(int=20)
NOW = datetime(2026, 3, 2, 9, 41, 7, tzinfo=UTC)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON = NOW + timedelta(days=90)
CREATED = ApiKeyCreated(ROBOT, "Nightly", "umtk_abc", ("brand:read", "campaign:read"), SOON, ANNA)


def test_a_key_is_made_with_a_name_and_scopes() -> None:
    scopes = ["campaign:read", "brand:read", "campaign:read"]
    given().when(decide.create, ROBOT, " Nightly ", "umtk_abc", scopes, SOON, ANNA).then(CREATED).then_state(
        holder=ROBOT, made_by=ANNA
    ).when(decide.create, ROBOT, "Nightly", "umtk_abc", scopes, SOON, ANNA).then_fails(AlreadyExists)
    given().when(decide.create, ROBOT, "Nightly", "umtk_abc", [], SOON).then_fails(InvalidValue, "scopes")


def test_its_use_is_noted_once_an_hour() -> None:
    given(CREATED).when(decide.use, NOW).then(ApiKeyUsed(NINE)).then_state(last_used_at=NINE).when(
        decide.use, NOW + timedelta(minutes=18)
    ).then_nothing().when(decide.use, NOW + timedelta(minutes=19)).then(ApiKeyUsed(NINE + timedelta(hours=1))).when(
        decide.use, NOW
    ).then_nothing()


def test_a_key_is_revoked_once_and_used_no_more() -> None:
    given(CREATED).when(decide.revoke, "It leaked.").then(ApiKeyRevoked("It leaked.")).then_state(revoked=True).when(
        decide.revoke, "again"
    ).then_nothing().when(decide.use, NOW).then_nothing()
