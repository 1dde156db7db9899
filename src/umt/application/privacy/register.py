"""Where erasures stand: in the database, process by process, and in a register beside it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec


class RegisterError(Exception):
    """The register of erasures cannot be read or written, so nothing may be served: erased people could come back."""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the register: who was erased where and when, and nothing about the person."""

    subject: UUID
    workspace: UUID
    erased_at: datetime


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure as it stands. It is complete when no process can have the person's key in memory any more."""

    sequence: int
    subject: UUID
    workspace: UUID
    position: int
    requested_at: datetime
    completed_at: datetime | None

    @property
    def complete(self) -> bool:
        return self.completed_at is not None


class Register(Protocol):
    """A list of erasures that no restore of the database takes back."""

    def add(self, erasures: Iterable[Registered]) -> None:
        """Add those that are not in it yet; they are safe when this returns. Raises RegisterError."""
        ...

    def entries(self) -> list[Registered]:
        """All of them. Raises RegisterError."""
        ...


class Erasures(Protocol):
    """Erasures of every workspace, as the operator sees them. Each raises Unavailable while the database is away."""

    def of(self, subject: UUID) -> Erasure | None:
        """A person's erasure; None without one."""
        ...

    def waits_for(self, subject: UUID) -> list[str]:
        """The processes that may still have the person's key; empty when it is complete."""
        ...

    def all(self) -> list[Registered]:
        """Every one in the database."""
        ...

    def home_of(self, subject: UUID) -> UUID | None:
        """The workspace that a person has or had a key in."""
        ...

    def holding(self, subjects: Iterable[UUID]) -> set[UUID]:
        """Those of the subjects that have a key."""
        ...
