"""Erasing a person: the key is destroyed, what is theirs goes with it, and no restore brings them back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from umt.application.commands.privacy import EraseSubject, erase
from umt.application.dispatch import Dispatcher, Writer
from umt.application.errors import Unavailable
from umt.application.privacy.register import Erasure, Erasures, Register, Registered
from umt.application.transaction import Context, Outcome, Transaction
from umt.domain.invitation import Invitation, Status
from umt.domain.recorded import Actor, ActorKind

log = logging.getLogger(__name__)


class Erased(msgspec.Struct, frozen=True):
    """How the erasure of a person stands, and what the command led to."""

    erasure: Erasure
    outcome: Outcome


class Erasing:
    """Erases people, and keeps the register. ``reach`` waits until this process has forgotten up to an erasure."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        writer: Writer,
        erasures: Erasures,
        register: Register,
        reach: Callable[[int], object],
    ) -> None:
        self._dispatcher, self._writer = dispatcher, writer
        self._erasures, self._register, self._reach = erasures, register, reach

    def erase(self, subject: UUID, context: Context) -> Erased:
        """Erase a person of the context's workspace; of one who is erased already, how that stands.

        When this returns, the erasure is in the register and this process has forgotten the key. It is complete when
        every process has, which takes a moment. Raises NotFound, Forbidden, NotReady for the last owner, RegisterError, and
        Unavailable while the database is away; who asks again is told whether it was done.
        """
        outcome = self._dispatcher.submit(EraseSubject(user=subject), context).result()
        found = self._entered(subject, context.workspace)
        self._reach(found.sequence)
        return Erased(found, outcome)

    def heal(self) -> int:
        """Bring database and register together, before anything is served: what a restore brought back is erased
        again, and what a crash kept out of the register is added. The answer is how many were erased again.
        Raises RegisterError and whatever keeps a person from being erased."""
        entries = self._register.entries()
        back = self._erasures.holding(entry.subject for entry in entries)
        for entry in entries:
            if entry.subject in back:
                self._again(entry)
        known = {entry.subject for entry in entries}
        self._register.add(entry for entry in self._erasures.all() if entry.subject not in known)
        if back:
            log.warning("the database was restored from before %d erasures; they were done again", len(back))
        return len(back)

    def forget_invitee(self, workspace: UUID, sent: UUID) -> None:
        """Erase who was invited and never came."""
        invited = self._writer.run(_by("retention", workspace), lambda tx: _forget_invitee(tx, sent)).result()
        if invited:
            self._entered(invited, workspace)

    def _entered(self, subject: UUID, workspace: UUID) -> Erasure:
        """The erasure that was just committed, once it is in the register, where it comes also while the database cannot
        be asked. Raises Unavailable then."""
        try:
            found = self._erasures.of(subject)
        except Unavailable:
            self._register.add([Registered(subject=subject, workspace=workspace, erased_at=datetime.now(UTC))])
            raise
        assert found, "an erasure leaves a row"
        self._register.add([_entry(found)])
        return found

    def _again(self, entry: Registered) -> None:
        context = _by("restore", entry.workspace)
        self._writer.run(context, lambda tx: erase(tx, entry.subject, last_owner=True)).result()


def _forget_invitee(tx: Transaction, sent: UUID) -> UUID | None:
    found = tx.load(Invitation, sent)
    if found is None or found.status is Status.ACCEPTED or not tx.has_subject_key(found.user):
        return None
    erase(tx, found.user)
    return found.user


def _by(part: str, workspace: UUID) -> Context:
    """On behalf of a part of the system."""
    return Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, part))


def _entry(erasure: Erasure) -> Registered:
    return Registered(subject=erasure.subject, workspace=erasure.workspace, erased_at=erasure.requested_at)
