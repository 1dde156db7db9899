"""Becoming a member by an invitation, which whoever has its token may do."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID

import msgspec
from msgspec.structs import replace
from pydantic import SecretStr

from umt.application.commands.invitations import AcceptInvitation
from umt.application.dispatch import CommandKey, Writer
from umt.application.errors import Unauthenticated
from umt.application.identity import Hashing, Identity, Membership, Session, SessionStore
from umt.application.opaque_tokens import digest
from umt.application.transaction import Context, Outcome
from umt.domain.errors import InvalidValue
from umt.domain.invitation import InvalidInvitation, Invitation
from umt.domain.password import require_password
from umt.domain.personal import PLACEHOLDER
from umt.domain.recorded import Actor, ActorKind
from umt.domain.values import text, unique_key

_WRONG: Final = "The password is not that of the account of the invited address."
_NAMELESS: Final = "To make a new account, give a name, too."


class FoundInvitation(msgspec.Struct, frozen=True):
    """An invitation with where it is."""

    workspace: UUID
    id: UUID
    invitation: Invitation


class Invitations(Protocol):
    """Looks invitations up."""

    async def find(self, token_hash: bytes) -> FoundInvitation | None:
        """The invitation of a token that has not expired, by the token's SHA-256."""
        ...


class Joining:
    """Accepts invitations. ``fingerprint`` is a keyed hash."""

    def __init__(
        self,
        writer: Writer,
        identity: Identity,
        invitations: Invitations,
        accounts: SessionStore,
        hashing: Hashing,
        fingerprint: Callable[[str], bytes],
    ) -> None:
        self._writer, self._identity, self._invitations = writer, identity, invitations
        self._accounts, self._hashing, self._fingerprint = accounts, hashing, fingerprint

    async def accept(
        self,
        *,
        token: str,
        password: str,
        name: str | None,
        idempotency_key: str | None,
        address: str | None = None,
        client: str = "",
    ) -> Session:
        """Become a member and sign in. The invited address's account must know its password; an address without one
        gets an account with this name and password. Whatever does not make one is answered alike for both, so an
        inviter is not told who has an account. The same request under the same key signs in again.

        Raises InvalidInvitation for a token that opens nothing, whatever the reason.
        """
        found = await self._invitations.find(digest(token))
        if found is None or found.invitation.email.text == PLACEHOLDER:
            raise InvalidInvitation
        if name is not None:
            text(name, "name")
        email = found.invitation.email.text
        known = await self._accounts.sign_in(self._fingerprint(unique_key(email)))
        if known or name is None or not _will_do(password):
            try:
                account = await self._identity.verify(email=email, password=password, address=address)
            except Unauthenticated as error:
                if name is None:
                    raise Unauthenticated(f"{_WRONG} {_NAMELESS}") from error
                require_password(password)
                raise Unauthenticated(_WRONG) from error
            proven, of_account = account.password_hash, account.account
            called = name or email.partition("@")[0]
        else:
            with self._hashing.queued(address) as passwords:
                proven, of_account, called = await passwords.hash(password), None, name
        command = AcceptInvitation(
            invitation=found.id,
            name=called,
            account=of_account,
            password_hash=None if of_account else SecretStr(proven),
        )
        key = self._key(token, password, name, idempotency_key)
        context = Context(
            workspace=found.workspace, actor=Actor(ActorKind.SYSTEM, "invitation"), command_id=key.id, address=address
        )
        outcome: Outcome = await asyncio.wrap_future(self._writer.execute(context, command.handle, key))
        if outcome.repeated:  # role and password may be others by now
            session = await self._identity.login(
                email=email, password=password, workspace=found.workspace, address=address, client=client
            )
        else:
            membership = Membership(found.workspace, found.invitation.user, found.invitation.role)
            session = await self._identity.open(membership, proven, address=address, client=client)
        return replace(session, position=outcome.position)

    def _key(self, token: str, password: str, name: str | None, given: str | None) -> CommandKey:
        """Two invited persons may choose the same key: it counts for their own invitation."""
        identifier = self._fingerprint(f"invitation {token} {given or secrets.token_hex(16)}").hex()[:32]
        request = msgspec.json.encode([token, password, name]).decode()
        return CommandKey(identifier, self._fingerprint(request), given)


def _will_do(password: str) -> bool:
    """Whether a new account may have this password."""
    try:
        require_password(password)
    except InvalidValue:
        return False
    return True
