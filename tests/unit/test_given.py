"""The words given, when, then: a test that should fail does."""

from __future__ import annotations

import pytest
from tests.given import given
from tests.unit.domain.stories import TECHNOLOGY, archived_brand, brand

from umt.domain import brand as decide
from umt.domain.brand import BrandArchived, BrandRenamed
from umt.domain.errors import InvalidValue, WrongStatus


def test_other_events_than_expected_fail() -> None:
    with pytest.raises(AssertionError):
        given(*brand()).when(decide.rename, "Globex").then(BrandRenamed("Acme"))
    with pytest.raises(AssertionError):
        given(*brand()).when(decide.rename, "Globex").then_nothing()


def test_a_refusal_where_events_are_expected_fails_and_shows_the_refusal() -> None:
    refused = given(*archived_brand()).when(decide.rename, "Globex")
    for expectation in (refused.then, refused.then_nothing, refused.then_state):
        with pytest.raises(AssertionError, match="WrongStatus") as failed:
            expectation()
        assert isinstance(failed.value.__cause__, WrongStatus)


def test_a_refusal_is_not_stepped_over() -> None:
    with pytest.raises(AssertionError, match="WrongStatus"):
        given(*archived_brand()).when(decide.rename, "Globex").when(decide.archive)


def test_events_or_another_refusal_where_a_refusal_is_expected_fail() -> None:
    with pytest.raises(AssertionError, match="WrongStatus was expected"):
        given(*brand()).when(decide.archive).then_fails(WrongStatus)
    with pytest.raises(AssertionError, match="InvalidValue was expected"):
        given(*archived_brand()).when(decide.rename, "Globex").then_fails(InvalidValue)
    with pytest.raises(AssertionError, match="does not say"):
        given(*archived_brand()).when(decide.rename, "Globex").then_fails(WrongStatus, match="retired")


def test_a_state_that_is_otherwise_fails() -> None:
    with pytest.raises(AssertionError):
        given(*brand()).then_state(archived=True)
    with pytest.raises(AssertionError, match="does not hold"):
        given(*brand(), BrandArchived()).then_state(lambda state: not state.archived)


def test_without_a_history_there_is_no_state() -> None:
    assert given().state is None
    given().when(decide.create, "Acme", TECHNOLOGY).then_state(name="Acme")
