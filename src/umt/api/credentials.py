"""Who sends a request: the bearer of a token, or a browser by its cookies.

A browser sends cookies whichever page asks it to, so a request that lives by them and may change something must repeat
the session's CSRF token in a header, which only a page of ours can read. Opening a WebSocket, a page can set no header; but
its browser says whose page it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from umt.api.hygiene.limits import admit
from umt.api.services import Services
from umt.application.errors import Unauthenticated
from umt.application.identity import Session
from umt.application.transaction import Context

ACCESS_COOKIE: Final = "umt_access"
REFRESH_COOKIE: Final = "umt_refresh"
CSRF_COOKIE: Final = "umt_csrf"
CSRF_HEADER: Final = "x-csrf-token"

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""


@dataclass(frozen=True, repr=False)
class Sender:
    """What an HTTP request says of who sends it.

    ``token`` is that of the Authorization header, else of the cookie (``by_cookie``); ``safe`` is whether it can do no harm
    by being sent; ``foreign`` is whether a page of another site sent it, as far as its browser says.
    """

    token: str | None
    by_cookie: bool
    refresh_cookie: str | None
    csrf: str | None
    safe: bool
    foreign: bool
    secure: bool
    address: str | None
    client: str

    @classmethod
    def of(cls, http: HTTPConnection, services: Services) -> Sender:
        token, cookies = bearer(http.headers.get("authorization")), http.cookies
        https = http.scope["scheme"] in ("https", "wss")
        foreign = _is_foreign(http, services.hygiene.cors_origins)
        return cls(
            token=token or cookies.get(ACCESS_COOKIE) or None,
            by_cookie=token is None and ACCESS_COOKIE in cookies,
            refresh_cookie=cookies.get(REFRESH_COOKIE) or None,
            csrf=http.headers.get(CSRF_HEADER),
            safe="origin" in http.headers and not foreign if _is_socket(http) else http.scope["method"] in _SAFE,
            foreign=foreign,
            secure=https if services.cookie_secure is None else services.cookie_secure,
            address=http.client.host if http.client else None,
            client=http.headers.get("user-agent", ""),
        )


async def caller_of(http: HTTPConnection, services: Services, *, counted: bool = True) -> Context:
    """On whose behalf a request is made. Every face asks here: Unauthenticated without a valid credential, CsrfRefused
    for cookies alone, Throttled above the caller's limit. A request that lasts asks again, and is ``counted`` once."""
    sender = Sender.of(http, services)
    if sender.token is None:
        raise Unauthenticated("This needs a bearer token; sign in and send it as `Authorization: Bearer …`.")
    context = await services.identity.context_of(sender.token, sender.address)
    if sender.by_cookie and not sender.safe:
        services.identity.require_csrf(context.session, sender.csrf, sender.address, context)
    if counted:
        await admit(http.scope, context)
    return context


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header (RFC 6750)."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def cookies_of(session: Session, csrf_token: str, *, secure: bool) -> tuple[str, ...]:
    """The Set-Cookie headers that give a browser a session.

    SameSite is Strict: our pages load their data by requests of their own, which carry the cookies however the visitor
    came to the page; nothing is lost, and no foreign page's link or form ever brings them.
    """
    lasting = _seconds_until(session.refresh_expires_at)
    return (
        _cookie(ACCESS_COOKIE, session.token.reveal(), _seconds_until(session.expires_at), secure=secure),
        _cookie(REFRESH_COOKIE, session.refresh_token.reveal(), lasting, secure=secure),
        _cookie(CSRF_COOKIE, csrf_token, lasting, secure=secure, readable=True),
    )


def dropped_cookies(*, secure: bool) -> tuple[str, ...]:
    """The Set-Cookie headers that take the session from a browser."""
    return tuple(_cookie(name, "", 0, secure=secure) for name in (ACCESS_COOKIE, REFRESH_COOKIE, CSRF_COOKIE))


def _cookie(name: str, value: str, seconds: int, *, secure: bool, readable: bool = False) -> str:
    cookie: SimpleCookie = SimpleCookie({name: value})
    cookie[name].update({"path": "/", "samesite": "Strict", "max-age": str(seconds)})
    cookie[name]["httponly"] = not readable
    cookie[name]["secure"] = secure
    return cookie[name].OutputString()


def _seconds_until(moment: datetime) -> int:
    return max(0, int((moment - datetime.now(UTC)).total_seconds()))


def _is_socket(http: HTTPConnection) -> bool:
    return bool(http.scope["type"] == "websocket")


def _is_foreign(http: HTTPConnection, origins: tuple[str, ...]) -> bool:
    """Whether the browser says that a page of another site sent it; what is no browser says nothing."""
    origin = http.headers.get("origin")
    if origin is not None:
        return origin.lower() not in origins and _host(origin) != http.headers.get("host", "").lower()
    return http.headers.get("sec-fetch-site", "none").lower() == "cross-site"


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin.lower()).netloc or None
    except ValueError:
        return None
