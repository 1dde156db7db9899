"""Template: the versioned mould of variations."""

from __future__ import annotations

import pytest
from tests.given import given

from umt.domain import template as decide
from umt.domain.errors import AlreadyExists, InvalidValue, WrongStatus
from umt.domain.template import Format, TemplateCreated, TemplateRetired, TemplateRevised

WRITTEN = TemplateCreated("Teaser", Format.SOCIAL_POST, "Ask a question.")


def test_a_template_begins_at_its_first_revision() -> None:
    given().when(decide.create, "Teaser", Format.SOCIAL_POST, "Ask a question.").then(WRITTEN).then_state(revision=1)


def test_a_template_is_created_once() -> None:
    given(WRITTEN).when(decide.create, "Teaser", Format.EMAIL, "Greet.").then_fails(AlreadyExists)


def test_every_revision_has_a_number_of_its_own() -> None:
    given(WRITTEN).when(decide.revise, "Tell a joke.").then(TemplateRevised("Tell a joke.")).then_state(
        revision=2, instructions="Tell a joke."
    ).when(decide.revise, "Be brief.").then_state(revision=3)


def test_the_same_instructions_are_no_revision() -> None:
    given(WRITTEN).when(decide.revise, " Ask a question. ").then_nothing()


@pytest.mark.parametrize("instructions", ["", "x" * 20_001])
def test_instructions_have_a_sensible_length(instructions: str) -> None:
    given(WRITTEN).when(decide.revise, instructions).then_fails(InvalidValue, "instructions")


def test_a_template_is_retired_once_and_then_stays_as_it_is() -> None:
    retired = given(WRITTEN).when(decide.retire).then(TemplateRetired()).then_state(retired=True)
    retired.when(decide.retire).then_nothing()
    retired.when(decide.revise, "Tell a joke.").then_fails(WrongStatus, "retired")
