"""User: a person; name and address are personal data."""

from __future__ import annotations

import pytest
from tests.given import given
from tests.unit.domain.stories import ANNA

from umt.domain import user as decide
from umt.domain.errors import AlreadyExists, InvalidValue
from umt.domain.personal import Personal
from umt.domain.user import PasswordSet, UserRegistered, UserRenamed


def hers(text: str) -> Personal:
    return Personal(text, subject=ANNA)


REGISTERED = (UserRegistered(hers("anna@example.com"), hers("Anna")), PasswordSet())


def test_a_person_registers_with_an_address_a_name_and_a_password() -> None:
    given().when(decide.register, hers(" anna@Example.COM "), hers(" Anna ")).then(*REGISTERED)


def test_a_person_registers_once() -> None:
    given(*REGISTERED).when(decide.register, hers("anna@example.com"), hers("Anna")).then_fails(AlreadyExists)


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "@acme.example", "anna@acme", "a b@example.com", "anna@exa mple.com", "a@b@c.de"]
)
def test_an_address_is_one_that_mail_can_reach(address: str) -> None:
    refusal = given().when(decide.register, hers(address), hers("Anna")).then_fails(InvalidValue, "email")
    assert not address or address not in str(refusal), "an error must not carry personal data"


def test_the_part_before_the_at_sign_keeps_its_case() -> None:
    assert decide.email_address("Anna.B@EXAMPLE.com") == "Anna.B@example.com"


def test_a_person_goes_by_another_name() -> None:
    given(*REGISTERED).when(decide.rename, hers("Anna B.")).then(UserRenamed(hers("Anna B."))).then_state(
        name=hers("Anna B.")
    ).when(decide.rename, hers(" Anna B. ")).then_nothing()
