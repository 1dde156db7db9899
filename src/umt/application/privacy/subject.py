"""A person as they are known in a workspace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from umt.application.history import sentence
from umt.domain.personal import Personal
from umt.domain.recorded import Recorded
from umt.domain.workspace import Role


class SignedIn(msgspec.Struct, frozen=True):
    """A session of the person: when, and by what client."""

    client: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str | None


class HeldKey(msgspec.Struct, frozen=True):
    """An API key that the person holds or held, or made for a service account; the key itself is kept nowhere."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime
    last_used_at: datetime | None
    revoked: bool


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a workspace. ``role`` is None for one who is no member any more, or was only invited."""

    user: UUID
    workspace: UUID
    workspace_name: str
    name: str | None
    email: str | None
    erased: bool
    role: Role | None
    sessions: tuple[SignedIn, ...]
    api_keys: tuple[HeldKey, ...]

    @property
    def actors(self) -> tuple[str, ...]:
        """Under which names they act."""
        return actors(self.user, (key.id for key in self.api_keys))


class SubjectEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the person caused (``by_them``) or that says something of them; ``fields`` are what it holds that
    is sealed under their key."""

    position: int
    recorded_at: datetime
    type: str
    text: str
    by_them: bool
    fields: dict[str, str]


def actors(person: UUID, keys: Iterable[UUID]) -> tuple[str, ...]:
    """Under which names a person with these API keys acts."""
    return (f"user:{person}", *(f"api_key:{key}" for key in keys))


def subject_event(recorded: Recorded, person: UUID, names: Iterable[str]) -> SubjectEvent:
    """The event as it concerns the person, who acts under these names."""
    return SubjectEvent(
        position=recorded.position,
        recorded_at=recorded.recorded_at,
        type=recorded.event.type_name,
        text=sentence(recorded),
        by_them=str(recorded.metadata.actor) in names,
        fields=dict(personal_fields(recorded.event, person)),
    )


def personal_fields(value: Any, person: UUID, path: str = "") -> Iterator[tuple[str, str]]:
    """Each personal text about the person in an event, with where it is."""
    if isinstance(value, Personal):
        if value.subject == person:
            yield path, value.text
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from personal_fields(getattr(value, name), person, f"{path}.{name}" if path else name)
    elif isinstance(value, (tuple, list)):
        for place, each in enumerate(value):
            yield from personal_fields(each, person, f"{path}[{place}]")
