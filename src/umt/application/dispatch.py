"""The one way in: every command passes authorisation, idempotency and the writer here, every query authorisation.

::

    ApplicationError
    ├── Forbidden            the actor may not do this
    ├── IdempotencyConflict  the key was used for another request
    └── Unavailable          the database cannot be reached now
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ClassVar, Protocol
from uuid import uuid4

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.alias_generators import to_camel

from umt.application.permissions import Permission, allows
from umt.application.transaction import Context, Outcome, Transaction


class ApplicationError(Exception):
    """A request was refused before anything was decided."""

    code: ClassVar[str] = "UNAVAILABLE"


class Forbidden(ApplicationError):
    """The actor may not do this."""

    code = "FORBIDDEN"

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        super().__init__(f"This needs the permission {permission}, which you do not have in this workspace.")


class IdempotencyConflict(ApplicationError):
    """The key was used for another request."""

    code = "CONFLICT"

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key {key!r} was used for another request; use a fresh key.")


class Unavailable(ApplicationError):
    """The database cannot be reached now."""


class Command(BaseModel):
    """A request to change something: checked at the edge by its fields, decided by ``handle``."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, alias_generator=to_camel, populate_by_name=True
    )
    permission: ClassVar[Permission]

    def handle(self, tx: Transaction) -> None:
        """Decide; runs again after a lost race, so its only effects are on ``tx``."""
        raise NotImplementedError(type(self).__name__)

    def canonical(self) -> bytes:
        """The request as bytes that are equal for equal requests."""
        return msgspec.json.encode([type(self).__name__, self.model_dump()], enc_hook=_revealed, order="sorted")


class CommandKey(msgspec.Struct, frozen=True):
    """A caller's idempotency key and a keyed hash of what was asked with it."""

    id: str
    request_hash: bytes


class Writer(Protocol):
    """The one writer of a process: runs work in transactions, again when it lost a race."""

    def execute(
        self, context: Context, work: Callable[[Transaction], None], key: CommandKey | None
    ) -> Future[Outcome]: ...

    def run(self, context: Context, work: Callable[[Transaction], Any]) -> Future[Any]:
        """Work that is no command of a caller: a reaction, an import. The answer is the work's own."""
        ...


class Dispatcher:
    """Authorises and submits. ``fingerprint`` is a keyed hash."""

    def __init__(self, writer: Writer, fingerprint: Callable[[str], bytes]) -> None:
        self._writer, self._fingerprint = writer, fingerprint

    def submit(self, command: Command, context: Context) -> Future[Outcome]:
        """Hand the command to the writer. One without an idempotency key gets one of its own, so that doing it again
        after a lost answer to COMMIT finds what was done."""
        authorise(command.permission, context)
        if context.command_id is None:
            context = replace(context, command_id=uuid4().hex)
        assert context.command_id is not None
        key = CommandKey(context.command_id, self._fingerprint(command.canonical().decode()))
        return self._writer.execute(context, command.handle, key)


def authorise(permission: Permission, context: Context) -> None:
    """Refuse what the actor's role does not allow; the table is in permissions.py."""
    if not allows(permission, context.actor.kind, context.role):
        raise Forbidden(permission)


def _revealed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise NotImplementedError(type(value).__name__)
