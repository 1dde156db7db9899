"""What a password must be like, and how it is hashed."""

from __future__ import annotations

import argon2
import bcrypt
import pytest

from umt.adapters.passwords import Argon2Passwords
from umt.domain.errors import InvalidValue
from umt.domain.password import COMMON, SHORTEST, require_password


@pytest.mark.parametrize("password", ["correct horse battery", "y" * 10, "ü" * 10, "x" * 200, "1q2w3e4r5t but mine"])
def test_these_will_do(password: str) -> None:
    require_password(password)


@pytest.mark.parametrize(
    "password", ["", "x" * 9, "x" * 201, "password123", "PassWord123", " 1234567890 ", "１２３４５６７８９０"]
)
def test_these_will_not(password: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        require_password(password)
    assert password not in str(refused.value) or not password


def test_the_list_holds_what_the_length_lets_through() -> None:
    assert 100 <= len(COMMON) <= 250
    assert all(len(password) >= SHORTEST and password == password.casefold() for password in COMMON)


async def test_argon2id_is_what_is_made() -> None:
    passwords = Argon2Passwords()
    made = await passwords.hash("correct horse battery")
    assert made.startswith("$argon2id$")
    assert await passwords.verify(made, "correct horse battery")
    assert not await passwords.verify(made, "correct horse batterz")
    assert not passwords.outdated(made)
    assert passwords.outdated(argon2.PasswordHasher(time_cost=1).hash("x"))


@pytest.mark.parametrize("prefix", [b"$2a$", b"$2b$", b"$2y$"])
@pytest.mark.parametrize("password", ["correct horse", "ü" * 36, "x" * 72, "x" * 100])
async def test_bcrypt_is_verified_as_it_was_made(prefix: bytes, password: str) -> None:
    """It looked at 72 bytes."""
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4))
    hashed = (prefix + made[4:]).decode()
    passwords = Argon2Passwords()
    assert passwords.outdated(hashed)
    assert await passwords.verify(hashed, password)
    assert not await passwords.verify(hashed, "y" + password[1:])


@pytest.mark.parametrize("hashed", ["", "x", "$2b$", "$2b$04$short", "$argon2id$", "plain", "$2b$99$" + "x" * 53])
async def test_what_is_no_hash_fits_nothing(hashed: str) -> None:
    assert not await Argon2Passwords().verify(hashed, "x")
