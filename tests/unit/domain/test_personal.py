"""Personal data shows itself to nobody who merely prints it."""

from __future__ import annotations

import traceback

import msgspec
import pytest
from tests.unit.domain.stories import ANNA, BEN

from umt.domain.personal import PLACEHOLDER, Personal
from umt.domain.user import UserRegistered

SECRET = "Anna Albrecht"
NAME = Personal(SECRET, ANNA)


@pytest.mark.parametrize(
    "shown",
    [
        str(NAME),
        repr(NAME),
        f"{NAME} {NAME!r} {NAME!s} {NAME!a}",
        "%s %r" % (NAME, NAME),  # noqa: UP031 - loggers format like this
        repr([NAME]),
        repr(UserRegistered(NAME, NAME)),
        str(msgspec.structs.asdict(UserRegistered(NAME, NAME))),
    ],
)
def test_personal_text_is_never_printed(shown: str) -> None:
    assert SECRET not in shown
    assert str(ANNA) in shown


def test_personal_text_is_not_encoded_by_accident() -> None:
    with pytest.raises(TypeError) as refused:
        msgspec.json.encode(UserRegistered(NAME, NAME))
    assert SECRET not in "".join(traceback.format_exception(refused.value))


def test_the_same_text_about_the_same_person_is_equal() -> None:
    assert Personal(SECRET, ANNA) == NAME
    assert hash(Personal(SECRET, ANNA)) == hash(NAME)
    assert Personal(SECRET, BEN) != NAME
    assert NAME != SECRET


def test_what_was_erased_shows_a_fixed_placeholder() -> None:
    assert Personal.erased(ANNA) == Personal(PLACEHOLDER, ANNA)
