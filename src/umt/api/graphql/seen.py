"""What is seen of an aggregate, be it folded from the log or read as a row: the same state, so the same fields."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from umt.api import positions
from umt.domain.event import Aggregate

A = TypeVar("A", bound=Aggregate)
V = TypeVar("V")


class Seen(msgspec.Struct, Generic[A], frozen=True):
    """A state with its version; ``position`` is where it last changed, ``created_at`` and ``updated_at`` when it was set up
    and last changed, as far as that is known."""

    id: UUID
    state: A
    version: int
    position: int | None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def as_type(self, kind: type[V], **given: Any) -> V:
        """The GraphQL type of this: id, version, position and times, fields of the state by name, and what is given."""
        own = {
            "id": self.id,
            "version": self.version,
            "position": None if self.position is None else positions.encode(self.position),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        return shown(self.state, kind, **own, **given)


def shown(state: Any, kind: type[V], **given: Any) -> V:
    """The GraphQL type with the state's attributes of the same names; nested values resolve by attribute, too."""
    fields = [field.name for field in dataclasses.fields(kind) if field.init]  # type: ignore[arg-type]
    return kind(**{name: given[name] if name in given else getattr(state, name) for name in fields})
