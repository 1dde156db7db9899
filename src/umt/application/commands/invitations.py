"""Commands on who is invited to a workspace."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from pydantic import Field, SecretStr

from umt.application.commands.authority import authority
from umt.application.dispatch import Command
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import invitation, user, workspace
from umt.domain.errors import AlreadyExists, InvalidValue, OutOfReach
from umt.domain.invitation import InvalidInvitation, Invitation
from umt.domain.personal import Personal
from umt.domain.user import User
from umt.domain.workspace import Role, Workspace

LONGEST_DAYS: Final = 30


class InviteMember(Command):
    """Invite an address to work here in a role, none above one's own. The token is shown once; whoever has it and knows
    the address's password, or chooses one for a new account, becomes a member.

    ``token_hash`` is filled in where the token is made, and no part of what is asked for.
    """

    permission: ClassVar[Permission] = Permission.MEMBER_MANAGE
    email: str
    role: Role
    expires_in_days: int = 7
    token_hash: bytes = Field(exclude=True)

    def handle(self, tx: Transaction) -> None:
        if not 1 <= self.expires_in_days <= LONGEST_DAYS:
            raise InvalidValue("expiresInDays", f"must be between 1 and {LONGEST_DAYS}")
        context, email = tx.context, user.email_address(self.email)
        if tx.member_of(email):
            raise AlreadyExists("member", "with this e-mail address", "email")
        for known in tx.invitations_of(email):
            if (open_one := tx.load(Invitation, known)) and open_one.is_open(tx.wall_clock):
                raise AlreadyExists("invitation", f"{known} of this e-mail address", "email")
        identifier, person = tx.new_id(), tx.new_id()
        # Whether they may give the role is decided as if they let the person in now; when that happens, it is again.
        workspace.add_member(tx.get(Workspace, context.workspace), person, self.role, authority(tx))
        expires_at = tx.wall_clock + timedelta(days=self.expires_in_days)
        tx.create(Invitation, identifier, invitation.send, person, email, self.role, expires_at, context.principal)
        tx.put_invitation(identifier, email, self.token_hash, expires_at)


class RevokeInvitation(Command):
    """Take an invitation back; its token opens nothing any more."""

    permission: ClassVar[Permission] = Permission.MEMBER_MANAGE
    invitation: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Invitation, self.invitation, invitation.revoke)


class AcceptInvitation(Command):
    """Become the member that one was invited to be. What this takes is filled in by application/identity, once the
    password is known to fit: ``account`` is the one of the address, None if ``password_hash`` makes a new one."""

    permission: ClassVar[Permission] = Permission.REGISTER
    invitation: UUID
    name: str
    account: UUID | None
    password_hash: SecretStr | None

    def handle(self, tx: Transaction) -> None:
        accepted = tx.get(Invitation, self.invitation)
        tx.decide(Invitation, self.invitation, invitation.accept, tx.wall_clock)
        person, email = accepted.user, accepted.email.text
        if tx.member_of(email):
            raise AlreadyExists("member", "with this e-mail address")
        inviter = tx.get(Workspace, tx.context.workspace).member(accepted.by)
        if accepted.by is not None and inviter is None:
            raise InvalidInvitation
        role_of_inviter = inviter.role if inviter else None
        try:
            tx.decide(Workspace, tx.context.workspace, workspace.add_member, person, accepted.role, role_of_inviter)
        except OutOfReach as error:
            raise InvalidInvitation from error
        registration = user.register if self.password_hash else user.join
        tx.create(User, person, registration, Personal(email, person), Personal(self.name, person))
        if self.password_hash:
            tx.open_account(person, email, self.password_hash.get_secret_value())
        tx.put_member(person, accepted.role, self.account or person)
