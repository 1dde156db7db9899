"""Why the domain refuses.

::

    DomainError
    ├── NotFound            there is no such thing (in this workspace)
    ├── AlreadyExists       it is there already
    ├── NameTaken           a unique name is in use
    ├── InvalidValue        a value is outside what its field allows
    ├── WrongStatus         the thing's state does not allow this now
    ├── NotReady            something that must come first is missing
    ├── InsufficientBudget  more money was asked for than there is
    ├── OutOfReach          it takes a higher role in the workspace
    ├── SecondPersonNeeded  a campaign above the approval limit waits for somebody else
    └── VersionConflict     the thing changed since the caller last saw it

Every error says what, where and what to do; its fields let a caller say it differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from uuid import UUID

    from umt.domain.money import Money
    from umt.domain.platform import Platform


class DomainError(Exception):
    """A decision was refused; nothing has changed."""

    code: ClassVar[str] = "REJECTED"
    field: str | None = None


class NotFound(DomainError):
    """There is no such thing in this workspace."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, identifier: UUID | str) -> None:
        self.kind, self.identifier = kind, identifier
        super().__init__(f"There is no {kind.replace('_', ' ')} {identifier} in this workspace.")


class AlreadyExists(DomainError):
    """It is there already."""

    code = "ALREADY_EXISTS"

    def __init__(self, kind: str, identifier: UUID | str, field: str | None = None) -> None:
        self.kind, self.identifier, self.field = kind, identifier, field
        super().__init__(f"The {kind.replace('_', ' ')} {identifier} exists already.")


class NameTaken(DomainError):
    """A name that must be unique is in use."""

    code = "NAME_TAKEN"
    field = "name"

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"The {kind} name {name!r} is in use in this workspace; choose another.")


class InvalidValue(DomainError):
    """A value is outside what its field allows."""

    code = "INVALID_VALUE"

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}")


class WrongStatus(DomainError):
    """The thing's state does not allow this now."""

    code = "WRONG_STATUS"

    def __init__(self, kind: str, status: str, *allowed: str) -> None:
        self.kind, self.status, self.allowed = kind, status, allowed
        super().__init__(f"The {kind} is {status}; this needs it to be {' or '.join(allowed)}.")


class NotReady(DomainError):
    """Something that must come first is missing."""

    code = "NOT_READY"

    def __init__(self, message: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(message)


class InsufficientBudget(DomainError):
    """More money was asked for than there is."""

    code = "INSUFFICIENT_BUDGET"

    def __init__(self, source: Platform | str, *, wanted: Money, available: Money, field: str = "amount") -> None:
        self.source, self.wanted, self.available, self.field = source, wanted, available, field
        super().__init__(f"{source} has {available} available; {wanted} was asked for.")


class OutOfReach(DomainError):
    """It takes a higher role in the workspace than the one who asks has."""

    code = "OUT_OF_REACH"


class SecondPersonNeeded(DomainError):
    """A campaign above the approval limit waits for the approval of somebody else."""

    code = "SECOND_PERSON_NEEDED"


class VersionConflict(DomainError):
    """The thing changed since the caller last saw it."""

    code = "CONFLICT"

    def __init__(self, stream: UUID, *, expected: int, actual: int) -> None:
        self.stream, self.expected, self.actual = stream, expected, actual
        super().__init__(f"Version {expected} was expected but it is now at version {actual}; read it again.")
