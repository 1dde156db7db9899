"""The way in for people and programs."""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace
from pydantic import SecretStr

from umt.application.authorisation import Authorisation
from umt.application.commands.identity import Register
from umt.application.commands.password import ChangePassword
from umt.application.dispatch import CommandKey, Writer
from umt.application.errors import CsrfRefused, IdempotencyConflict, Throttled, Unauthenticated
from umt.application.identity.access import AccessClaims, AccessTokens
from umt.application.identity.api_keys import API_KEY_PREFIX, ApiKeys
from umt.application.identity.guessing import Attempt, Guessing
from umt.application.identity.hashing import Hashing
from umt.application.identity.passwords import Passwords
from umt.application.identity.races import Races
from umt.application.identity.session import Membership, OpenSession, Session
from umt.application.identity.store import Refresh, Refreshed, SessionStore, SignIn
from umt.application.opaque_tokens import digest, fresh
from umt.application.permissions import Permission
from umt.application.security_events import NoSecurityLog, SecurityEvent, SecurityEventKind, SecurityLog
from umt.application.transaction import Context, Outcome
from umt.domain.errors import AlreadyExists, NotFound
from umt.domain.password import require_password
from umt.domain.recorded import Actor, ActorKind
from umt.domain.user import email_address
from umt.domain.values import unique_key
from umt.domain.workspace import Role

_REFRESH_PREFIX: Final = "umtr_"
_LONGEST_CLIENT: Final = 200
_HELD_SECONDS: Final = 0.2
"""How long the answer of a refresh is held once it is decided. Requests that come to another process meanwhile are still
of the race: `umt.refresh_session` takes any within 0.15 s of the use for one. Whoever has seen the answer is past that."""
_WRONG: Final = "The e-mail address or the password is wrong."
_INVALID: Final = "The token is not valid or has expired; sign in again."
_NOT_REFRESHED: Final = "The refresh token is not valid any more; sign in again."
_NO_SESSION: Final = "This needs the access token of a session, or its refresh token; sign in."


class Identity:
    """Registering, signing in, staying signed in and signing out.

    ``fingerprint`` is a keyed hash. Where a client is comes as ``address``, what it calls itself as ``client``.
    """

    def __init__(
        self,
        writer: Writer,
        store: SessionStore,
        hashing: Hashing,
        tokens: AccessTokens,
        fingerprint: Callable[[str], bytes],
        lifetime: timedelta,
        *,
        api_keys: ApiKeys | None = None,
        security_log: SecurityLog | None = None,
        authorisation: Authorisation | None = None,
    ) -> None:
        self._writer, self._store, self._hashing, self._tokens = writer, store, hashing, tokens
        self._fingerprint, self._lifetime, self._api_keys = fingerprint, lifetime, api_keys
        self._log = security_log or NoSecurityLog()
        self._require = (authorisation or Authorisation(security_log)).require
        self._guessing, self._races = Guessing(store, fingerprint), Races()
        self._decoy: str | None = None

    # Signing in

    async def register(
        self,
        *,
        email: str,
        password: str,
        name: str,
        company: str,
        time_zone: str,
        idempotency_key: str | None,
        address: str | None = None,
        client: str = "",
    ) -> Session:
        """Make a user and a workspace. The same key with the same request signs in again to what it made, if the password
        still is the account's."""
        email = email_address(email)
        require_password(password)
        key = idempotency_key or secrets.token_hex(16)
        workspace, user = (self._made_of(f"registration {what}/{email}/{key}") for what in ("workspace", "user"))
        index = self._index(email)
        identifier = self._fingerprint(f"idempotency key {key}").hex()[:32]
        context = Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "registration"), command_id=identifier)
        request = msgspec.json.encode([email, name, company, time_zone]).decode()
        with self._hashing.queued(address) as passwords:
            attempt = await self._guessing.attempt(index, address)
            hashed = await passwords.hash(password)
            command = Register(
                email=email,
                name=name,
                company=company,
                time_zone=time_zone,
                user=user,
                password_hash=SecretStr(hashed),
            )
            try:
                outcome: Outcome = await asyncio.wrap_future(
                    self._writer.execute(
                        context, command.handle, CommandKey(identifier, self._fingerprint(request), key)
                    )
                )
            except AlreadyExists as error:
                if error.kind == "account":
                    raise
                raise IdempotencyConflict(key) from None  # of a user who was erased, or long ago
            if outcome.repeated:
                account = await self._checked(await self._store.sign_in(index), attempt, password, address, passwords)
                hashed = account.password_hash
            else:
                await self._guessing.succeeded(attempt)
        session = await self.open(Membership(workspace, user, Role.OWNER), hashed, address=address, client=client)
        return replace(session, position=outcome.position)

    async def login(
        self,
        *,
        email: str,
        password: str,
        workspace: UUID | None = None,
        address: str | None = None,
        client: str = "",
    ) -> Session:
        """Sign in to an account, in the given workspace or the first; no wrong answer says what was wrong."""
        account = await self.verify(email=email, password=password, address=address)
        found = [m for m in account.memberships if workspace in (None, m.workspace)]
        if not found:
            raise Unauthenticated(_WRONG)
        session = await self.open(found[0], account.password_hash, address=address, client=client)
        self._note(SecurityEventKind.LOGIN_SUCCEEDED, [(found[0].workspace, found[0].user)], address)
        return session

    async def verify(self, *, email: str, password: str, address: str | None) -> SignIn:
        """The account of an address, if the password is its own; else Unauthenticated, or Throttled before it is even
        looked at. Addresses without an account cost and answer the same."""
        index = self._index(email)
        with self._hashing.queued(address) as passwords:
            account = await self._store.sign_in(index)
            return await self._verified(account, index, password, address, passwords)

    async def open(
        self, membership: Membership, proven: str, *, address: str | None = None, client: str = ""
    ) -> Session:
        """A session of a member who just proved to know the password whose hash is ``proven``."""
        session, refresh = uuid4(), fresh(_REFRESH_PREFIX)
        expires_at = await self._store.open(
            session,
            (membership.workspace, membership.user),
            proven,
            printable(client),
            self._lifetime,
            digest(refresh.reveal()),
            self._guessing.place(address),
        )
        if expires_at is None:
            raise Unauthenticated(_WRONG)
        token, until = self._tokens.issue(AccessClaims(membership.user, membership.workspace, session))
        return Session(
            id=session,
            token=token,
            expires_at=until,
            refresh_token=refresh,
            refresh_expires_at=expires_at,
            user=membership.user,
            workspace=membership.workspace,
            role=membership.role,
        )

    async def change_password(self, context: Context, current: str, new: str, *, client: str = "") -> Session:
        """Set another password: every session of the account ends, and the caller gets a fresh one."""
        self._require(Permission.SELF, context)
        require_password(new)
        assert context.principal
        assert context.role
        own = await self._store.own_account(context.workspace, context.principal)
        if own is None:
            raise Unauthenticated(_INVALID)
        membership = Membership(context.workspace, context.principal, context.role)
        account = SignIn(own.account, own.password_hash, (membership,))
        with self._hashing.queued(context.address) as passwords:
            await self._verified(account, own.address_index, current, context.address, passwords)
            hashed = await passwords.hash(new)
        command = ChangePassword(user=context.principal, password_hash=SecretStr(hashed))
        outcome: Outcome = await asyncio.wrap_future(self._writer.execute(context, command.handle, None))
        self._note(SecurityEventKind.PASSWORD_CHANGED, [(context.workspace, context.principal)], context.address)
        session = await self.open(membership, hashed, address=context.address, client=client)
        return replace(session, position=outcome.position)

    # Staying signed in

    async def context_of(self, credential: str, address: str | None = None) -> Context:
        """Who speaks with this access token or API key."""
        try:
            if credential.startswith(API_KEY_PREFIX) and self._api_keys:
                return await self._api_keys.context_of_key(credential, address)
            claims = self._tokens.read(credential)
            role = await self._store.role(claims.session, claims.workspace, claims.user) if claims else None
            if claims is None or role is None:
                raise Unauthenticated(_INVALID)
        except Unauthenticated:
            self._log.record(SecurityEvent(kind=SecurityEventKind.CREDENTIAL_REFUSED, address=address))
            raise
        return Context(
            workspace=claims.workspace,
            actor=Actor(ActorKind.USER, str(claims.user)),
            role=role,
            principal=claims.user,
            session=claims.session,
            address=address,
        )

    async def refresh(self, token: str, *, address: str | None = None) -> Session:
        """A fresh pair of tokens for a refresh token, which is used up.

        Of several requests at once with one token one wins, and the others are refused; a token that comes again later
        has been stolen, by whom does not matter: its session ends.
        """
        presented, following = digest(token), fresh(_REFRESH_PREFIX)
        with self._races.joined(presented) as race:

            async def ask() -> Refreshed:
                asked = await self._store.refresh(presented, digest(following.reveal()), race.lasted)
                if asked.outcome is Refresh.REFRESHED:
                    await asyncio.sleep(_HELD_SECONDS)
                return asked

            done = await race.run(ask)
        if done.outcome is Refresh.REUSED and done.workspace and done.user:
            self._log.record(
                SecurityEvent(
                    kind=SecurityEventKind.REFRESH_REUSED,
                    workspace=done.workspace,
                    actor=str(Actor(ActorKind.USER, str(done.user))),
                    address=address,
                    detail=f"session {done.session}",
                )
            )
        elif done.outcome is Refresh.REFUSED:
            self._log.record(SecurityEvent(kind=SecurityEventKind.CREDENTIAL_REFUSED, address=address))
        if done.outcome is not Refresh.REFRESHED:
            raise Unauthenticated(_NOT_REFRESHED)
        assert done.session
        assert done.workspace
        assert done.user
        assert done.role
        assert done.expires_at
        access, until = self._tokens.issue(AccessClaims(done.user, done.workspace, done.session))
        return Session(
            id=done.session,
            token=access,
            expires_at=until,
            refresh_token=following,
            refresh_expires_at=done.expires_at,
            user=done.user,
            workspace=done.workspace,
            role=done.role,
        )

    async def memberships(self, session: Session) -> list[Membership]:
        """All workspaces of the account that the session is of, the one it was made in first."""
        return await self._store.memberships(session.id)

    async def sessions(self, context: Context) -> list[OpenSession]:
        """Where the caller is signed in."""
        self._require(Permission.SELF, context)
        assert context.session
        return await self._store.of_account(context.session)

    # Signing out

    async def logout(
        self,
        context: Context | None,
        refresh_token: str | None = None,
        *,
        everywhere: bool = False,
        address: str | None = None,
    ) -> int:
        """End the caller's session, or all of their account; how many have ended.

        Whose access token has expired gives the refresh token instead.
        """
        if context is not None:
            self._require(Permission.SELF, context)
            session = context.session
        else:
            session = await self.session_of(refresh_token) if refresh_token else None
        why = "logout_everywhere" if everywhere else "logout"
        ended = await self._store.end(session, None if everywhere else session, why) if session else []
        if not ended:
            raise Unauthenticated(_NO_SESSION)
        self._note(SecurityEventKind.LOGGED_OUT, ended, address)
        return len(ended)

    async def end_session(self, context: Context, session: UUID) -> None:
        """End one of the caller's sessions."""
        self._require(Permission.SELF, context)
        assert context.session
        ended = await self._store.end(context.session, session, "logout")
        if not ended:
            raise NotFound("session", session)
        self._note(SecurityEventKind.LOGGED_OUT, ended, context.address)

    # Cookies

    async def session_of(self, refresh_token: str) -> UUID | None:
        """The session that a refresh token belongs or belonged to."""
        return await self._store.session_of(digest(refresh_token))

    def csrf_of(self, session: UUID) -> str:
        """What a page of ours repeats in the header ``X-CSRF-Token``, and a foreign one cannot know."""
        return base64.urlsafe_b64encode(self._fingerprint(f"csrf {session}")).decode().rstrip("=")

    def require_csrf(
        self, session: UUID | None, given: str | None, address: str | None, context: Context | None = None
    ) -> None:
        """CsrfRefused unless the header has the value of the session."""
        expected = self.csrf_of(session) if session else secrets.token_hex()
        if not hmac.compare_digest(expected.encode(), (given or "").encode("utf-8", "replace")):
            raise self.csrf_refused(address, context)

    def csrf_refused(self, address: str | None, context: Context | None = None) -> CsrfRefused:
        """The refusal, once it is noted."""
        self._log.record(
            SecurityEvent(
                kind=SecurityEventKind.CSRF_REFUSED,
                workspace=context.workspace if context else None,
                actor=str(context.actor) if context else None,
                address=address,
            )
        )
        return CsrfRefused(
            "A request with cookies needs the header X-CSRF-Token with the value of the cookie umt_csrf,"
            " and must come from a page of this address."
        )

    async def _verified(
        self, account: SignIn | None, index: bytes, password: str, address: str | None, passwords: Passwords
    ) -> SignIn:
        """The account if the password is its own, once the attempt is counted."""
        try:
            attempt = await self._guessing.attempt(index, address)
        except Throttled:
            self._note(SecurityEventKind.LOGIN_BLOCKED, _members(account), address)
            raise
        return await self._checked(account, attempt, password, address, passwords)

    async def _checked(
        self, account: SignIn | None, attempt: Attempt, password: str, address: str | None, passwords: Passwords
    ) -> SignIn:
        """The account if the password is its own; its hash is of the present kind then."""
        # Made for known addresses, too, or else the first unknown one would take longer.
        decoy = await self._unknown(passwords)
        fits = await passwords.verify(account.password_hash if account else decoy, password)
        if account is None or not fits:
            self._note(SecurityEventKind.LOGIN_FAILED, _members(account), address)
            raise Unauthenticated(_WRONG)
        await self._guessing.succeeded(attempt)
        if passwords.outdated(account.password_hash):
            hashed = await passwords.hash(password)
            await self._store.rehash(account.account, account.password_hash, hashed)
            account = replace(account, password_hash=hashed)
        return account

    async def _unknown(self, passwords: Passwords) -> str:
        """The hash that an unknown address is given, of a password that nobody knows; made once."""
        if self._decoy is None:
            self._decoy = await passwords.hash(secrets.token_hex(16))
        return self._decoy

    def _note(self, kind: SecurityEventKind, whose: Iterable[tuple[UUID, UUID]], address: str | None) -> None:
        """An event of each user in their workspace; where none is known, in none."""
        events = [
            SecurityEvent(kind=kind, workspace=workspace, actor=str(Actor(ActorKind.USER, str(user))), address=address)
            for workspace, user in whose
        ]
        for event in events or [SecurityEvent(kind=kind, address=address)]:
            self._log.record(event)

    def _index(self, email: str) -> bytes:
        return self._fingerprint(unique_key(email))

    def _made_of(self, text: str) -> UUID:
        """An id that only who has the key can work out again (version 8, RFC 9562)."""
        made = bytearray(self._fingerprint(text)[:16])
        made[6], made[8] = made[6] & 0x0F | 0x80, made[8] & 0x3F | 0x80
        return UUID(bytes=bytes(made))


def _members(account: SignIn | None) -> list[tuple[UUID, UUID]]:
    """Workspace and user of each membership."""
    return [(m.workspace, m.user) for m in account.memberships] if account else []


def printable(client: str) -> str:
    """What a client calls itself, fit to keep and to show."""
    return "".join(c for c in client if c.isprintable())[:_LONGEST_CLIENT]
