"""User: a person who works in workspaces. Name and address are personal data."""

from __future__ import annotations

import re
from typing import ClassVar

from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, InvalidValue
from umt.domain.event import Aggregate, Event, decides
from umt.domain.personal import Personal
from umt.domain.values import text

_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class User(Aggregate, frozen=True, kw_only=True):
    """A user as it stands."""

    kind: ClassVar[str] = "user"
    email: Personal
    name: Personal


class UserRegistered(Event, frozen=True):
    """A person made an account."""

    email: Personal
    name: Personal

    def evolve(self, _: None) -> User:
        return User(email=self.email, name=self.name)


class UserRenamed(Event, frozen=True):
    """The person goes by another name."""

    name: Personal

    def evolve(self, user: User) -> User:
        return replace(user, name=self.name)


class PasswordSet(Event, frozen=True):
    """The person chose a password; its hash lies outside the log."""

    def evolve(self, user: User) -> User:
        return user


def email_address(value: str) -> str:
    """A trimmed address whose domain is in lower case."""
    local, _, domain = text(value, "email", longest=254).rpartition("@")
    address = f"{local}@{domain.lower()}"
    if not _ADDRESS.fullmatch(address):
        raise InvalidValue("email", "is not an e-mail address like name@example.com")
    return address


@decides
def register(user: User | None, email: Personal, name: Personal) -> tuple[Event, ...]:
    if user:
        raise AlreadyExists("user", email.subject)
    return (
        UserRegistered(
            Personal(email_address(email.text), email.subject),
            Personal(text(name.text, "name"), name.subject),
        ),
        PasswordSet(),
    )


@decides
def rename(user: User, name: Personal) -> UserRenamed | None:
    name = Personal(text(name.text, "name"), name.subject)
    return UserRenamed(name) if name != user.name else None
