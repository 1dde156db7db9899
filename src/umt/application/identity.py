"""Registering, signing in, and whose token it is."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Protocol
from uuid import UUID, uuid5

import msgspec
from pydantic import SecretStr

from umt.application.commands.identity import Register, require_password
from umt.application.dispatch import ApplicationError, CommandKey, Writer
from umt.application.transaction import Context, Outcome, Transaction
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role

_REGISTRATION = UUID("b6b0f5d4-6a64-4bb3-8f0e-6c8b3f2b7a11")
"""Namespace of the ids that a registration's idempotency key stands for."""


class Unauthenticated(ApplicationError):
    """There is no valid token, or address and password do not fit."""

    code = "UNAUTHENTICATED"


class Session(msgspec.Struct, frozen=True):
    """A bearer token, shown once, and for whom it speaks."""

    token: str
    user: UUID
    workspace: UUID
    role: Role
    position: int = 0

    def __repr__(self) -> str:
        return f"Session(of {self.user})"


class Passwords(Protocol):
    """Hashes passwords, slowly."""

    def hash(self, password: str) -> str: ...

    def verify(self, hashed: str, password: str) -> bool: ...


class SignIn(msgspec.Struct, frozen=True):
    """An account of an address and one of its memberships."""

    user: UUID
    password_hash: str
    workspace: UUID
    role: Role


class Accounts(Protocol):
    """Looks accounts and tokens up."""

    async def authenticate(self, token_hash: bytes) -> tuple[UUID, UUID, Role] | None:
        """User, workspace and role of a valid token."""
        ...

    async def sign_ins(self, email: str) -> list[SignIn]: ...


class Identity:
    """The way in for people."""

    def __init__(
        self,
        writer: Writer,
        accounts: Accounts,
        passwords: Passwords,
        fingerprint: Callable[[str], bytes],
        token_days: int,
    ) -> None:
        self._writer, self._accounts, self._passwords = writer, accounts, passwords
        self._fingerprint, self._token_days = fingerprint, token_days

    async def register(
        self, *, email: str, password: str, name: str, company: str, time_zone: str, idempotency_key: str | None
    ) -> Session:
        """Make a user and a workspace. The same key with the same request signs in again to what it made."""
        require_password(password)
        key = idempotency_key or secrets.token_hex(16)
        workspace = uuid5(_REGISTRATION, f"workspace/{email}/{key}")
        user = uuid5(_REGISTRATION, f"user/{email}/{key}")
        context = Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "registration"), command_id=key)
        request = msgspec.json.encode([email, password, name, company, time_zone]).decode()
        command = Register(
            email=email,
            name=name,
            company=company,
            time_zone=time_zone,
            user=user,
            password_hash=SecretStr(await asyncio.to_thread(self._passwords.hash, password)),
        )
        outcome: Outcome = await asyncio.wrap_future(
            self._writer.execute(context, command.handle, CommandKey(key, self._fingerprint(request)))
        )
        return await self._issue(user, workspace, Role.OWNER, outcome.position)

    async def login(self, *, email: str, password: str) -> Session:
        """A new token for an account; wrong address and wrong password are told apart by nobody."""
        found = await self._accounts.sign_ins(email)
        if not await asyncio.to_thread(self._fits, found, password):
            raise Unauthenticated("The e-mail address or the password is wrong.")
        return await self._issue(found[0].user, found[0].workspace, found[0].role, 0)

    def _fits(self, found: list[SignIn], password: str) -> bool:
        """One verification, whether there is such an account or not, so that time does not tell them apart."""
        decoy = self._decoy  # made for known addresses, too, or else the first unknown one would take longer
        return self._passwords.verify(found[0].password_hash if found else decoy, password) and bool(found)

    @cached_property
    def _decoy(self) -> str:
        """The hash that an unknown address is given, of a password that nobody knows."""
        return self._passwords.hash(secrets.token_hex(16))

    async def context_of(self, token: str) -> Context:
        """Who speaks with this token."""
        found = await self._accounts.authenticate(_hash(token))
        if found is None:
            raise Unauthenticated("The token is not valid or has expired; sign in again.")
        user, workspace, role = found
        return Context(workspace=workspace, actor=Actor(ActorKind.USER, str(user)), role=role)

    async def _issue(self, user: UUID, workspace: UUID, role: Role, position: int) -> Session:
        token = secrets.token_urlsafe(32)
        expires_at = datetime.now(UTC) + timedelta(days=self._token_days)

        def work(tx: Transaction) -> None:
            tx.put_token(_hash(token), user, expires_at)

        context = Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "sign-in"))
        await asyncio.wrap_future(self._writer.run(context, work))
        return Session(token, user, workspace, role, position)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
