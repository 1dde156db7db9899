"""Commands on passwords."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import SecretStr

from umt.application.dispatch import Command
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import user
from umt.domain.user import User


class ChangePassword(Command):
    """Set another password; every session of the account ends.

    Both fields are filled in by application/identity, which has verified the present password.
    """

    permission: ClassVar[Permission] = Permission.SELF
    user: UUID
    password_hash: SecretStr

    def handle(self, tx: Transaction) -> None:
        tx.decide(User, self.user, user.set_password)
        tx.put_password(self.user, self.password_hash.get_secret_value())
