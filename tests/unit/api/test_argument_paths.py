"""Where in its arguments a mutation's refusal points to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from umt.api.graphql.argument_paths import Arguments, path_of, path_to
from umt.api.graphql.enums import Platform
from umt.api.graphql.mutation_errors import error_type, errors_of
from umt.api.graphql.mutations.allocate_budget import AllocateBudgetInput
from umt.api.graphql.mutations.create_brand import CreateBrandInput
from umt.api.graphql.mutations.remove_social_account import RemoveSocialAccountInput
from umt.api.graphql.scalars import Currency
from umt.api.graphql.types.brand import AudienceInput, IndustryInput
from umt.api.graphql.types.campaign import AllocationInput
from umt.api.graphql.types.money import MoneyInput
from umt.application.errors import IdempotencyConflict
from umt.domain import errors

BRAND, CAMPAIGN = UUID(int=7), UUID(int=8)
ALLOCATING = AllocateBudgetInput(
    campaign=CAMPAIGN,
    allocation=[
        AllocationInput(platform=Platform.GOOGLE, amount=MoneyInput(amount=Decimal(1), currency=Currency("EUR"))),
        AllocationInput(platform=Platform.X, amount=MoneyInput(amount=Decimal(1), currency=Currency("EUR"))),
    ],
)
REMOVING = RemoveSocialAccountInput(brand=BRAND, platform=Platform.X, handle_name="alpina")
CREATING = CreateBrandInput(
    name="Alpina", industry=IndustryInput(name="Outdoor"), audiences=[AudienceInput(name="Hikers", age_from=7)]
)


def path(refusal: Exception, given: Any, version: int | None = None) -> list[str]:
    return path_to(refusal, Arguments(given, None, version))


@pytest.mark.parametrize(
    ("field", "given", "found"),
    [
        ("allocation.1.amount.currency", ALLOCATING, ["input", "allocation", "1", "amount", "currency"]),
        ("audiences.0.ageFrom", CREATING, ["input", "audiences", "0", "ageFrom"]),
        ("handle", REMOVING, ["input", "handle"]),
        ("allocation.7.amount", ALLOCATING, ["input", "allocation"]),
        ("name.first", CREATING, ["input", "name"]),
        ("handleName", REMOVING, []),
        ("", REMOVING, []),
    ],
)
def test_a_path_goes_as_deep_as_there_is_something(field: str, given: Any, found: list[str]) -> None:
    assert path_of(field, given) == found


@pytest.mark.parametrize(
    ("refusal", "given", "found"),
    [
        (errors.InvalidValue("allocation.0.amount", "no"), ALLOCATING, ["input", "allocation", "0", "amount"]),
        (errors.InvalidValue("elsewhere", "no"), ALLOCATING, ["input"]),
        (errors.InvalidValue("idempotencyKey", "no"), ALLOCATING, ["idempotencyKey"]),
        (errors.NameTaken("brand", "Alpina"), CREATING, ["input", "name"]),
        (errors.NameTaken("integration", "x"), REMOVING, ["input", "platform"]),
        (errors.NotFound("brand", BRAND), REMOVING, ["input", "brand"]),
        (errors.NotFound("social account", "alpina"), REMOVING, ["input", "handle"]),
        (errors.NotFound("workspace", UUID(int=0)), REMOVING, ["input"]),
        (errors.AlreadyExists("audience", "Hikers"), CREATING, ["input", "audiences", "0", "name"]),
        (errors.WrongStatus("campaign", "live", "draft"), ALLOCATING, ["input", "campaign"]),
        (errors.NotReady("not yet"), ALLOCATING, ["input"]),
        (errors.NotReady("not yet", "allocation"), ALLOCATING, ["input", "allocation"]),
        (IdempotencyConflict("k"), ALLOCATING, ["idempotencyKey"]),
    ],
    ids=str,
)
def test_a_refusal_points_to_what_it_is_about(refusal: Exception, given: Any, found: list[str]) -> None:
    assert path(refusal, given) == found


def test_a_version_points_to_what_was_expected_if_anything_was() -> None:
    conflict = errors.VersionConflict(CAMPAIGN, expected=1, actual=2)
    assert path(conflict, ALLOCATING, version=1) == ["expectedVersion"]
    assert path(conflict, ALLOCATING) == ["input"]


class _Shape(BaseModel):
    name: int
    audiences: list[int]


def test_what_a_commands_own_checks_find_is_all_told() -> None:
    with pytest.raises(ValidationError) as raised:
        _Shape.model_validate({"name": "x", "audiences": ["y"]})
    found = errors_of(error_type("Planted", []), raised.value, Arguments(CREATING, None, None))
    assert [error.path for error in found] == [["input", "name"], ["input", "audiences", "0"]]
    assert {error.code.name for error in found} == {"INVALID_VALUE"}  # type: ignore[attr-defined]
