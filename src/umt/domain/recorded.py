"""An event as the log holds it: where, when, by whom and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from umt.domain.event import Event
from umt.domain.values import Instant


class ActorKind(StrEnum):
    """What kind of thing acts."""

    USER = "user"
    AGENT = "agent"
    API_KEY = "api_key"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True, gc=False):
    """Who did it: a user's id, an agent's name, a key's id, or a part of the system."""

    kind: ActorKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Metadata(msgspec.Struct, frozen=True, gc=False):
    """What is known of an event beside what happened.

    ``correlation`` is shared by everything that one request led to; ``causation`` is the event that led to this
    one; ``salt`` (128 random bits) keeps a published hash of the event from being guessed.
    """

    event_id: UUID
    actor: Actor
    correlation: UUID
    causation: UUID | None
    command_id: str | None
    trace: str | None
    effective_at: Instant
    schema_version: int
    salt: str


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """An event with its place in the log, as a projection reads it that asks neither who nor why."""

    position: int
    stream: UUID
    version: int
    workspace: UUID
    recorded_at: datetime
    event: Event


class Recorded(Envelope, frozen=True, gc=False):
    """An event with its place in the log and all that is known of it."""

    metadata: Metadata


class Unreadable(Exception):
    """A stored event cannot be read: unknown type, or a body that does not fit its schema."""

    def __init__(self, position: int, type_name: str, reason: Any) -> None:
        self.position, self.type_name = position, type_name
        super().__init__(f"event {position} ({type_name}) cannot be read: {reason}")


class Undecoded(msgspec.Struct, frozen=True, gc=False):
    """A stored event that cannot be read, with its place in the log and why."""

    position: int
    stream: UUID
    version: int
    workspace: UUID
    recorded_at: datetime
    type_name: str
    error: Unreadable
