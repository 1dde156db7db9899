"""Commands on what is known of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from umt.application.commands.api_keys import revoke_keys_of
from umt.application.dispatch import Command
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import invitation, user, workspace
from umt.domain.errors import NotFound
from umt.domain.invitation import Invitation, Status
from umt.domain.personal import PLACEHOLDER
from umt.domain.user import User
from umt.domain.workspace import MemberRemoved, Workspace


class EraseSubject(Command):
    """Erase a person for good: their key is destroyed, so that nobody reads their name and address any more, their
    sessions, open invitations and the API keys that they hold or made end, and they are no member any more.

    Members do not erase the only owner, or nobody could look after the workspace. The installation's operator does:
    the right to be erased does not wait for a successor.
    """

    permission: ClassVar[Permission] = Permission.SUBJECT_ERASE
    user: UUID

    def handle(self, tx: Transaction) -> None:
        erase(tx, self.user, last_owner=tx.context.role is None)


def erase(tx: Transaction, person: UUID, *, last_owner: bool = False) -> None:
    """Erase a person of the transaction's workspace; nothing for who is erased already. Raises NotFound, and NotReady
    for the workspace's only owner, unless ``last_owner`` says that they go all the same.

    Each invitation is sealed under the key of the user that it would have made. So whoever else the same address was
    invited as goes too.
    """
    known = tx.load(User, person)
    if known is None and not tx.has_subject_key(person):
        raise NotFound("user", person)
    tx.create(User, person, user.erase, person)
    if known and known.erased:
        return
    _leave(tx, person, last_owner=last_owner)
    email = known.email.text if known and known.email.text != PLACEHOLDER else None
    invitations = dict(_invitations(tx, person, email))
    for each, sent in invitations.items():
        if sent.status is Status.OPEN:
            tx.decide(Invitation, each, invitation.revoke)
    for other in {sent.user for sent in invitations.values()} - {person}:
        erase(tx, other, last_owner=last_owner)
    tx.erase_subject(person, list(invitations), email)  # while the keys still tell under which names the person acted
    revoke_keys_of(tx, person, "was erased")


def _leave(tx: Transaction, person: UUID, *, last_owner: bool) -> None:
    here = tx.context.workspace
    home = tx.load(Workspace, here)
    if home and home.member(person):
        if last_owner:
            tx.record(Workspace, here, MemberRemoved(person))
        else:
            tx.decide(Workspace, here, workspace.remove_member, person, tx.context.role)


def _invitations(tx: Transaction, person: UUID, email: str | None) -> Iterator[tuple[UUID, Invitation]]:
    """The invitations of the person that are kept: of their address, or of who never came and has no address yet."""
    for each in tx.kept_invitations() if email is None else tx.invitations_of(email):
        sent = tx.load(Invitation, each)
        if sent and (sent.user == person or email is not None):
            yield each, sent
