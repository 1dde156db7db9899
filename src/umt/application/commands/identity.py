"""Commands on accounts."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import SecretStr

from umt.application.dispatch import Command
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import user, workspace
from umt.domain.personal import Personal
from umt.domain.user import User
from umt.domain.workspace import Role, Workspace


class Register(Command):
    """Make an account and the workspace of its company; the person is its owner.

    ``user`` and ``password_hash`` are filled in by application/identity; the password is only compared there.
    """

    permission: ClassVar[Permission] = Permission.REGISTER
    email: str
    name: str
    company: str
    time_zone: str = "UTC"
    user: UUID
    password_hash: SecretStr

    def handle(self, tx: Transaction) -> None:
        person = self.user
        tx.create(User, person, user.register, Personal(self.email, person), Personal(self.name, person))
        tx.create(Workspace, tx.context.workspace, workspace.create, self.company, self.time_zone, person)
        tx.open_account(person, user.email_address(self.email), self.password_hash.get_secret_value())
        tx.put_member(person, Role.OWNER, person)
