"""User: a person who works in workspaces. Name and address are personal data."""

from __future__ import annotations

import re
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, InvalidValue, WrongStatus
from umt.domain.event import Aggregate, Event, decides
from umt.domain.personal import Personal
from umt.domain.values import text

_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class User(Aggregate, frozen=True, kw_only=True):
    """A user as it stands."""

    kind: ClassVar[str] = "user"
    email: Personal
    name: Personal
    erased: bool = False

    def require_present(self) -> None:
        """WrongStatus once the person was erased: nothing is decided about them any more."""
        if self.erased:
            raise WrongStatus("user", "erased", "registered")


class UserRegistered(Event, frozen=True):
    """A person came to work in the workspace."""

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


class UserErased(Event, frozen=True):
    """The person's key was destroyed: nobody reads their name and address any more, in whatever event they are."""

    user: UUID

    def evolve(self, _: User | None) -> User:
        return User(email=Personal.erased(self.user), name=Personal.erased(self.user), erased=True)


def email_address(value: str) -> str:
    """A trimmed address whose domain is in lower case."""
    local, _, domain = text(value, "email", longest=254).rpartition("@")
    address = f"{local}@{domain.lower()}"
    if not _ADDRESS.fullmatch(address):
        raise InvalidValue("email", "is not an e-mail address like name@example.com")
    return address


@decides
def register(user: User | None, email: Personal, name: Personal) -> tuple[Event, ...]:
    """With an account of their own, and its first password."""
    return (_registered(user, email, name), PasswordSet())


@decides
def join(user: User | None, email: Personal, name: Personal) -> UserRegistered:
    """With the account that they have already."""
    return _registered(user, email, name)


@decides
def rename(user: User, name: Personal) -> UserRenamed | None:
    user.require_present()
    name = Personal(text(name.text, "name"), name.subject)
    return UserRenamed(name) if name != user.name else None


@decides
def set_password(user: User) -> PasswordSet:
    """Another password, whose hash lies outside the log."""
    user.require_present()
    return PasswordSet()


def _registered(user: User | None, email: Personal, name: Personal) -> UserRegistered:
    if user:
        raise AlreadyExists("user", email.subject)
    return UserRegistered(
        Personal(email_address(email.text), email.subject),
        Personal(text(name.text, "name"), name.subject),
    )


@decides
def erase(user: User | None, person: UUID) -> UserErased | None:
    """Also of somebody who was invited and never came; nothing is left to do for who is erased already."""
    return None if user and user.erased else UserErased(person)
