"""Signing in and out over HTTP, the same for REST and GraphQL: by tokens in the answer, or by cookies."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from umt.api.credentials import Sender, cookies_of, dropped_cookies
from umt.api.services import Services
from umt.application.errors import Unauthenticated
from umt.application.identity import Membership, Session
from umt.application.transaction import Context
from umt.domain.workspace import Workspace


@dataclass(frozen=True)
class Granted:
    """A session and how it reaches the client: ``cookies`` are Set-Cookie headers, empty when it takes the tokens
    themselves; then there is no ``csrf_token`` either."""

    session: Session
    csrf_token: str | None = None
    cookies: tuple[str, ...] = ()


class SigningIn:
    """What one sender may do about sessions."""

    def __init__(self, services: Services, sender: Sender) -> None:
        self._services, self._identity, self._sender = services, services.identity, sender

    async def register(
        self,
        *,
        email: str,
        password: str,
        name: str,
        company: str,
        time_zone: str,
        idempotency_key: str | None,
        cookies: bool,
    ) -> Granted:
        self._require_own_page(cookies)
        session = await self._identity.register(
            email=email,
            password=password,
            name=name,
            company=company,
            time_zone=time_zone,
            idempotency_key=idempotency_key,
            address=self._sender.address,
            client=self._sender.client,
        )
        return self.granted(session, cookies=cookies)

    async def login(self, *, email: str, password: str, workspace: UUID | None, cookies: bool) -> Granted:
        self._require_own_page(cookies)
        session = await self._identity.login(
            email=email,
            password=password,
            workspace=workspace,
            address=self._sender.address,
            client=self._sender.client,
        )
        return self.granted(session, cookies=cookies)

    async def accept_invitation(
        self, *, token: str, password: str, name: str | None, idempotency_key: str | None, cookies: bool
    ) -> Granted:
        self._require_own_page(cookies)
        session = await self._services.joining.accept(
            token=token,
            password=password,
            name=name,
            idempotency_key=idempotency_key,
            address=self._sender.address,
            client=self._sender.client,
        )
        return self.granted(session, cookies=cookies)

    async def refresh(self, refresh_token: str | None) -> Granted:
        """With the token that is given, else that of the cookie; the answer goes the way that it came."""
        cookie = self._sender.refresh_cookie
        token = refresh_token or cookie
        if token is None:
            raise Unauthenticated("This needs a refresh token; sign in again.")
        if not refresh_token:
            await self._require_csrf_of(token)
        session = await self._identity.refresh(token, address=self._sender.address)
        return self.granted(session, cookies=not refresh_token)

    async def logout(
        self, context: Context | None, refresh_token: str | None, *, everywhere: bool
    ) -> tuple[int, tuple[str, ...]]:
        """How many sessions have ended, and the Set-Cookie headers that say so. ``context`` is the caller's if there is
        one; without it the refresh token tells the session."""
        cookie = self._sender.refresh_cookie
        if context is None and not refresh_token and cookie:
            await self._require_csrf_of(cookie)
        ended = await self._identity.logout(
            context, refresh_token or cookie, everywhere=everywhere, address=self._sender.address
        )
        return ended, dropped_cookies(secure=self._sender.secure) if cookie or self._sender.by_cookie else ()

    async def change_password(self, context: Context, current: str, new: str) -> Granted:
        session = await self._identity.change_password(context, current, new, client=self._sender.client)
        return self.granted(session, cookies=self._sender.by_cookie)

    def granted(self, session: Session, *, cookies: bool) -> Granted:
        if not cookies:
            return Granted(session)
        csrf_token = self._identity.csrf_of(session.id)
        return Granted(session, csrf_token, cookies_of(session, csrf_token, secure=self._sender.secure))

    def _require_own_page(self, cookies: bool) -> None:
        """A foreign page must not sign a visitor in to an account of its own (login CSRF)."""
        if cookies and self._sender.foreign:
            raise self._identity.csrf_refused(self._sender.address)

    async def _require_csrf_of(self, refresh_cookie: str) -> None:
        session = await self._identity.session_of(refresh_cookie)
        if session:
            self._identity.require_csrf(session, self._sender.csrf, self._sender.address)


async def named(services: Services, session: Session) -> list[tuple[Membership, str]]:
    """The workspaces of the session's account, each with its name."""
    found = []
    for membership in await services.identity.memberships(session):
        context = Context(
            workspace=membership.workspace,
            actor=membership.actor,
            role=membership.role,
            principal=membership.user,
        )
        state, _ = await services.queries.state(context, Workspace, membership.workspace)
        found.append((membership, state.name if state else ""))
    return found
