"""Commands on who is a member of a workspace."""

from __future__ import annotations

import re
from typing import ClassVar, Final
from uuid import UUID

from pydantic import SecretStr

from umt.application.commands.api_keys import revoke_keys_of
from umt.application.commands.authority import authority
from umt.application.dispatch import Command
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import user, workspace
from umt.domain.errors import InvalidValue
from umt.domain.personal import Personal
from umt.domain.user import User
from umt.domain.workspace import Role, Workspace


class _Managing(Command):
    permission: ClassVar[Permission] = Permission.MEMBER_MANAGE


class ChangeMemberRole(_Managing):
    """Give a member another role, none above one's own. An owner who gives the role that the member has vouches for
    them: that they are somebody else than the other members, and may approve what is above the approval limit."""

    user: UUID
    role: Role

    def handle(self, tx: Transaction) -> None:
        tx.decide(Workspace, tx.context.workspace, workspace.change_role, self.user, self.role, authority(tx))
        tx.put_member(self.user, self.role)


class RemoveMember(_Managing):
    """Take a member out of the workspace: their sessions end, and the API keys are revoked that they hold or made."""

    user: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Workspace, tx.context.workspace, workspace.remove_member, self.user, authority(tx))
        revoke_keys_of(tx, self.user, "is no member any more")
        tx.put_member(self.user, None)


class AddServiceAccount(_Managing):
    """Make a member that is no person: a program, which works by the API keys that it is given."""

    name: str
    role: Role

    def handle(self, tx: Transaction) -> None:
        account = tx.new_id()
        tx.decide(
            Workspace,
            tx.context.workspace,
            workspace.add_service_account,
            account,
            self.name,
            self.role,
            authority(tx),
        )
        tx.put_member(account, self.role)


class ImportUser(Command):
    """Make a person a member who had an account elsewhere, with the hash of their password. An address that is a member
    already stays as it is. One that has an account here becomes a member only if that account has this very hash, thus
    came in like this: anybody may have registered an address that is not theirs. Only the operator may: whoever brings
    a hash in knows its password."""

    permission: ClassVar[Permission] = Permission.REGISTER
    email: str
    name: str
    role: Role
    password_hash: SecretStr

    def handle(self, tx: Transaction) -> None:
        email, hashed = user.email_address(self.email), imported_hash(self.password_hash.get_secret_value())
        if tx.member_of(email):
            return
        person, account = tx.new_id(), tx.account_of(email)
        if account and not tx.has_password_hash(email, hashed):
            raise InvalidValue(
                "email",
                "has an account here with another password, which somebody else may have registered; invite the person "
                "(inviteMember) and give them the token yourself",
            )
        tx.decide(Workspace, tx.context.workspace, workspace.add_member, person, self.role, authority(tx))
        registration = user.register if account is None else user.join
        tx.create(User, person, registration, Personal(email, person), Personal(self.name, person))
        if account is None:
            tx.open_account(person, email, hashed)
        tx.put_member(person, self.role, account or person)


_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_ARGON2: Final = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,171}"
)
_DEAREST_BCRYPT: Final = 15
_LARGEST_ARGON2: Final = (1 << 18, 20, 16)
"""KiB of memory, passes and lanes; whatever asks for more would be a way to tie the server up."""


def imported_hash(text: str) -> str:
    """A hash by argon2id or bcrypt of bearable cost, as other programs write them. What is refused is not repeated."""
    if found := _BCRYPT.fullmatch(text):
        if not 4 <= int(found[1]) <= _DEAREST_BCRYPT:
            raise InvalidValue("password_hash", f"has a bcrypt cost that is not between 4 and {_DEAREST_BCRYPT}")
        return text
    if found := _ARGON2.fullmatch(text):
        costs = tuple(map(int, found.groups()))
        if any(not 1 <= cost <= most for cost, most in zip(costs, _LARGEST_ARGON2, strict=True)):
            raise InvalidValue("password_hash", "asks for more memory, passes or lanes of argon2id than is allowed")
        return text
    raise InvalidValue("password_hash", "is not a hash by argon2id ($argon2id$v=19$…) or bcrypt ($2b$…)")
