"""Commands on API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from pydantic import Field

from umt.application.dispatch import Command
from umt.application.permissions import PEOPLE_ONLY, Permission, permissions_of
from umt.application.transaction import Context, Transaction
from umt.domain import api_key
from umt.domain.api_key import ApiKey
from umt.domain.errors import InvalidValue, NotFound
from umt.domain.workspace import Workspace

LONGEST_DAYS: Final = 366
SHOWN_CHARACTERS: Final = 8
"""How much of a key is kept, to tell keys apart."""


class CreateApiKey(Command):
    """Make a key for oneself or for a service account; it may what its holder may, cut to its scopes.

    ``key_hash`` and ``prefix`` are filled in where the key is made, and no part of what is asked for.
    """

    permission: ClassVar[Permission] = Permission.KEY_MANAGE
    name: str
    scopes: tuple[str, ...]
    expires_in_days: int = 90
    holder: UUID | None = None
    key_hash: bytes = Field(exclude=True)
    prefix: str = Field(exclude=True)

    def handle(self, tx: Transaction) -> None:
        if not 1 <= self.expires_in_days <= LONGEST_DAYS:
            raise InvalidValue("expiresInDays", f"must be between 1 and {LONGEST_DAYS}")
        scopes = _scopes(self.scopes, tx.context)
        holder = self.holder or tx.context.principal
        if holder is None:
            raise InvalidValue("holder", "name the member that the key is for")
        member = tx.get(Workspace, tx.context.workspace).member(holder)
        if member is None:
            raise NotFound("member", holder)
        if member.service is None and holder != tx.context.principal:
            raise InvalidValue("holder", "must be yourself or a service account, not another person")
        key, by = tx.new_id(), tx.context.principal
        expires_at = tx.wall_clock + timedelta(days=self.expires_in_days)
        tx.create(ApiKey, key, api_key.create, holder, self.name, self.prefix, scopes, expires_at, by)
        tx.put_api_key(key, holder, self.key_hash, scopes, expires_at, by)


class RevokeApiKey(Command):
    """Let a key open nothing any more, at once."""

    permission: ClassVar[Permission] = Permission.KEY_MANAGE
    key: UUID
    reason: str = ""

    def handle(self, tx: Transaction) -> None:
        tx.decide(ApiKey, self.key, api_key.revoke, self.reason)
        tx.drop_api_key(self.key)


def revoke_keys_of(tx: Transaction, member: UUID, became: str) -> None:
    """Revoke the keys that a member holds, and those that they made for service accounts: they have seen them."""
    for key in tx.api_keys_of(member):
        whose = "holder" if tx.get(ApiKey, key).holder == member else "maker"
        tx.decide(ApiKey, key, api_key.revoke, f"its {whose} {became}")
        tx.drop_api_key(key)


def _scopes(asked: tuple[str, ...], context: Context) -> tuple[Permission, ...]:
    """The permissions of these names, all of which the caller has and a key may have."""
    allowed = [permission for permission in permissions_of(context) if permission not in PEOPLE_ONLY]
    for name in asked:
        if name not in allowed:
            raise InvalidValue("scopes", f"{name[:40]!r} is not one that you can give: {', '.join(allowed)}")
    return tuple(Permission(name) for name in dict.fromkeys(asked))
