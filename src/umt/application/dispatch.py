"""The one way in for commands: each passes authorisation, idempotency and the writer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, ClassVar, Protocol
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.alias_generators import to_camel

from umt.application.authorisation import Authorisation
from umt.application.permissions import Permission
from umt.application.transaction import Context, Outcome, Transaction


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
    """The keyed hash of a caller's idempotency key and that of what was asked with it. ``given``: the key itself, to tell
    the caller of it; it is kept nowhere."""

    id: str
    request_hash: bytes
    given: str | None = None

    @property
    def shown(self) -> str:
        """How the caller knows it."""
        return self.given or self.id


class Writer(Protocol):
    """The one writer of a process: runs work in transactions, again when it lost a race."""

    def execute(
        self, context: Context, work: Callable[[Transaction], None], key: CommandKey | None
    ) -> Future[Outcome]: ...

    def run(self, context: Context, work: Callable[[Transaction], Any]) -> Future[Any]:
        """Work that is no command of a caller: a reaction, an import. The answer is the work's own."""
        ...


class Dispatcher:
    """Authorises and submits. ``fingerprint`` is a keyed hash.

    What a caller chose as idempotency key may say something of a person, so only its keyed hash is kept. ``accepted`` is
    told the workspace and the position of what was accepted, before anybody else hears of it.
    """

    def __init__(
        self,
        writer: Writer,
        fingerprint: Callable[[str], bytes],
        authorisation: Authorisation | None = None,
        accepted: Callable[[UUID, int], None] | None = None,
    ) -> None:
        self._writer, self._fingerprint, self._accepted = writer, fingerprint, accepted
        self._authorisation = authorisation or Authorisation()

    def submit(self, command: Command, context: Context) -> Future[Outcome]:
        """Hand the command to the writer. One without an idempotency key gets one of its own, so that doing it again
        after a lost answer to COMMIT finds what was done."""
        self._authorisation.require(command.permission, context)
        given = context.command_id
        identifier = uuid4().hex if given is None else self._fingerprint(f"idempotency key {given}").hex()[:32]
        key = CommandKey(identifier, self._fingerprint(command.canonical().decode()), given)
        outcome = self._writer.execute(replace(context, command_id=identifier), command.handle, key)
        if self._accepted:
            outcome.add_done_callback(partial(self._tell, context.workspace))
        return outcome

    def _tell(self, workspace: UUID, outcome: Future[Outcome]) -> None:
        if self._accepted and not outcome.cancelled() and outcome.exception() is None:
            self._accepted(workspace, outcome.result().position)


def _revealed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise NotImplementedError(type(value).__name__)
